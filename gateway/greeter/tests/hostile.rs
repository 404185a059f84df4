//! Clients and supervisors that do what they must not. Needs root, to give the greeter a UID of
//! its own.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic in a helper is a failed test, as in the tests themselves"
)]

mod scene;

use std::io::Write;
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};

use labelgate_control::{Bytes, ChapAlgorithm, FromGreeter, Proof, ToGreeter, Verdict, pair};
use rustix::net::{SendFlags, send};
use scene::{NAMES, Scene, exit, login, program};

/// It ended by itself, and says that something was wrong.
fn gave_up(status: ExitStatus) {
    assert_eq!(status.code(), Some(1), "{status}");
}

#[tokio::test]
async fn a_claim_of_16_mib_is_refused_unread() {
    let mut scene = Scene::open().await;
    let mut pdu = login(0x00, &[]);
    pdu[5..8].copy_from_slice(&[0xff; 3]);
    scene.client.write_all(&pdu).unwrap();
    let expected = "the client broke the protocol: a login text longer than any";
    assert_eq!(scene.refused().await, expected);
    assert!(scene.exit().success());
}

#[tokio::test]
async fn every_opcode_but_that_of_a_login_ends_it() {
    for opcode in (0..=0x3f).filter(|&opcode| opcode != 0x03) {
        let mut scene = Scene::open().await;
        let mut pdu = login(0x00, &[]);
        pdu[0] = opcode;
        scene.client.write_all(&pdu).unwrap();
        let expected = "the client broke the protocol: a request before the login";
        assert_eq!(scene.refused().await, expected, "{opcode:#x}");
        assert!(scene.exit().success());
    }
}

#[tokio::test]
async fn a_client_that_stops_anywhere_in_its_first_request() {
    let pdu = login(0x00, &[&NAMES[..], &["AuthMethod=CHAP"]].concat());
    for length in [0, 1, 47, 48, 49, pdu.len() - 1] {
        let mut scene = Scene::open().await;
        scene.client.write_all(&pdu[..length]).unwrap();
        scene.client.shutdown(Shutdown::Both).unwrap();
        let reason = scene.refused().await;
        assert!(reason.starts_with("the connection has ended"), "{reason}");
        assert!(scene.exit().success());
    }
}

/// As far as the question for a challenge.
async fn asking() -> Scene {
    let mut scene = Scene::open().await;
    scene.request(&[&NAMES[..], &["AuthMethod=CHAP"]].concat());
    scene.answer();
    scene.request(&["CHAP_A=5,7"]);
    scene.offered().await;
    scene
}

/// As far as the question for a verdict.
async fn judged(own: &[&str]) -> Scene {
    let mut scene = asking().await;
    scene.challenge(ChapAlgorithm::Md5, &[1; 32]).await;
    scene.answer();
    let response = format!("CHAP_R=0x{}", "00".repeat(16));
    scene.request_with(0x81, &[&["CHAP_N=vm-a", &response], own].concat());
    scene.answered().await;
    scene
}

fn set(algorithm: ChapAlgorithm, length: usize) -> ToGreeter {
    ToGreeter::Challenge {
        algorithm,
        identifier: 1,
        challenge: Bytes::try_from(vec![1; length].as_slice()).unwrap(),
    }
}

const fn granted() -> ToGreeter {
    ToGreeter::Verdict(Verdict::Granted { reverse: None })
}

/// What it says is no challenge, or none that the client can answer: the client is refused, with a
/// fault of the target's.
#[tokio::test]
async fn a_supervisor_that_sets_no_challenge() {
    for said in [
        granted(),
        set(ChapAlgorithm::Sha1, 32),
        set(ChapAlgorithm::Md5, 0),
    ] {
        let mut scene = asking().await;
        scene.tell(said).await;
        assert_eq!(scene.response().status(), 0x0300);
        assert_eq!(scene.refused().await, "target error");
        assert_eq!(scene.exit().signal(), None);
    }
    // A second connection is no challenge either.
    let mut scene = asking().await;
    scene.give().await;
    assert_eq!(scene.response().status(), 0x0300);
    assert_eq!(scene.refused().await, "target error");
    gave_up(scene.exit());
}

#[tokio::test]
async fn a_supervisor_that_gives_no_verdict() {
    for said in [set(ChapAlgorithm::Md5, 32), set(ChapAlgorithm::Sha256, 1)] {
        let mut scene = judged(&[]).await;
        scene.tell(said).await;
        assert_eq!(scene.response().status(), 0x0300);
        assert_eq!(scene.refused().await, "target error");
        gave_up(scene.exit());
    }
    // A proof of the target's own that was asked for and is missing, and one that was not.
    let mut scene = judged(&["CHAP_I=1", "CHAP_C=0x01"]).await;
    scene.grant(None).await;
    assert_eq!(scene.response().status(), 0x0300);
    let mut scene = judged(&[]).await;
    scene.grant(Some(&[0; 16])).await;
    assert_eq!(scene.response().status(), 0x0300);
}

#[tokio::test]
async fn an_answer_to_nothing_instead_of_a_connection() {
    for said in [granted(), set(ChapAlgorithm::Md5, 32)] {
        let mut scene = Scene::ready(Proof::Chap).await;
        scene.tell(said).await;
        assert_eq!(scene.hear_or_end().await, None);
        gave_up(scene.exit());
    }
}

/// Whoever sends it: bytes that are no message are not guessed at.
#[tokio::test]
async fn datagrams_that_are_no_message() {
    for datagram in [vec![0xff; 100], vec![0; 60_000], vec![0]] {
        let (ours, theirs) = pair().unwrap();
        let mut child = program(theirs).stderr(Stdio::null()).spawn().unwrap();
        send(&ours, &datagram, SendFlags::NOSIGNAL).unwrap();
        gave_up(exit(&mut child));
    }
}

#[tokio::test]
async fn a_supervisor_that_goes_away() {
    let mut waiting = Scene::ready(Proof::Chap).await;
    waiting.abandon();
    assert!(waiting.exit().success(), "it was not needed");

    let mut silent = Scene::open().await;
    silent.abandon();
    gave_up(silent.exit());

    let mut asking = asking().await;
    asking.abandon();
    gave_up(asking.exit());

    let mut judged = judged(&[]).await;
    judged.abandon();
    gave_up(judged.exit());
}

#[tokio::test]
async fn its_standard_input_is_a_control_socket_or_it_does_nothing() {
    let (stream, _other) = std::os::unix::net::UnixStream::pair().unwrap();
    let mut child = program(OwnedFd::from(stream))
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    gave_up(exit(&mut child));
}

/// One connection, one login: after it the process is gone.
#[tokio::test]
async fn it_serves_one_connection() {
    let mut scene = Scene::with(Proof::Address).await;
    scene.request_with(0x87, &NAMES);
    assert!(matches!(scene.hear().await, FromGreeter::Negotiated(_)));
    scene.tell(ToGreeter::NoRoom).await;
    assert_eq!(scene.response().status(), 0x0302, "out of resources");
    assert_eq!(scene.refused().await, "out of resources");
    assert!(scene.exit().success());
    assert_eq!(scene.hear_or_end().await, None);
}
