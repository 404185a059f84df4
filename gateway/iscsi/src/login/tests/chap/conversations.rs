//! Proofs that are right, as real initiators give them. Those of libiscsi 1.19 were recorded from
//! `iscsi-inq`; those of open-iscsi and iPXE follow their source.

use super::*;
use crate::login::tests::{DISK, header};

/// The answer that libiscsi computed, in the capitals it uses.
const LIBISCSI_RESPONSE: &str = "0x02C7EF92E4A4F19BFF07DE39BB0A8DBE";

const OPERATIONAL: &str = "HeaderDigest=None,CRC32C DataDigest=None InitialR2T=No \
    ImmediateData=Yes MaxBurstLength=262144 FirstBurstLength=262144 DefaultTime2Wait=2 \
    DefaultTime2Retain=0 MaxOutstandingR2T=1 ErrorRecoveryLevel=0 IFMarker=No OFMarker=No \
    MaxConnections=1 MaxRecvDataSegmentLength=262144 DataPDUInOrder=Yes DataSequenceInOrder=Yes";

fn challenge_of(algorithm: Algorithm) -> String {
    let challenge = hexadecimal(&our_challenge());
    format!(
        "CHAP_A={} CHAP_I={IDENTIFIER} CHAP_C={challenge}",
        algorithm.number()
    )
}

/// A recorded request: the text must be as long as its header says.
fn recorded(conversation: &mut Conversation, sent: &str, pairs: &str) -> Outcome {
    let sent = header(sent);
    let data = text(pairs);
    assert_eq!(u32::from_be_bytes([0, sent[5], sent[6], sent[7]]), {
        u32::try_from(data.len()).unwrap()
    });
    conversation.send(&request(&sent), &data)
}

fn libiscsi(conversation: &mut Conversation, names: &str, of_proof: &str) {
    let first = format!(
        "InitiatorName=iqn.2007-10.com.github:sahlberg:libiscsi:iscsi-inq TargetName={DISK} \
         SessionType=Normal AuthMethod=CHAP,None"
    );
    let sent = format!("43810000 00000097 {names} 00000001");
    let reply = recorded(conversation, &sent, &first).continues();
    assert_eq!(flags_of(&reply), 0x00, "it is not let on without a proof");
    assert_eq!(answers(&reply), "TargetPortalGroupTag=1 AuthMethod=CHAP");

    let sent = format!("43010000 00000009 {names} 00000001");
    let reply = recorded(conversation, &sent, "CHAP_A=5").continues();
    assert_eq!(flags_of(&reply), 0x00);
    assert_eq!(answers(&reply), challenge_of(Algorithm::Md5));

    let length = text(of_proof).len();
    let sent = format!("43810000 {length:08x} {names} 00000002");
    let reply = recorded(conversation, &sent, of_proof).continues();
    assert_eq!(flags_of(&reply), 0x81);
    conversation.world.0.posed.expect("a challenge");
    assert!(conversation.world.0.granted);
    let answer = answers(&reply);
    assert_eq!(answer.is_empty(), !of_proof.contains("CHAP_C"));

    let sent = format!("43870000 0000013c {names} 00000003");
    let (session, reply) = recorded(conversation, &sent, OPERATIONAL).established();
    assert_eq!(flags_of(&reply), 0x87);
    assert_eq!(session.parameters.max_burst_length, 262_144);
}

#[test]
fn libiscsi_one_way() {
    let names = "80551392 00000000 13eff8c1 00000000 4d331cc2";
    let proof = format!("CHAP_N={NAME} CHAP_R={LIBISCSI_RESPONSE}");
    assert_eq!(text(&proof).len(), 0x36);
    libiscsi(&mut Conversation::new(), names, &proof);
}

#[test]
fn libiscsi_mutual() {
    let names = "80009f75 00000000 607f166b 00000000 57fdaddc";
    let proof = format!(
        "CHAP_N={NAME} CHAP_R={LIBISCSI_RESPONSE} CHAP_I=1 \
         CHAP_C=0x32337058CC8EB990902BDABAB9CEF5DDB1817BDD5FBCEE84C0F32180698D5D9B"
    );
    assert_eq!(text(&proof).len(), 0x89);
    libiscsi(&mut Conversation::new(), names, &proof);
}

/// Without operational keys of its own, its discovery goes straight to the full feature phase.
#[test]
fn open_iscsi_discovery() {
    let mut conversation = Conversation::new();
    let first = "InitiatorName=iqn.2004-10.com.ubuntu:01:4f8f9e2c9f1 InitiatorAlias=host-1 \
        SessionType=Discovery AuthMethod=CHAP,None";
    assert_eq!(
        conversation.hears(0x83, first),
        (0x00, "AuthMethod=CHAP".to_owned())
    );
    let challenge = challenge_of(Algorithm::Sha3_256);
    assert_eq!(conversation.hears(0x00, "CHAP_A=8,7,6,5"), (0, challenge));
    let proof = format!(
        "CHAP_N={NAME} CHAP_R={}",
        hexadecimal(&right(Algorithm::Sha3_256))
    );

    let (session, reply) = conversation.say(0x83, &proof).established();

    assert_eq!((flags_of(&reply), answers(&reply)), (0x83, String::new()));
    assert_eq!(session.initiator_alias.as_deref(), Some("host-1"));
}

/// It offers no "None" then, and asks with a challenge as long as the response.
#[test]
fn open_iscsi_mutual_with_each_algorithm() {
    for algorithm in Algorithm::ALL {
        let mut conversation = Conversation::new();
        let first = format!("{} AuthMethod=CHAP", names());
        let expected = "TargetPortalGroupTag=1 AuthMethod=CHAP".to_owned();
        assert_eq!(conversation.hears(0x00, &first), (0x00, expected));
        let offer = format!("CHAP_A={}", algorithm.number());
        assert_eq!(
            conversation.hears(0x00, &offer),
            (0x00, challenge_of(algorithm))
        );
        let own = vec![0xa5; algorithm.response_length()];
        let said = format!(
            "{} CHAP_I=200 CHAP_C={}",
            proof(algorithm),
            hexadecimal(&own)
        );
        let expected = hashed(algorithm, 200, OUR_SECRET, &own);
        let expected = format!("CHAP_N={OUR_NAME} CHAP_R={}", hexadecimal(&expected));
        assert_eq!(conversation.hears(0x81, &said), (0x81, expected));
        conversation.say(0x87, OPERATIONAL).established();
    }
}

/// iPXE sets the T bit in every request.
#[test]
fn an_initiator_that_is_always_ready_to_go_on_is_kept_until_it_has_proved_itself() {
    let mut conversation = Conversation::new();
    let first = format!("{} AuthMethod=CHAP,None", names());
    assert_eq!(conversation.hears(0x81, &first).0, 0x00);
    assert_eq!(conversation.hears(0x81, "CHAP_A=5").0, 0x00);
    assert!(!conversation.judged());
    assert_eq!(conversation.hears(0x81, &proof(Algorithm::Md5)).0, 0x81);
    conversation.say(0x87, OPERATIONAL).established();
}

/// Others give the proof first and ask to go on in a request of its own.
#[test]
fn an_initiator_that_goes_on_later() {
    let mut conversation = Conversation::challenged(Gatekeeper::new(), "5");
    assert_eq!(
        conversation.hears(0x00, &proof(Algorithm::Md5)),
        (0x00, String::new())
    );
    assert_eq!(conversation.hears(0x00, ""), (0x00, String::new()));
    assert_eq!(conversation.hears(0x81, ""), (0x81, String::new()));
    conversation.say(0x87, OPERATIONAL).established();
}

#[test]
fn within_a_text_the_order_of_the_keys_does_not_matter() {
    let mut conversation = Conversation::new();
    let first = format!("AuthMethod=None,CHAP {}", names());
    conversation.say(0x00, &first).continues();
    conversation.say(0x00, "CHAP_A=6").continues();
    let own = [0x5a; 20];
    let said = format!(
        "CHAP_C={} CHAP_R={} CHAP_I=0xff CHAP_N={NAME}",
        base64(&own),
        base64(&right(Algorithm::Sha1))
    );
    let expected = hashed(Algorithm::Sha1, 255, OUR_SECRET, &own);
    let expected = format!("CHAP_N={OUR_NAME} CHAP_R={}", hexadecimal(&expected));
    assert_eq!(conversation.hears(0x81, &said), (0x81, expected));
}

#[test]
fn responses_are_read_in_both_encodings() {
    for algorithm in Algorithm::ALL {
        let answer = right(algorithm);
        let capitals = hexadecimal(&answer).to_uppercase().replacen("0X", "0x", 1);
        for value in [hexadecimal(&answer), capitals, base64(&answer)] {
            let offer = algorithm.number().to_string();
            let mut conversation = Conversation::challenged(Gatekeeper::new(), &offer);
            let said = format!("CHAP_N={NAME} CHAP_R={value}");
            assert_eq!(conversation.hears(0x81, &said).0, 0x81, "{value}");
        }
    }
}

#[test]
fn the_first_algorithm_that_both_sides_allow_is_used() {
    for (offer, allowed, chosen) in [
        ("5,6,7,8", &Algorithm::ALL[..], Algorithm::Md5),
        ("8,7,6,5", &Algorithm::ALL, Algorithm::Sha3_256),
        ("99,0x7,5,7", &Algorithm::ALL, Algorithm::Sha256),
        ("5,6,7", &[Algorithm::Sha256], Algorithm::Sha256),
        ("4294967295,6", &Algorithm::ALL, Algorithm::Sha1),
    ] {
        let gatekeeper = Gatekeeper {
            allowed: allowed.to_vec(),
            ..Gatekeeper::new()
        };
        let mut conversation = Conversation::before(gatekeeper);
        let opening = format!("{} AuthMethod=CHAP", names());
        conversation.say(0x00, &opening).continues();
        let heard = conversation.hears(0x00, &format!("CHAP_A={offer}"));
        assert_eq!(heard, (0x00, challenge_of(chosen)), "{offer}");
    }
}

/// The longest of everything that is legal.
#[test]
fn a_name_of_255_bytes_and_a_challenge_of_1024() {
    let longest = format!("0x{}", "a5".repeat(1024));
    for challenge in [longest, base64(&[0xa5; 1024])] {
        let mut conversation = Conversation::challenged(Gatekeeper::new(), "7");
        let said = format!("{} CHAP_I=0 CHAP_C={challenge}", proof(Algorithm::Sha256));
        let (flags, answer) = conversation.hears(0x81, &said);
        let expected = hashed(Algorithm::Sha256, 0, OUR_SECRET, &[0xa5; 1024]);
        assert_eq!(flags, 0x81);
        assert!(answer.ends_with(&hexadecimal(&expected)));
    }
    let mut conversation = Conversation::challenged(Gatekeeper::new(), "7");
    let stranger = format!("CHAP_N={} CHAP_R=0x{}", "n".repeat(255), "00".repeat(32));
    let status = conversation.say(0x81, &stranger).refused();
    assert_eq!(status, LoginStatus::AuthenticationFailure);
    assert!(conversation.judged());
}

/// A text that is cut anywhere, even within a value, is one text.
#[test]
fn a_proof_in_two_parts() {
    let own = format!("CHAP_I=1 CHAP_C={}", hexadecimal(&[1; 16]));
    let whole = text(&format!("{} {own}", proof(Algorithm::Md5)));
    for cut in 0..=whole.len() {
        let mut conversation = Conversation::challenged(Gatekeeper::new(), "5");
        let (first, second) = whole.split_at(cut);
        let reply = conversation.send(&with_flags(0x40), first).continues();
        assert_eq!((flags_of(&reply), answers(&reply)), (0, String::new()));
        assert!(!conversation.judged(), "cut at {cut}");
        let reply = conversation.send(&with_flags(0x81), second).continues();
        assert_eq!(flags_of(&reply), 0x81, "cut at {cut}");
        assert!(answers(&reply).starts_with("CHAP_N=labelgate CHAP_R=0x"));
    }
}

/// A target that wants a proof asks nothing else of its initiators than others do.
#[test]
fn keys_it_does_not_know_are_answered_and_do_no_harm() {
    let mut conversation = Conversation::challenged(Gatekeeper::new(), "5");
    let said = format!("{} X-com.example.hint=1", proof(Algorithm::Md5));
    let expected = (0x81, "X-com.example.hint=NotUnderstood".to_owned());
    assert_eq!(conversation.hears(0x81, &said), expected);
}
