//! Whole logins through the program itself, under its real confinement: a system call that its
//! filter lacks would kill it. Needs root, to give it a UID of its own.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic in a helper is a failed test, as in the tests themselves"
)]

mod scene;

use std::io::{Read, Write};
use std::time::Duration;

use labelgate_control::{ChapAlgorithm, FromGreeter, Proof, ToGreeter, Verdict};
use labelgate_iscsi::login::Handover;
use labelgate_iscsi::negotiation;
use labelgate_iscsi::session_type::SessionType;
use md5::Md5;
use scene::{NAMES, Scene, login};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use sha3::Sha3_256;

const SECRET: &[u8] = b"twelve-bytes-or-more";
const OUR_SECRET: &[u8] = b"the-reverse-secret";
const CHALLENGE: [u8; 32] = [0x5a; 32];
const TARGET: &str = "iqn.2026-11.io.labelgate:disks.web";

fn hashed(algorithm: ChapAlgorithm, identifier: u8, secret: &[u8], challenge: &[u8]) -> Vec<u8> {
    let stream = [&[identifier], secret, challenge].concat();
    match algorithm {
        ChapAlgorithm::Md5 => Md5::digest(stream).to_vec(),
        ChapAlgorithm::Sha1 => Sha1::digest(stream).to_vec(),
        ChapAlgorithm::Sha256 => Sha256::digest(stream).to_vec(),
        ChapAlgorithm::Sha3_256 => Sha3_256::digest(stream).to_vec(),
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("0x{digits}")
}

/// As far as the challenge.
async fn challenged(scene: &mut Scene, algorithm: ChapAlgorithm) {
    scene.request(&[&NAMES[..], &["AuthMethod=CHAP,None"]].concat());
    let answer = scene.answer();
    assert_eq!(answer, "TargetPortalGroupTag=1\0AuthMethod=CHAP\0");
    let offer = format!("CHAP_A=99,{}", algorithm.number());
    scene.request(&[&offer]);
    assert_eq!(&*scene.offered().await, [algorithm]);
    scene.challenge(algorithm, &CHALLENGE).await;
    let expected = format!(
        "CHAP_A={}\0CHAP_I=7\0CHAP_C={}\0",
        algorithm.number(),
        hexadecimal(&CHALLENGE)
    );
    assert_eq!(scene.answer(), expected);
}

/// What arrives at the supervisor is what the client said, and whole.
async fn handed_over(scene: &mut Scene) -> Handover {
    let negotiated = scene.negotiated().await;
    assert_eq!(negotiated.initiator.as_str(), "iqn.2001-04.com.example:a");
    let target = negotiated.target.as_ref().map(|name| name.as_str());
    assert_eq!(target, Some(TARGET));
    let handover = Handover::decode(&negotiated.login).unwrap();
    let established = &handover.established;
    let initiator = established.initiator_name.as_str();
    assert_eq!(initiator, negotiated.initiator.as_str());
    assert!(
        matches!(&established.session_type, SessionType::Normal { target }
            if target.as_str() == TARGET)
    );
    // Nothing more is to be said.
    scene.abandon();
    assert!(scene.exit().success());
    handover
}

#[tokio::test]
async fn one_way_with_each_algorithm() {
    for algorithm in ChapAlgorithm::ALL {
        let mut scene = Scene::open().await;
        challenged(&mut scene, algorithm).await;
        let response = hashed(algorithm, 7, SECRET, &CHALLENGE);
        let said = format!("CHAP_R={}", hexadecimal(&response));
        scene.request_with(0x81, &["CHAP_N=vm-a", &said]);
        let answer = scene.answered().await;
        assert_eq!(answer.name.as_str(), "vm-a");
        assert_eq!(&*answer.response, response);
        assert_eq!(answer.reverse, None);
        scene.grant(None).await;
        let proven = scene.response();
        assert_eq!((proven.flags(), proven.text.as_str()), (0x81, ""));
        assert_eq!(proven.stat_sn(), 2);

        scene.request_with(0x87, &["HeaderDigest=CRC32C,None", "MaxBurstLength=65536"]);
        let handover = handed_over(&mut scene).await;
        assert_eq!(handover.stat_sn.get(), 3);
        let agreed = handover.established.parameters;
        assert_eq!(agreed.header_digest, negotiation::Digest::Crc32c);
        assert_eq!(agreed.max_burst_length, 65_536);
        let text = String::from_utf8(handover.reply.text).unwrap();
        assert!(text.contains("HeaderDigest=CRC32C\0MaxBurstLength=65536\0"));
    }
}

#[tokio::test]
async fn mutual_with_each_algorithm() {
    for algorithm in ChapAlgorithm::ALL {
        let mut scene = Scene::open().await;
        challenged(&mut scene, algorithm).await;
        let own: Vec<u8> = (0..=255).cycle().take(1024).collect();
        let response = hashed(algorithm, 7, SECRET, &CHALLENGE);
        scene.request_with(
            0x81,
            &[
                "CHAP_N=vm-a",
                &format!("CHAP_R={}", hexadecimal(&response)),
                "CHAP_I=200",
                &format!("CHAP_C={}", hexadecimal(&own)),
            ],
        );
        let reverse = scene.answered().await.reverse.expect("its own challenge");
        assert_eq!((reverse.identifier, &*reverse.challenge), (200, &own[..]));
        let ours = hashed(algorithm, 200, OUR_SECRET, &own);
        scene.grant(Some(&ours)).await;
        let proven = scene.response();
        let expected = format!("CHAP_N=labelgate\0CHAP_R={}\0", hexadecimal(&ours));
        assert_eq!((proven.flags(), proven.text), (0x81, expected));
        scene.request_with(0x87, &[]);
        handed_over(&mut scene).await;
    }
}

/// Where the address says who it is, nothing is asked. The last answer is the worker's.
#[tokio::test]
async fn known_by_its_address() {
    let mut scene = Scene::with(Proof::Address).await;
    scene.request_with(0x87, &[&NAMES[..], &["InitialR2T=No"]].concat());
    let handover = handed_over(&mut scene).await;
    assert_eq!(handover.stat_sn.get(), 0);
    assert!(!handover.established.parameters.initial_r2t);
    let short = Some(Duration::from_millis(50));
    scene.client.set_read_timeout(short).unwrap();
    let nothing = scene.client.read(&mut [0]).unwrap_err();
    assert_eq!(nothing.kind(), std::io::ErrorKind::WouldBlock);

    let mut scene = Scene::with(Proof::Address).await;
    scene.request(&[&NAMES[..], &["AuthMethod=CHAP"]].concat());
    assert_eq!(scene.response().status(), 0x0201);
    assert_eq!(scene.refused().await, "authentication failure");
}

#[tokio::test]
async fn a_verdict_against_it_is_an_authentication_failure() {
    let mut headers = Vec::new();
    for name in ["CHAP_N=vm-a", "CHAP_N=nobody"] {
        let mut scene = Scene::open().await;
        challenged(&mut scene, ChapAlgorithm::Md5).await;
        scene.request_with(0x81, &[name, &format!("CHAP_R={}", hexadecimal(&[0; 16]))]);
        scene.answered().await;
        scene.tell(ToGreeter::Verdict(Verdict::Refused)).await;
        let response = scene.response();
        assert_eq!(response.status(), 0x0201);
        let said = scene.hear().await;
        let FromGreeter::Refused {
            initiator,
            target,
            reason,
        } = said
        else {
            panic!("{said:?}");
        };
        assert_eq!(initiator.as_str(), "iqn.2001-04.com.example:a");
        assert_eq!(target.as_str(), TARGET);
        assert_eq!(reason.as_str(), "authentication failure");
        assert!(scene.exit().success());
        headers.push(response.header);
    }
    assert_eq!(headers[0], headers[1]);
}

/// The supervisor may say no before any challenge: no algorithm that is offered is allowed.
#[tokio::test]
async fn no_challenge_for_this_offer() {
    let mut scene = Scene::open().await;
    scene.request(&[&NAMES[..], &["AuthMethod=CHAP"]].concat());
    scene.answer();
    scene.request(&["CHAP_A=5"]);
    scene.offered().await;
    scene.tell(ToGreeter::Verdict(Verdict::Refused)).await;
    assert_eq!(scene.response().status(), 0x0201);
    assert_eq!(scene.refused().await, "authentication failure");
}

/// A name that could forge a record never reaches one: it is nobody's, without a question.
#[tokio::test]
async fn a_name_that_cannot_be_printed() {
    let mut scene = Scene::open().await;
    challenged(&mut scene, ChapAlgorithm::Md5).await;
    let response = format!("CHAP_R={}", hexadecimal(&[0; 16]));
    scene.request_with(0x81, &["CHAP_N=vm-a\n\x1b[2J", &response]);
    assert_eq!(scene.response().status(), 0x0201);
    assert_eq!(scene.refused().await, "authentication failure");
}

/// What follows the last request is the worker's to read: not a byte of it may be gone.
#[tokio::test]
async fn bytes_behind_the_last_request_are_left_alone() {
    let mut scene = Scene::with(Proof::Address).await;
    let behind: Vec<u8> = (0..=255).cycle().take(3000).collect();
    let last = login(0x87, &NAMES);
    let all = [&last[..], &behind].concat();
    scene.client.write_all(&all).unwrap();
    handed_over(&mut scene).await;

    let mut left = vec![0; behind.len()];
    let long = Some(Duration::from_secs(20));
    scene.copy.set_read_timeout(long).unwrap();
    scene.copy.read_exact(&mut left).unwrap();
    assert!(left == behind);
}

/// A whole login sent at once, without waiting for an answer.
#[tokio::test]
async fn requests_that_do_not_wait_for_answers() {
    let mut scene = Scene::open().await;
    let response = hashed(ChapAlgorithm::Md5, 7, SECRET, &CHALLENGE);
    let response = format!("CHAP_R={}", hexadecimal(&response));
    let all = [
        login(0x00, &[&NAMES[..], &["AuthMethod=CHAP"]].concat()),
        login(0x00, &["CHAP_A=5"]),
        login(0x81, &["CHAP_N=vm-a", &response]),
        login(0x87, &[]),
        b"behind".to_vec(),
    ];
    scene.client.write_all(&all.concat()).unwrap();
    scene.offered().await;
    scene.challenge(ChapAlgorithm::Md5, &CHALLENGE).await;
    scene.answered().await;
    scene.grant(None).await;
    assert_eq!(handed_over(&mut scene).await.stat_sn.get(), 3);
    let mut left = [0; 6];
    scene.copy.read_exact(&mut left).unwrap();
    assert_eq!(&left, b"behind");
}

/// Additional header segments mean nothing to a login; 1020 bytes are all that a header can have.
#[tokio::test]
async fn additional_headers_are_skipped() {
    let mut scene = Scene::with(Proof::Address).await;
    let mut pdu = login(0x87, &NAMES);
    pdu[4] = 255;
    pdu.splice(48..48, [0xee; 1020]);
    scene.client.write_all(&pdu).unwrap();
    handed_over(&mut scene).await;
}

#[tokio::test]
async fn bytes_that_come_one_by_one() {
    let mut scene = Scene::with(Proof::Address).await;
    scene.client.set_nodelay(true).unwrap();
    for byte in login(0x87, &NAMES) {
        scene.client.write_all(&[byte]).unwrap();
        std::thread::sleep(Duration::from_micros(200));
    }
    handed_over(&mut scene).await;
}

/// The largest text that any login has, in one request.
#[tokio::test]
async fn text_of_8192_bytes() {
    let mut scene = Scene::with(Proof::Address).await;
    let mut pairs: Vec<String> = NAMES.map(str::to_owned).to_vec();
    let mut left = 8192 - NAMES.map(|pair| pair.len() + 1).iter().sum::<usize>();
    while left > 0 {
        // Never so little is left for the last one that it would not be a pair.
        let length = if left < 400 { left } else { 200 };
        let key = format!("X-{:02}=", pairs.len());
        let first = length.min(200);
        pairs.push(format!("{key}{}", "v".repeat(first - key.len() - 1)));
        left -= first;
    }
    let pairs: Vec<_> = pairs.iter().map(String::as_str).collect();
    assert_eq!(login(0x04, &pairs).len(), 48 + 8192);
    scene.request_with(0x04, &pairs);
    let unknown = scene.answer().matches("=NotUnderstood\0").count();
    assert_eq!(unknown, pairs.len() - NAMES.len());
    scene.request_with(0x87, &[]);
    assert_eq!(handed_over(&mut scene).await.stat_sn.get(), 1);
}
