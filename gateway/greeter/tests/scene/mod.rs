//! A greeter in a process of its own, its client, and the test in the supervisor's place.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    missing_docs,
    reason = "a panic in a helper is a failed test, as in the tests themselves"
)]
#![allow(dead_code, reason = "each test file uses its own part")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use labelgate_control::{
    Answer, Bytes, ChapAlgorithm, FromGreeter, Greet, List, Negotiated, Proof, Protocol, Reverse,
    SupervisorEnd, Text, ToGreeter, Verdict, pair,
};

/// A UID that owns nothing.
pub const UID: u32 = 2_100_000_077;

pub const NAMES: [&str; 3] = [
    "InitiatorName=iqn.2001-04.com.example:a",
    "SessionType=Normal",
    "TargetName=iqn.2026-11.io.labelgate:disks.web",
];

/// A greeter, its client, and the test in the supervisor's place.
pub struct Scene {
    pub child: Child,
    pub supervisor: SupervisorEnd<ToGreeter>,
    pub client: TcpStream,
    /// The supervisor's copy of the connection.
    pub copy: TcpStream,
    greet: Greet,
}

/// What a client is answered.
#[derive(Debug)]
pub struct Response {
    pub header: [u8; 48],
    pub text: String,
}

impl Response {
    /// T, C, CSG and NSG.
    pub const fn flags(&self) -> u8 {
        self.header[1]
    }

    pub const fn status(&self) -> u16 {
        u16::from_be_bytes([self.header[36], self.header[37]])
    }

    pub fn stat_sn(&self) -> u32 {
        u32::from_be_bytes(self.header[24..28].try_into().unwrap())
    }
}

/// The program, with its control socket.
pub fn program(theirs: OwnedFd) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_labelgate-greeter"));
    command
        .env_clear()
        .uid(UID)
        .gid(UID)
        .stdin(Stdio::from(theirs))
        .stdout(Stdio::null());
    command
}

impl Scene {
    /// A greeter that has been given its connection, which is to be proved with CHAP.
    pub async fn open() -> Self {
        Self::with(Proof::Chap).await
    }

    pub async fn with(proof: Proof) -> Self {
        Self::speaking(Protocol::Iscsi { proof }).await
    }

    pub async fn speaking(protocol: Protocol) -> Self {
        let scene = Self::to_speak(protocol).await;
        scene.give().await;
        scene
    }

    /// A greeter that waits for its connection.
    pub async fn ready(proof: Proof) -> Self {
        Self::to_speak(Protocol::Iscsi { proof }).await
    }

    async fn to_speak(protocol: Protocol) -> Self {
        let (ours, theirs) = pair().unwrap();
        let child = program(theirs).spawn().unwrap();
        let supervisor = SupervisorEnd::new(ours).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        client
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        let (copy, peer) = listener.accept().unwrap();
        let greet = Greet {
            connection: 1,
            peer,
            local: copy.local_addr().unwrap(),
            protocol,
        };
        let scene = Self {
            child,
            supervisor,
            client,
            copy,
            greet,
        };
        assert!(matches!(scene.hear().await, FromGreeter::Ready { .. }));
        scene
    }

    /// Gives the greeter its connection.
    pub async fn give(&self) {
        let socket = self.copy.try_clone().unwrap().into();
        self.tell(ToGreeter::Greet(self.greet.clone(), socket))
            .await;
    }

    /// The supervisor is gone.
    pub fn abandon(&mut self) {
        let (ours, _theirs) = pair().unwrap();
        self.supervisor = SupervisorEnd::new(ours).unwrap();
    }

    pub async fn tell(&self, message: ToGreeter) {
        self.supervisor.send(message).await.unwrap();
    }

    pub async fn hear(&self) -> FromGreeter {
        self.hear_or_end().await.expect("it is there")
    }

    /// What it says next; `None` once it is gone.
    pub async fn hear_or_end(&self) -> Option<FromGreeter> {
        let said = self.supervisor.receive();
        let said = tokio::time::timeout(Duration::from_secs(20), said).await;
        said.expect("in time").unwrap()
    }

    pub async fn offered(&self) -> List<ChapAlgorithm, 8> {
        match self.hear().await {
            FromGreeter::Challenge { offered } => offered,
            said => panic!("no challenge is asked for: {said:?}"),
        }
    }

    pub async fn answered(&self) -> Answer {
        match self.hear().await {
            FromGreeter::Answer(answer) => answer,
            said => panic!("no answer: {said:?}"),
        }
    }

    pub async fn negotiated(&self) -> Negotiated {
        match self.hear().await {
            FromGreeter::Negotiated(negotiated) => negotiated,
            said => panic!("not negotiated: {said:?}"),
        }
    }

    /// Why the login was refused.
    pub async fn refused(&self) -> String {
        match self.hear().await {
            FromGreeter::Refused { reason, .. } => reason.into(),
            said => panic!("not refused: {said:?}"),
        }
    }

    /// The supervisor sets this challenge.
    pub async fn challenge(&self, algorithm: ChapAlgorithm, challenge: &[u8]) {
        self.tell(ToGreeter::Challenge {
            algorithm,
            identifier: 7,
            challenge: Bytes::try_from(challenge).unwrap(),
        })
        .await;
    }

    /// The supervisor believes the answer.
    pub async fn grant(&self, reverse: Option<&[u8]>) {
        let reverse = reverse.map(|response| Reverse {
            name: Text::new("labelgate").unwrap(),
            response: Bytes::try_from(response).unwrap(),
        });
        self.tell(ToGreeter::Verdict(Verdict::Granted { reverse }))
            .await;
    }

    /// The client sends a login request in the security stage, which is to go on.
    pub fn request(&mut self, pairs: &[&str]) {
        self.request_with(0x00, pairs);
    }

    pub fn request_with(&mut self, flags: u8, pairs: &[&str]) {
        self.client.write_all(&login(flags, pairs)).unwrap();
    }

    /// The text of the next answer, of a login that goes on.
    pub fn answer(&mut self) -> String {
        let response = self.response();
        assert_eq!(response.status(), 0, "a login goes on");
        response.text
    }

    pub fn response(&mut self) -> Response {
        let mut header = [0; 48];
        self.client.read_exact(&mut header).unwrap();
        assert_eq!(header[0], 0x23, "a login response");
        let length = u32::from_be_bytes([0, header[5], header[6], header[7]]);
        let length = usize::try_from(length).unwrap();
        let mut text = vec![0; length.next_multiple_of(4)];
        self.client.read_exact(&mut text).unwrap();
        text.truncate(length);
        Response {
            header,
            text: String::from_utf8(text).unwrap(),
        }
    }

    pub fn exit(&mut self) -> ExitStatus {
        exit(&mut self.child)
    }
}

pub fn exit(child: &mut Child) -> ExitStatus {
    let until = Instant::now() + Duration::from_secs(20);
    while Instant::now() < until {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("the greeter does not end");
}

/// A login request of a fixed task.
pub fn login(flags: u8, pairs: &[&str]) -> Vec<u8> {
    let text: Vec<u8> = pairs
        .iter()
        .flat_map(|pair| [pair.as_bytes(), b"\0"].concat())
        .collect();
    let mut pdu = vec![0; 48];
    (pdu[0], pdu[1], pdu[8]) = (0x43, flags, 0x80);
    pdu[4..8].copy_from_slice(&u32::try_from(text.len()).unwrap().to_be_bytes());
    pdu.extend(&text);
    pdu.resize(pdu.len().next_multiple_of(4), 0);
    pdu
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
