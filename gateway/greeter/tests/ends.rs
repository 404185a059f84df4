//! How a greeter ends when its client or its supervisor does, under its real confinement. Needs
//! root, to give it a UID of its own.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic in a helper is a failed test, as in the tests themselves"
)]

mod scene;

use std::io::Write;
use std::net::TcpStream;
use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

use labelgate_control::{Bytes, ChapAlgorithm, FromGreeter, ToGreeter, Verdict};
use scene::Scene;
use socket2::SockRef;

#[tokio::test]
async fn without_its_supervisor_it_does_not_wait_for_a_client() {
    let mut scene = Scene::open().await;
    // Half a header: it is in the middle of a read.
    scene.client.write_all(&[0x43; 20]).unwrap();
    scene.abandon();

    let status = scene.exit();

    assert_eq!(status.signal(), None, "{status}");
    assert_eq!(status.code(), Some(1), "that is nothing a greeter expects");
}

#[tokio::test]
async fn a_client_that_speaks_something_else_is_to_blame_and_not_the_greeter() {
    let mut scene = Scene::open().await;
    let request = b"GET / HTTP/1.1\r\nHost: storage.example\r\nAccept: */*\r\n\r\n";
    scene.client.write_all(request).unwrap();

    let FromGreeter::Refused { reason, .. } = scene.hear().await else {
        panic!("not refused");
    };

    let expected = "the client broke the protocol: a request before the login";
    assert_eq!(reason.as_str(), expected);
    assert!(scene.exit().success());
}

#[tokio::test]
async fn a_client_that_hangs_up_is_to_blame_and_not_the_greeter() {
    let mut scene = Scene::open().await;
    scene.request(&[
        "InitiatorName=iqn.2001-04.com.example:a",
        "SessionType=Discovery",
        "AuthMethod=CHAP",
    ]);
    scene.client.shutdown(std::net::Shutdown::Write).unwrap();

    let FromGreeter::Refused { reason, .. } = scene.hear().await else {
        panic!("not refused");
    };

    assert!(reason.starts_with("the connection has ended"), "{reason}");
    assert!(scene.exit().success());
}

#[tokio::test]
async fn a_client_that_does_not_wait_for_the_verdict_is_told_of_all_the_same() {
    let mut scene = Scene::open().await;
    scene.request(&[
        "InitiatorName=iqn.2001-04.com.example:a",
        "SessionType=Discovery",
        "AuthMethod=CHAP",
    ]);
    assert!(scene.answer().starts_with("AuthMethod=CHAP\0"));
    scene.request(&["CHAP_A=5"]);
    let FromGreeter::Challenge { offered } = scene.hear().await else {
        panic!("no challenge is asked for");
    };
    assert_eq!(&*offered, [ChapAlgorithm::Md5]);
    let challenge = ToGreeter::Challenge {
        algorithm: ChapAlgorithm::Md5,
        identifier: 7,
        challenge: Bytes::try_from(&[1; 16][..]).unwrap(),
    };
    scene.supervisor.send(challenge).await.unwrap();
    let asked = format!("CHAP_A=5\0CHAP_I=7\0CHAP_C=0x{}\0", "01".repeat(16));
    assert!(scene.answer().starts_with(&asked));
    let response = format!("CHAP_R=0x{}", "00".repeat(16));
    scene.request(&["CHAP_N=nobody", &response]);
    assert!(matches!(scene.hear().await, FromGreeter::Answer(_)));

    // It resets the connection instead of waiting.
    let (other, _peer) = std::os::unix::net::UnixStream::pair().unwrap();
    let other = TcpStream::from(std::os::fd::OwnedFd::from(other));
    let client = std::mem::replace(&mut scene.client, other);
    SockRef::from(&client)
        .set_linger(Some(Duration::ZERO))
        .unwrap();
    drop(client);
    let reset = scene.copy.peek(&mut [0]).unwrap_err();
    assert_eq!(reset.kind(), std::io::ErrorKind::ConnectionReset);
    let verdict = ToGreeter::Verdict(Verdict::Refused);
    scene.supervisor.send(verdict).await.unwrap();

    let FromGreeter::Refused {
        initiator, reason, ..
    } = scene.hear().await
    else {
        panic!("not refused");
    };
    assert_eq!(initiator.as_str(), "iqn.2001-04.com.example:a");
    assert_eq!(reason.as_str(), "authentication failure");
    assert!(scene.exit().success());
}
