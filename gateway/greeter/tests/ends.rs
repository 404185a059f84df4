//! How a greeter ends when its client or its supervisor does, under its real confinement. Needs
//! root, to give it a UID of its own.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic in a helper is a failed test, as in the tests themselves"
)]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use labelgate_control::{
    Bytes, ChapAlgorithm, FromGreeter, Greet, Proof, SupervisorEnd, ToGreeter, Verdict, pair,
};
use socket2::SockRef;

/// A UID that owns nothing.
const UID: u32 = 2_100_000_077;

/// A greeter, its client, and the test in the supervisor's place.
struct Scene {
    child: Child,
    supervisor: SupervisorEnd<ToGreeter>,
    client: TcpStream,
    /// The supervisor's copy of the connection.
    copy: TcpStream,
}

impl Scene {
    /// A greeter that has been given its connection.
    async fn open() -> Self {
        let (ours, theirs) = pair().unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_labelgate-greeter"))
            .env_clear()
            .uid(UID)
            .gid(UID)
            .stdin(Stdio::from(theirs))
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let supervisor = SupervisorEnd::new(ours).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (copy, peer) = listener.accept().unwrap();
        let greet = Greet {
            connection: 1,
            peer,
            local: copy.local_addr().unwrap(),
            proof: Proof::Chap,
        };
        let scene = Self {
            child,
            supervisor,
            client,
            copy,
        };
        assert!(matches!(scene.hear().await, FromGreeter::Ready { .. }));
        let socket = scene.copy.try_clone().unwrap().into();
        let told = ToGreeter::Greet(greet, socket);
        scene.supervisor.send(told).await.unwrap();
        scene
    }

    async fn hear(&self) -> FromGreeter {
        let said = self.supervisor.receive();
        let said = tokio::time::timeout(Duration::from_secs(20), said).await;
        said.expect("in time").unwrap().expect("it is there")
    }

    /// The client sends a login request in the security stage, which is to go on.
    fn request(&mut self, pairs: &[&str]) {
        let text: Vec<u8> = pairs
            .iter()
            .flat_map(|pair| [pair.as_bytes(), b"\0"].concat())
            .collect();
        let mut pdu = vec![0; 48];
        pdu[0] = 0x43;
        pdu[4..8].copy_from_slice(&u32::try_from(text.len()).unwrap().to_be_bytes());
        pdu[8] = 0x80;
        pdu.extend(&text);
        pdu.resize(pdu.len().next_multiple_of(4), 0);
        self.client.write_all(&pdu).unwrap();
    }

    /// The text of the next answer.
    fn answer(&mut self) -> String {
        let mut header = [0; 48];
        self.client.read_exact(&mut header).unwrap();
        assert_eq!((header[0], header[36]), (0x23, 0), "a login goes on");
        let length = u32::from_be_bytes([0, header[5], header[6], header[7]]);
        let length = usize::try_from(length).unwrap();
        let mut text = vec![0; length.next_multiple_of(4)];
        self.client.read_exact(&mut text).unwrap();
        String::from_utf8(text).unwrap()
    }

    fn exit(&mut self) -> ExitStatus {
        let until = Instant::now() + Duration::from_secs(20);
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("the greeter does not end");
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn without_its_supervisor_it_does_not_wait_for_a_client() {
    let mut scene = Scene::open().await;
    // Half a header: it is in the middle of a read.
    scene.client.write_all(&[0x43; 20]).unwrap();
    let (ours, _theirs) = pair().unwrap();
    drop(std::mem::replace(
        &mut scene.supervisor,
        SupervisorEnd::new(ours).unwrap(),
    ));

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
