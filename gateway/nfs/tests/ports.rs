//! Where a client is told that NFS is which reaches no other port mapper.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a panic in a helper is a failed test, as in the tests themselves"
)]

mod rig;

use labelgate_engine::{ConnectionId, Login, Ports};
use labelgate_nfs::rpc::Accepted;
use rig::client::{self, Arguments, procedure, record, status};
use rig::{EPOCH, PEER, Rig, root};

const PROGRAM: u32 = 100_000;
const PORTS: Ports = Ports {
    nfs: 2049,
    mount: 20_048,
};

fn connect(rig: &mut Rig, ports: Option<Ports>) -> ConnectionId {
    rig.connect_as(
        1,
        PEER,
        Login::Rpc {
            epoch: EPOCH,
            ports,
        },
    )
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

/// GETPORT of a program, in version 3 over TCP.
fn get_port(program: u32) -> Vec<u8> {
    record(&client::message(
        1,
        [PROGRAM, 2, 3],
        &words(&[program, 3, 6, 0]),
    ))
}

#[test]
fn who_may_ask_is_told_the_ports() {
    let mut rig = Rig::new();
    let id = connect(&mut rig, Some(PORTS));
    rig.feed(id, &get_port(100_003));
    rig.feed(id, &get_port(100_005));
    let rpcb = words(&[100_003, 3, 0, 0, 0]);
    rig.feed(id, &record(&client::message(2, [PROGRAM, 4, 3], &rpcb)));
    let answers = rig.answers(id);
    assert_eq!(answers[0].clone().results().u32(), 2049);
    assert_eq!(answers[1].clone().results().u32(), 20_048);
    // At the address that was asked.
    let address = answers[2].clone().results().opaque();
    assert_eq!(address, b"192.0.2.9.8.1");
}

#[test]
fn who_may_ask_may_mount_and_read_as_well() {
    let mut rig = Rig::new();
    let id = connect(&mut rig, Some(PORTS));
    let mut results = rig.nfs(id, procedure::GETATTR, &Arguments::of(&root()).0);
    assert_eq!(results.u32(), status::OK);
}

#[test]
fn to_others_there_is_no_such_program() {
    let mut rig = Rig::new();
    let id = connect(&mut rig, None);
    rig.feed(id, &get_port(100_003));
    assert_eq!(rig.answers(id)[0].accepted(), Accepted::ProgUnavail);
}

#[test]
fn nothing_is_set_and_nothing_called_for_anyone() {
    let mut rig = Rig::new();
    let id = connect(&mut rig, Some(PORTS));
    let set = words(&[100_003, 3, 6, 2050]);
    rig.feed(id, &record(&client::message(1, [PROGRAM, 2, 1], &set)));
    rig.feed(id, &record(&client::message(2, [PROGRAM, 2, 5], &[0; 16])));
    let answers = rig.answers(id);
    assert_eq!(answers[0].clone().results().u32(), 0, "FALSE");
    assert_eq!(answers[1].accepted(), Accepted::ProcUnavail);
}
