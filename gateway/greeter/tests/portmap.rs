//! A port mapper in a process of its own, with real sockets and the test in the supervisor's place.
//! Needs root, to give it a UID of its own.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic in a helper is a failed test, as in the tests themselves"
)]

mod scene;

use std::collections::BTreeSet;
use std::fs::read_dir;
use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::os::unix::net::UnixStream;
use std::process::Child;
use std::time::Duration;

use labelgate_control::{
    Datagrams, Entry, FromPortmap, Program, Questions, Services, SupervisorEnd, ToPortmap, pair,
};
use labelgate_mac::confinement::descriptors::close_on_exec;
use nix::sys::socket::{setsockopt, sockopt};
use scene::{exit, program};

const PATIENCE: Duration = Duration::from_secs(20);
/// Long enough for an answer that comes, where none may come.
const SILENCE: Duration = Duration::from_millis(300);
const SERVICES: Services = Services {
    nfs_port: 2049,
    mount_port: 20_048,
};

/// A port mapper that is ready, and the test in the supervisor's place.
struct Stage {
    child: Child,
    supervisor: Option<SupervisorEnd<ToPortmap>>,
}

impl Stage {
    async fn open() -> Self {
        // As the supervisor does it.
        close_on_exec().unwrap();
        let (ours, theirs) = pair().unwrap();
        let child = program(theirs).arg("--portmap").spawn().unwrap();
        let supervisor = Some(SupervisorEnd::new(ours).unwrap());
        let stage = Self { child, supervisor };
        assert!(matches!(stage.hear().await, FromPortmap::Ready { .. }));
        stage
    }

    /// One that answers what comes to this address.
    async fn at(address: &str) -> (Self, SocketAddr) {
        let stage = Self::open().await;
        let local = stage.answer(address).await;
        (stage, local)
    }

    async fn answer(&self, address: &str) -> SocketAddr {
        let socket = UdpSocket::bind(address).unwrap();
        let local = socket.local_addr().unwrap();
        match local {
            SocketAddr::V4(_) => setsockopt(&socket, sockopt::Ipv4PacketInfo, &true).unwrap(),
            SocketAddr::V6(_) => setsockopt(&socket, sockopt::Ipv6RecvPacketInfo, &true).unwrap(),
        }
        let questions = Questions {
            services: SERVICES,
            local,
        };
        self.tell(ToPortmap::Answer(questions, socket.into())).await;
        local
    }

    async fn tell(&self, message: ToPortmap) {
        let supervisor = self.supervisor.as_ref().unwrap();
        supervisor.send(message).await.unwrap();
    }

    async fn hear(&self) -> FromPortmap {
        let said = self.supervisor.as_ref().unwrap().receive();
        let said = tokio::time::timeout(PATIENCE, said).await;
        said.expect("in time").unwrap().expect("it is there")
    }

    async fn counted(&self) -> Datagrams {
        match self.hear().await {
            FromPortmap::Counted(datagrams) => datagrams,
            said => panic!("{said:?}"),
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A client that hears nobody but whom it asks.
fn client(from: &str, to: SocketAddr) -> UdpSocket {
    let socket = UdpSocket::bind((from.parse::<IpAddr>().unwrap(), 0)).unwrap();
    socket.connect(to).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

fn call(xid: u32, version: u32, procedure: u32, arguments: &[u8]) -> Vec<u8> {
    let header = words(&[xid, 0, 2, 100_000, version, procedure, 0, 0, 0, 0]);
    [&header, arguments].concat()
}

/// GETPORT of NFS version 3 over TCP.
fn get_port(xid: u32) -> Vec<u8> {
    call(xid, 2, 3, &words(&[100_003, 3, 6, 0]))
}

fn ask(client: &UdpSocket, question: &[u8]) -> Vec<u8> {
    client.send(question).unwrap();
    let mut answer = [0; 4096];
    let length = client.recv(&mut answer).unwrap();
    answer[..length].to_vec()
}

/// The answer of GETPORT.
fn port(xid: u32) -> Vec<u8> {
    words(&[xid, 1, 0, 0, 0, 0, 2049])
}

#[tokio::test]
async fn an_answer_comes_from_the_address_that_was_asked() {
    let (_stage, local) = Stage::at("0.0.0.0:0").await;
    for address in ["127.0.0.1", "127.0.0.5", "127.77.0.1"] {
        let at = SocketAddr::new(address.parse().unwrap(), local.port());
        assert_eq!(ask(&client("127.0.0.9", at), &get_port(7)), port(7));
        // Nothing is asked for, and no name: the address is the one that was asked.
        let rpcb = words(&[100_000, 3, 0, 0, 0]);
        let answer = ask(&client("127.0.0.9", at), &call(8, 3, 3, &rpcb));
        let [high, low] = local.port().to_be_bytes();
        let text = format!("{address}.{high}.{low}");
        let answer = String::from_utf8_lossy(&answer).into_owned();
        assert!(answer.contains(&text), "{answer:?}, not {text}");
    }
}

#[tokio::test]
async fn it_answers_over_ipv6() {
    let (_stage, local) = Stage::at("[::]:0").await;
    let at = SocketAddr::new("::1".parse().unwrap(), local.port());
    assert_eq!(ask(&client("::1", at), &get_port(7)), port(7));
}

#[tokio::test]
async fn it_answers_at_each_address_that_it_is_given() {
    let (stage, first) = Stage::at("127.0.0.1:0").await;
    let second = stage.answer("127.0.0.2:0").await;
    for at in [first, second, first] {
        assert_eq!(ask(&client("127.0.0.9", at), &get_port(7)), port(7));
    }
}

/// Arguments that some procedure may take, and others.
fn arguments() -> Vec<Vec<u8>> {
    let text = |text: &[u8]| {
        let length = u32::try_from(text.len()).unwrap().to_be_bytes();
        let mut padded = [&length[..], text].concat();
        padded.resize(padded.len().next_multiple_of(4), 0);
        padded
    };
    let mut all = vec![vec![], vec![0; 4], vec![0xff; 16], vec![0; 400]];
    for (program, version) in [
        (100_000, 2),
        (100_000, 4),
        (100_003, 3),
        (100_005, 3),
        (1, 1),
    ] {
        for protocol in [6, 17] {
            all.push(words(&[program, version, protocol, 0]));
        }
        for netid in [&b""[..], b"udp", b"tcp6"] {
            let numbers = words(&[program, version]);
            all.push([numbers, text(netid), text(b""), text(b"")].concat());
        }
    }
    all
}

/// Whoever is said to have asked hears no more than was said. All procedures there are and some that
/// are none, of all versions and some that are none, with arguments of every kind.
#[tokio::test]
async fn no_answer_is_longer_than_its_question() {
    let (_stage, local) = Stage::at("127.0.0.1:0").await;
    let (mut answered, mut xid) = (BTreeSet::new(), 0);
    for version in 0..6 {
        for procedure in 0..15 {
            for (number, arguments) in arguments().iter().enumerate() {
                // Each from a source of its own, of which it cannot have too many.
                let from = format!("127.{}.{}.{}", version + 1, procedure + 1, number + 1);
                let client = client(&from, local);
                xid += 1;
                client
                    .send(&call(xid, version, procedure, arguments))
                    .unwrap();
                // What is silent is told from what is late by a question that is answered.
                client.send(&get_port(u32::MAX)).unwrap();
                let mut answer = [0; 4096];
                let length = client.recv(&mut answer).unwrap();
                if answer[..length] == port(u32::MAX) {
                    continue;
                }
                assert_eq!(answer[..4], xid.to_be_bytes());
                assert!(
                    length <= 40 + arguments.len(),
                    "{version} {procedure}: {length}"
                );
                answered.insert((version, procedure));
                let length = client.recv(&mut answer).unwrap();
                assert_eq!(answer[..length], port(u32::MAX), "one answer each");
            }
        }
    }
    // NULL, GETPORT, GETADDR, GETTIME, GETVERSADDR.
    for known in [(2, 0), (2, 3), (3, 3), (4, 3), (3, 6), (4, 9)] {
        assert!(answered.contains(&known), "{known:?} was not answered");
    }
    // CALLIT, BCAST.
    for silent in [(2, 5), (3, 5), (4, 5)] {
        assert!(!answered.contains(&silent), "{silent:?} was answered");
    }
}

#[tokio::test]
async fn what_is_no_question_is_met_with_silence_and_counted() {
    let (stage, local) = Stage::at("127.0.0.1:0").await;
    let client = client("127.0.0.9", local);
    client.set_read_timeout(Some(SILENCE)).unwrap();
    let long = [get_port(1), vec![0; 4096]].concat();
    let reply = words(&[1, 1, 0, 0, 0, 0, 2049]);
    let cut = &get_port(1)[..39];
    for datagram in [
        &[][..],
        &[0; 3],
        cut,
        &reply,
        &[0xff; 600],
        &long,
        b"GET / HTTP/1.0\r\n\r\n",
    ] {
        client.send(datagram).unwrap();
    }
    let mut answer = [0; 4096];
    assert!(client.recv(&mut answer).is_err(), "{answer:02x?}");
    let counted = stage.counted().await;
    let expected = Datagrams {
        answered: 0,
        silent: 7,
        limited: 0,
    };
    assert_eq!(counted, expected);
}

#[tokio::test]
async fn a_source_that_asks_without_end_is_answered_at_a_rate() {
    let (stage, local) = Stage::at("127.0.0.1:0").await;
    let greedy = client("127.0.0.8", local);
    for xid in 0..1000 {
        greedy.send(&get_port(xid)).unwrap();
        if xid % 50 == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    let mut sum = Datagrams::default();
    while sum.answered + sum.limited < 1000 {
        let counted = stage.counted().await;
        sum.answered += counted.answered;
        sum.limited += counted.limited;
        sum.silent += counted.silent;
    }
    // 100 at once and 50 in a second, of which this took a few.
    assert!((100..400).contains(&sum.answered), "{sum:?}");
    assert_eq!(sum.silent, 0);
    // Another is answered meanwhile.
    assert_eq!(ask(&client("127.0.0.9", local), &get_port(7)), port(7));
}

#[tokio::test]
async fn it_holds_its_sockets_and_nothing_else() {
    let (stage, local) = Stage::at("127.0.0.1:0").await;
    assert_eq!(ask(&client("127.0.0.9", local), &get_port(7)), port(7));
    let path = format!("/proc/{}/fd", stage.child.id());
    let name = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name();
    let numbers = read_dir(path).unwrap().map(name);
    let mut numbers: Vec<_> = numbers.map(|name| name.into_string().unwrap()).collect();
    numbers.sort();
    // 0 and 3 are the control socket.
    assert_eq!(numbers, ["0", "1", "2", "3", "4"]);
}

#[tokio::test]
async fn it_ends_with_its_supervisor() {
    let (mut stage, local) = Stage::at("127.0.0.1:0").await;
    assert_eq!(ask(&client("127.0.0.9", local), &get_port(7)), port(7));
    stage.supervisor = None;
    assert!(exit(&mut stage.child).success());
}

#[tokio::test]
async fn a_message_out_of_turn_ends_it() {
    let mut first = Stage::open().await;
    first.tell(ToPortmap::TakeOut).await;
    assert_eq!(exit(&mut first.child).code(), Some(1));

    let (mut later, _) = Stage::at("127.0.0.1:0").await;
    later.tell(ToPortmap::TakeOut).await;
    assert_eq!(exit(&mut later.child).code(), Some(1));
}

/// What another port mapper that means no good answers, and what is said of it.
async fn not_entered(answer: &[u8]) -> String {
    let stage = Stage::open().await;
    let (mut rpcbind, theirs) = UnixStream::pair().unwrap();
    let entry = Entry {
        program: Program::Nfs,
        address: "0.0.0.0:2049".parse().unwrap(),
    };
    let entries = vec![entry].try_into().unwrap();
    stage.tell(ToPortmap::Enter(entries, theirs.into())).await;
    let mut asked = [0; 92];
    rpcbind.read_exact(&mut asked).unwrap();
    // It may have heard enough before it has heard all.
    let _ = rpcbind.write_all(answer);
    match stage.hear().await {
        FromPortmap::NotEntered { reason } => reason.into(),
        said => panic!("{said:?}"),
    }
}

/// The real one is asked in the tests of the whole gateway; none of those answers so.
#[tokio::test]
async fn an_rpcbind_that_answers_nonsense_is_believed_nothing() {
    for nonsense in [
        &[0xff; 64][..],
        // Fragments without an end, of nothing.
        &[0; 64],
        // Another's answer.
        &words(&[0x8000_001c, 77, 1, 0, 0, 0, 0, 1]),
        // No boolean.
        &words(&[0x8000_001c, 2, 1, 0, 0, 0, 0, 2]),
    ] {
        let reason = not_entered(nonsense).await;
        assert!(reason.contains("no answer"), "{reason}");
    }
    let unavailable = words(&[0x8000_0018, 2, 1, 0, 0, 0, 3]);
    let reason = not_entered(&unavailable).await;
    assert!(reason.contains("does not take entries"), "{reason}");
    let no = words(&[0x8000_001c, 2, 1, 0, 0, 0, 0, 0]);
    let reason = not_entered(&no).await;
    assert!(
        reason.contains("program 100003 version 3 over tcp"),
        "{reason}"
    );
}
