//! Proofs that are wrong, incomplete, out of turn, or left out.

use super::*;
use crate::pdu::Numbers;

/// After these requests, this one is refused with this status.
fn refused(before: &[(u8, &str)], flags: u8, said: &str) -> (LoginStatus, Conversation) {
    let mut conversation = Conversation::new();
    for (index, (flags, pairs)) in before.iter().enumerate() {
        let names = if index == 0 { names() } else { String::new() };
        conversation
            .say(*flags, &format!("{names} {pairs}"))
            .continues();
    }
    let names = if before.is_empty() {
        names()
    } else {
        String::new()
    };
    let status = conversation
        .say(flags, &format!("{names} {said}"))
        .refused();
    (status, conversation)
}

const CHOSEN: (u8, &str) = (0x00, "AuthMethod=CHAP");
const ASKED: (u8, &str) = (0x00, "CHAP_A=5");

#[test]
fn whoever_offers_no_proof_is_refused() {
    for (flags, said) in [
        // The security stage skipped.
        (0x87, ""),
        (0x87, "AuthMethod=CHAP"),
        (0x04, ""),
        // CHAP not among the methods.
        (0x00, "AuthMethod=None"),
        (0x81, "AuthMethod=None"),
        (0x83, "AuthMethod=SRP,KRB5,None"),
        (0x00, "AuthMethod=chap"),
        (0x00, "AuthMethod="),
        (0x00, "AuthMethod=CHAP2,CHA"),
        // Straight through it, to either stage.
        (0x81, ""),
        (0x83, ""),
        (0x83, "X-com.example.proof=1"),
    ] {
        let (status, conversation) = refused(&[], flags, said);
        assert_eq!(
            status,
            LoginStatus::AuthenticationFailure,
            "{flags:x} {said}"
        );
        assert!(!conversation.posed());
    }
    let (status, _) = refused(&[(0x00, "")], 0x81, "");
    assert_eq!(status, LoginStatus::AuthenticationFailure);
}

#[test]
fn asking_to_go_on_does_not_help() {
    for next in [0x81, 0x83] {
        let mut conversation = Conversation::new();
        let opening = format!("{} AuthMethod=CHAP", names());
        assert_eq!(conversation.hears(next, &opening).0, 0x00);
        assert_eq!(conversation.hears(next, "").0, 0x00);
        assert_eq!(conversation.hears(next, "CHAP_A=5").0, 0x00);
        assert_eq!(conversation.hears(next, "").0, 0x00);
        // Nor does going on without having been let.
        let status = conversation.say(0x87, "").refused();
        assert_eq!(status, LoginStatus::InitiatorError);
        assert!(!conversation.judged());
    }
}

#[test]
fn keys_out_of_their_turn_get_no_verdict() {
    let proof = proof(Algorithm::Md5);
    let mutual = format!("{proof} CHAP_I=1 CHAP_C=0x01");
    let before_any: [&str; 8] = [
        "CHAP_A=5",
        &proof,
        &mutual,
        "CHAP_I=1 CHAP_C=0x01",
        "AuthMethod=CHAP CHAP_A=5",
        &format!("AuthMethod=CHAP CHAP_A=5 {proof}"),
        "AuthMethod=CHAP AuthMethod=CHAP",
        "AuthMethod=None AuthMethod=CHAP",
    ];
    let chosen = [
        "AuthMethod=CHAP",
        "AuthMethod=None",
        "CHAP_A=5 CHAP_A=6",
        "CHAP_A=5 CHAP_I=1",
        &format!("CHAP_A=5 {proof}"),
        &proof,
        "CHAP_N=vm-a",
        "CHAP_I=7",
        "CHAP_C=0x00",
    ];
    let challenged = [
        "CHAP_A=5",
        "AuthMethod=CHAP",
        &format!("AuthMethod=CHAP {proof}"),
        &format!("CHAP_A=5 {proof}"),
        "CHAP_N=vm-a",
        "CHAP_R=0x02C7EF92E4A4F19BFF07DE39BB0A8DBE",
        "CHAP_I=1 CHAP_C=0x01",
        &format!("{proof} CHAP_N=vm-a"),
        &format!("{proof} CHAP_R=0x02C7EF92E4A4F19BFF07DE39BB0A8DBE"),
        &format!("{mutual} CHAP_C=0x01"),
        &format!("{mutual} CHAP_I=1"),
    ];
    let cases = before_any
        .iter()
        .map(|said| (&[][..], *said))
        .chain(chosen.iter().map(|said| (&[CHOSEN][..], *said)))
        .chain(challenged.iter().map(|said| (&[CHOSEN, ASKED][..], *said)));
    for (before, said) in cases {
        for flags in [0x00, 0x81] {
            let (status, conversation) = refused(before, flags, said);
            assert_eq!(status, LoginStatus::InitiatorError, "{said}");
            assert!(!conversation.judged(), "{said}");
        }
    }
}

#[test]
fn values_that_are_none_get_no_verdict() {
    let proof = proof(Algorithm::Md5);
    let long = format!("0x{}", "00".repeat(1025));
    let algorithms = [
        "",
        ",",
        "5,",
        "5,,6",
        "MD5",
        "-5",
        "5;6",
        "0x",
        "4294967296",
    ];
    let proofs = [
        "CHAP_N= CHAP_R=0x02C7EF92E4A4F19BFF07DE39BB0A8DBE".to_owned(),
        "CHAP_N=vm-a CHAP_R=".to_owned(),
        "CHAP_N=vm-a CHAP_R=0x".to_owned(),
        "CHAP_N=vm-a CHAP_R=02C7EF92E4A4F19BFF07DE39BB0A8DBE".to_owned(),
        "CHAP_N=vm-a CHAP_R=0x02C7EF92E4A4F19BFF07DE39BB0A8DBG".to_owned(),
        format!("CHAP_N=vm-a CHAP_R={}", hexadecimal(&[0; 15])),
        format!("CHAP_N=vm-a CHAP_R={}", hexadecimal(&[0; 17])),
        format!("CHAP_N=vm-a CHAP_R={}", base64(&[0; 15])),
        format!("CHAP_N=vm-a CHAP_R={}", hexadecimal(&[0; 1024])),
        format!("CHAP_N=vm-a CHAP_R={long}"),
        format!(
            "CHAP_N={} CHAP_R={}",
            "n".repeat(256),
            hexadecimal(&[0; 16])
        ),
        // Half of a mutual challenge, or a bad one.
        format!("{proof} CHAP_I=1"),
        format!("{proof} CHAP_C=0x01"),
        format!("{proof} CHAP_I= CHAP_C=0x01"),
        format!("{proof} CHAP_I=256 CHAP_C=0x01"),
        format!("{proof} CHAP_I=-1 CHAP_C=0x01"),
        format!("{proof} CHAP_I=1 CHAP_C="),
        format!("{proof} CHAP_I=1 CHAP_C=0x"),
        format!("{proof} CHAP_I=1 CHAP_C=0b"),
        format!("{proof} CHAP_I=1 CHAP_C=0bAB=="),
        format!("{proof} CHAP_I=1 CHAP_C={long}"),
        format!("{proof} CHAP_I=1 CHAP_C={}", base64(&[0; 1025])),
    ];
    for value in algorithms {
        let data = format!("CHAP_A={value}");
        let (status, conversation) = refused(&[CHOSEN], 0x00, &data);
        assert_eq!(status, LoginStatus::InitiatorError, "{value:?}");
        assert!(!conversation.posed(), "{value:?}");
    }
    for said in proofs {
        let (status, conversation) = refused(&[CHOSEN, ASKED], 0x81, &said);
        assert_eq!(status, LoginStatus::InitiatorError, "{said}");
        assert!(!conversation.judged(), "{said}");
    }
}

#[test]
fn algorithms_that_nobody_knows_or_that_are_not_allowed() {
    for offer in ["0", "4", "9", "261", "4294967295", "1,2,3,4"] {
        let (status, conversation) = refused(&[CHOSEN], 0x00, &format!("CHAP_A={offer}"));
        assert_eq!(status, LoginStatus::AuthenticationFailure, "{offer}");
        assert!(!conversation.posed(), "{offer}");
    }
    let gatekeeper = Gatekeeper {
        allowed: vec![Algorithm::Sha256],
        ..Gatekeeper::new()
    };
    let mut conversation = Conversation::before(gatekeeper);
    let opening = format!("{} AuthMethod=CHAP", names());
    conversation.say(0x00, &opening).continues();
    let status = conversation.say(0x00, "CHAP_A=5,6").refused();
    assert_eq!(status, LoginStatus::AuthenticationFailure);
}

/// Whatever is wrong, the answer is the same to the last bit.
#[test]
fn a_wrong_name_and_a_wrong_secret_get_the_same_bytes() {
    let wrong = hashed(
        Algorithm::Md5,
        IDENTIFIER,
        b"not-the-secret",
        &our_challenge(),
    );
    let other = hashed(Algorithm::Md5, IDENTIFIER + 1, SECRET, &our_challenge());
    let reflected = hexadecimal(&our_challenge());
    let all = [
        format!("CHAP_N=nobody CHAP_R={}", hexadecimal(&wrong)),
        format!(
            "CHAP_N=nobody CHAP_R={}",
            hexadecimal(&right(Algorithm::Md5))
        ),
        format!("CHAP_N=VM-A CHAP_R={}", hexadecimal(&right(Algorithm::Md5))),
        format!("CHAP_N={NAME} CHAP_R={}", hexadecimal(&wrong)),
        format!("CHAP_N={NAME} CHAP_R={}", hexadecimal(&other)),
        format!(
            "CHAP_N=nobody CHAP_R={} CHAP_I=1 CHAP_C=0x0102",
            hexadecimal(&wrong)
        ),
        format!(
            "{} CHAP_I={IDENTIFIER} CHAP_C={reflected}",
            proof(Algorithm::Md5)
        ),
    ];
    let bytes = all.map(|said| {
        let mut conversation = Conversation::challenged(Gatekeeper::new(), "5");
        let outcome = conversation.say(0x81, &said);
        assert!(conversation.judged(), "{said}");
        match outcome {
            Outcome::Refused(LoginStatus::AuthenticationFailure, reply) => {
                assert!(reply.text.is_empty());
                reply.response.encode(Numbers::GOLDEN)
            }
            _ => panic!("{said}"),
        }
    });
    assert!(bytes.iter().all(|answer| *answer == bytes[0]));
}

#[test]
fn after_the_proof_nothing_more_is_said_about_it() {
    let again = proof(Algorithm::Md5);
    let mutual = format!("{again} CHAP_I=1 CHAP_C=0x01");
    for said in [
        &again,
        &mutual,
        "CHAP_A=5",
        "CHAP_I=1 CHAP_C=0x01",
        "AuthMethod=CHAP",
    ] {
        for (flags, stays) in [(0x00, true), (0x81, true), (0x04, false), (0x87, false)] {
            let mut conversation = Conversation::challenged(Gatekeeper::new(), "5");
            let proven = if stays { 0x00 } else { 0x81 };
            conversation.say(proven, &again).continues();
            let status = conversation.say(flags, said).refused();
            assert_eq!(status, LoginStatus::InitiatorError, "{flags:x} {said}");
        }
    }
}

#[test]
fn operational_keys_wait_for_their_stage() {
    let md5 = proof(Algorithm::Md5);
    for key in [
        "MaxBurstLength=65536",
        "HeaderDigest=None",
        "MaxRecvDataSegmentLength=512",
    ] {
        for (before, said) in [
            (&[][..], "AuthMethod=CHAP"),
            (&[CHOSEN], "CHAP_A=5"),
            (&[CHOSEN, ASKED], &md5),
        ] {
            let (status, _) = refused(before, 0x00, &format!("{said} {key}"));
            assert_eq!(status, LoginStatus::InitiatorError, "{said} {key}");
        }
    }
}

/// Whoever it is that proves itself, it cannot become someone else meanwhile.
#[test]
fn names_that_change_on_the_way() {
    let md5 = proof(Algorithm::Md5);
    for (before, said) in [(&[CHOSEN][..], "CHAP_A=5"), (&[CHOSEN, ASKED], &md5)] {
        for name in [
            "InitiatorName=iqn.2001-04.com.example:b",
            "TargetName=iqn.2026-11.io.labelgate:disks.other",
            "SessionType=Discovery",
        ] {
            let (status, conversation) = refused(before, 0x00, &format!("{said} {name}"));
            assert_eq!(status, LoginStatus::InitiatorError, "{said} {name}");
            assert!(!conversation.judged());
        }
    }
}

/// An authority that cannot be asked, or that says what makes no sense, lets nobody in.
#[test]
fn an_authority_that_fails() {
    let plain = proof(Algorithm::Md5);
    let mutual = format!("{plain} CHAP_I=1 CHAP_C=0x0102");
    for whim in [Whim::Silent, Whim::Stubborn, Whim::Empty] {
        let mut conversation = Conversation::before(Gatekeeper::with(whim));
        let opening = format!("{} AuthMethod=CHAP", names());
        conversation.say(0x00, &opening).continues();
        let status = conversation.say(0x00, "CHAP_A=5").refused();
        assert_eq!(status, LoginStatus::TargetError);
    }
    for (whim, said) in [
        (Whim::Gone, &plain),
        (Whim::Gone, &mutual),
        (Whim::Eager, &plain),
        (Whim::Shy, &mutual),
    ] {
        let mut conversation = Conversation::challenged(Gatekeeper::with(whim), "5");
        let status = conversation.say(0x81, said).refused();
        assert_eq!(status, LoginStatus::TargetError);
    }
}

/// A response is half of what it takes to guess a secret at leisure.
#[test]
fn a_proof_is_not_printed() {
    let proof = Proof {
        name: NAME.to_owned(),
        response: right(Algorithm::Md5),
        reverse: Some((1, vec![0xab; 16])),
    };
    let printed = format!("{proof:?}");
    assert_eq!(printed, r#"Proof { name: "vm-a", reverse: true, .. }"#);
}
