//! Initiators that break the rules.

use super::{DISK, Initiator, World, answers, request, text};
use crate::login::{Login, MAX_ROUND_TRIPS, Step};
use crate::pdu::{Cid, InitiatorTaskTag, Isid, LoginRequest, LoginStatus, Numbers, Stage, Tsih};
use crate::text::{MAX_PAIRS, MAX_TEXT};

/// From the operational stage to the full feature phase.
fn good() -> LoginRequest {
    request(&super::header(
        "43870000 00000000 80000001 00000000 00000001 00000000 00000001 00000001",
    ))
}

fn staying(stage: Stage) -> LoginRequest {
    LoginRequest {
        transit: false,
        current_stage: Some(stage),
        ..good()
    }
}

fn names() -> Vec<u8> {
    text(&format!(
        "InitiatorName=iqn.2001-04.com.example:a TargetName={DISK}"
    ))
}

fn named(pairs: &str) -> Vec<u8> {
    [names(), text(pairs)].concat()
}

fn first(request: &LoginRequest, data: &[u8]) -> LoginStatus {
    Initiator::default().send(request, data).refused()
}

#[test]
fn declarations_that_are_missing_or_wrong() {
    let initiator = "InitiatorName=iqn.2001-04.com.example:a";
    for (pairs, status) in [
        (String::new(), LoginStatus::MissingParameter),
        (format!("TargetName={DISK}"), LoginStatus::MissingParameter),
        (initiator.to_owned(), LoginStatus::MissingParameter),
        (
            format!("{initiator} SessionType=Normal"),
            LoginStatus::MissingParameter,
        ),
        (
            "SessionType=Discovery".to_owned(),
            LoginStatus::MissingParameter,
        ),
        (
            format!("InitiatorName= TargetName={DISK}"),
            LoginStatus::InitiatorError,
        ),
        (
            format!("{initiator} SessionType=Other"),
            LoginStatus::SessionTypeNotSupported,
        ),
        (
            format!("{initiator} TargetName={DISK}2"),
            LoginStatus::NotFound,
        ),
        (
            format!("{initiator} TargetName=../secret"),
            LoginStatus::NotFound,
        ),
        (
            format!("{initiator} TargetName={DISK} TargetName={DISK}2"),
            LoginStatus::InitiatorError,
        ),
        (
            format!("{initiator} TargetName={DISK} InitiatorName=iqn.x"),
            LoginStatus::InitiatorError,
        ),
    ] {
        assert_eq!(first(&good(), &text(&pairs)), status, "{pairs}");
    }
}

#[test]
fn a_guessed_name_and_a_malformed_one_get_the_same_bytes() {
    let reply = |name: &str| {
        let data = text(&format!(
            "InitiatorName=iqn.2001-04.com.example:a TargetName={name}"
        ));
        match Login::start(&good(), &data, &mut World) {
            Step::Refused { reply, .. } => reply.response.encode(Numbers::GOLDEN),
            _ => panic!("not refused"),
        }
    };
    assert_eq!(
        reply("iqn.2026-11.io.labelgate:disks.other"),
        reply("not_a_name")
    );
}

#[test]
fn keys_out_of_place() {
    for (stage, pairs) in [
        (Stage::Security, "MaxBurstLength=65536"),
        (Stage::Security, "HeaderDigest=None"),
        (Stage::Security, "AuthMethod=None AuthMethod=None"),
        (Stage::Operational, "AuthMethod=None"),
        (Stage::Operational, "SendTargets=All"),
        (Stage::Operational, "TargetAlias=mine"),
        (Stage::Operational, "TargetAddress=192.0.2.1"),
        (Stage::Operational, "TargetPortalGroupTag=1"),
        (Stage::Operational, "InitialR2T=No InitialR2T=No"),
        (
            Stage::Operational,
            "MaxRecvDataSegmentLength=512 MaxRecvDataSegmentLength=1024",
        ),
    ] {
        let status = first(&staying(stage), &named(pairs));
        assert_eq!(status, LoginStatus::InitiatorError, "{pairs}");
    }
}

#[test]
fn a_key_offered_again_in_a_later_request() {
    let mut initiator = Initiator::default();
    let request = staying(Stage::Operational);
    initiator
        .send(&request, &named("MaxBurstLength=65536"))
        .continues();
    let again = initiator
        .send(&good(), &text("MaxBurstLength=65536"))
        .refused();
    assert_eq!(again, LoginStatus::InitiatorError);
}

#[test]
fn an_initiator_that_insists_on_a_method() {
    for methods in ["CHAP", "CHAP,SRP,KRB5", "none", ""] {
        let data = named(&format!("AuthMethod={methods}"));
        let status = first(&staying(Stage::Security), &data);
        assert_eq!(status, LoginStatus::AuthenticationFailure, "{methods}");
    }
}

#[test]
fn stages_that_do_not_exist_or_do_not_follow() {
    let stages = [
        None,
        Some(Stage::Security),
        Some(Stage::Operational),
        Some(Stage::FullFeature),
    ];
    for current in stages {
        for next in stages {
            let request = LoginRequest {
                current_stage: current,
                next_stage: next,
                ..good()
            };
            let legal = matches!(
                (current, next),
                (
                    Some(Stage::Security),
                    Some(Stage::Operational | Stage::FullFeature)
                ) | (Some(Stage::Operational), Some(Stage::FullFeature))
            );
            match Login::start(&request, &names(), &mut World) {
                Step::Refused { status, .. } => {
                    assert!(!legal, "{current:?} to {next:?}");
                    assert_eq!(status, LoginStatus::InitiatorError);
                }
                _ => assert!(legal, "{current:?} to {next:?}"),
            }
        }
    }
}

#[test]
fn a_stage_other_than_the_one_agreed_upon() {
    let mut initiator = Initiator::default();
    let to_operational = LoginRequest {
        current_stage: Some(Stage::Security),
        next_stage: Some(Stage::Operational),
        ..good()
    };
    initiator.send(&to_operational, &names()).continues();
    let status = initiator.send(&staying(Stage::Security), b"").refused();
    assert_eq!(status, LoginStatus::InitiatorError);
}

#[test]
fn text_that_goes_on_while_the_stage_ends() {
    let request = LoginRequest {
        continued: true,
        ..good()
    };
    assert_eq!(first(&request, &names()), LoginStatus::InitiatorError);
}

#[test]
fn names_of_the_login_that_change_on_the_way() {
    let changes: [fn(&mut LoginRequest); 4] = [
        |request| request.isid = Isid([9; 6]),
        |request| request.tsih = Tsih(7),
        |request| request.cid = Cid(9),
        |request| request.initiator_task_tag = InitiatorTaskTag(9),
    ];
    for change in changes {
        let mut initiator = Initiator::default();
        initiator
            .send(&staying(Stage::Operational), &names())
            .continues();
        let mut request = good();
        change(&mut request);
        assert_eq!(
            initiator.send(&request, b"").refused(),
            LoginStatus::InitiatorError
        );
    }
}

#[test]
fn a_second_connection_and_a_session_that_is_not_there() {
    for (tsih, status) in [
        (Tsih(7), LoginStatus::TooManyConnections),
        (Tsih(8), LoginStatus::SessionDoesNotExist),
    ] {
        let request = LoginRequest { tsih, ..good() };
        assert_eq!(first(&request, &names()), status);
    }
}

#[test]
fn versions_we_do_not_speak() {
    let request = LoginRequest {
        version_max: 9,
        version_min: 1,
        ..good()
    };
    assert_eq!(first(&request, &names()), LoginStatus::UnsupportedVersion);
    let request = LoginRequest {
        version_max: 9,
        ..good()
    };
    Initiator::default().send(&request, &names()).established();
}

#[test]
fn text_that_is_none() {
    let unterminated = vec![b'x'; MAX_TEXT];
    for data in [
        &unterminated[..],
        b"InitiatorName\0",
        b"=x\0",
        b"Initiator\x01Name=x\0",
    ] {
        assert_eq!(first(&good(), data), LoginStatus::InitiatorError);
    }
    assert_eq!(
        first(&good(), &[0; MAX_TEXT + 1]),
        LoginStatus::OutOfResources
    );
}

#[test]
fn text_that_goes_on_forever() {
    let request = LoginRequest {
        transit: false,
        continued: true,
        ..good()
    };
    let mut initiator = Initiator::default();
    initiator.send(&request, &[b'x'; MAX_TEXT / 2]).continues();
    initiator.send(&request, &[b'x'; MAX_TEXT / 2]).continues();
    assert_eq!(
        initiator.send(&request, b"x").refused(),
        LoginStatus::OutOfResources
    );

    let mut initiator = Initiator::default();
    for _ in 0..MAX_ROUND_TRIPS {
        initiator.send(&request, b"").continues();
    }
    assert_eq!(
        initiator.send(&request, b"").refused(),
        LoginStatus::InitiatorError
    );
}

#[test]
fn a_login_that_never_comes_to_its_end() {
    let request = staying(Stage::Operational);
    let mut initiator = Initiator::default();
    initiator.send(&request, &names()).continues();
    for _ in 1..MAX_ROUND_TRIPS {
        initiator
            .send(&request, b"X-com.example.more=1\0")
            .continues();
    }
    assert_eq!(
        initiator.send(&request, b"").refused(),
        LoginStatus::InitiatorError
    );
}

#[test]
fn a_flood_of_keys_is_answered_in_one_pdu_or_refused() {
    let key = |n: usize| format!("X-{n:0>61}=1");
    let flood = |count: usize| (0..count).map(key).collect::<Vec<_>>().join(" ");
    let mut initiator = Initiator::default();
    let request = staying(Stage::Operational);

    let reply = initiator
        .send(&request, &named(&flood(MAX_PAIRS - 2)))
        .continues();

    assert!(reply.text.len() <= MAX_TEXT);
    assert_eq!(
        answers(&reply).matches("=NotUnderstood").count(),
        MAX_PAIRS - 2
    );
    let status = first(&request, &named(&flood(MAX_PAIRS - 1)));
    assert_eq!(status, LoginStatus::OutOfResources);
}

#[test]
fn a_first_burst_above_a_max_burst_that_came_later() {
    let mut initiator = Initiator::default();
    let request = staying(Stage::Operational);
    initiator
        .send(&request, &named("FirstBurstLength=65536"))
        .continues();
    let status = initiator
        .send(&good(), &text("MaxBurstLength=4096"))
        .refused();
    assert_eq!(status, LoginStatus::InitiatorError);
}

#[test]
fn in_one_text_the_order_of_the_bursts_does_not_matter() {
    let data = named("FirstBurstLength=65536 MaxBurstLength=4096");
    let (session, reply) = Initiator::default().send(&good(), &data).established();
    assert!(answers(&reply).ends_with("MaxBurstLength=4096 FirstBurstLength=4096"));
    assert_eq!(session.parameters.first_burst_length, 4096);
}

#[test]
fn an_alias_cannot_forge_a_log_line() {
    let data = [&names()[..], b"InitiatorAlias=a\nb\x1b[2J\0"].concat();
    let (session, _) = Initiator::default().send(&good(), &data).established();
    assert_eq!(session.initiator_alias.as_deref(), Some("ab[2J"));
}
