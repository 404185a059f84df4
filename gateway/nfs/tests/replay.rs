//! Calls that clients repeat because they have not seen the answer.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that fails may panic, and its numbers are its own"
)]

mod rig;

use std::time::Duration;

use labelgate_engine::{ConnectionId, Login};
use labelgate_nfs::handle::Object;
use rig::client::{self, Arguments, procedure, status};
use rig::{EPOCH, Rig, sealed};
use tempfile::TempDir;

/// A tree with two files.
fn tree() -> (Rig, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    for name in ["a", "b"] {
        std::fs::write(directory.path().join(name), name).unwrap();
    }
    let mut rig = Rig::new();
    rig.add_tree(3, "main", directory.path());
    (rig, directory)
}

fn name(name: &str) -> Vec<u8> {
    let root = sealed(Object::root_of_tree(3));
    Arguments::of(&root).opaque(name.as_bytes()).0
}

/// The status that a REMOVE of this XID is answered with.
fn remove(rig: &mut Rig, id: ConnectionId, xid: u32, file: &str) -> u32 {
    rig.feed(id, &client::nfs(xid, procedure::REMOVE, &name(file)));
    rig.one(id).results().u32()
}

#[test]
fn a_repeated_call_is_answered_again_and_not_carried_out_again() {
    let (mut rig, directory) = tree();
    let id = rig.connect(1);
    assert_eq!(remove(&mut rig, id, 7, "a"), status::OK);
    std::fs::write(directory.path().join("a"), "another").unwrap();

    assert_eq!(remove(&mut rig, id, 7, "a"), status::OK);
    assert!(directory.path().join("a").exists());
}

#[test]
fn it_is_known_again_on_another_connection_of_its_client() {
    let (mut rig, _directory) = tree();
    let id = rig.connect(1);
    assert_eq!(remove(&mut rig, id, 7, "a"), status::OK);
    rig.hang_up(id);

    let again = rig.connect(2);
    assert_eq!(remove(&mut rig, again, 7, "a"), status::OK);
}

#[test]
fn every_byte_of_it_counts() {
    let (mut rig, directory) = tree();
    let id = rig.connect(1);
    assert_eq!(remove(&mut rig, id, 7, "a"), status::OK);

    assert_eq!(remove(&mut rig, id, 8, "a"), status::NOENT);
    assert_eq!(remove(&mut rig, id, 7, "b"), status::OK);
    assert!(!directory.path().join("b").exists());
}

#[test]
fn nobody_elses_call_is_taken_for_it() {
    let (mut rig, _directory) = tree();
    let id = rig.connect(1);
    assert_eq!(remove(&mut rig, id, 7, "a"), status::OK);

    let login = Login::Rpc {
        epoch: EPOCH,
        ports: None,
    };
    let other = rig.connect_as(2, "192.0.2.77:1000", login);
    // The handle is bound to the other client's address.
    assert_eq!(remove(&mut rig, other, 7, "a"), status::STALE);
}

#[test]
fn after_two_minutes_it_is_another_call() {
    let (mut rig, _directory) = tree();
    let id = rig.connect(1);
    assert_eq!(remove(&mut rig, id, 7, "a"), status::OK);
    rig.pass(Duration::from_secs(121));

    assert_eq!(remove(&mut rig, id, 7, "a"), status::NOENT);
}

#[test]
fn a_failure_is_answered_again_too() {
    let (mut rig, directory) = tree();
    let id = rig.connect(1);
    assert_eq!(remove(&mut rig, id, 7, "c"), status::NOENT);
    std::fs::write(directory.path().join("c"), "c").unwrap();

    assert_eq!(remove(&mut rig, id, 7, "c"), status::NOENT);
}

#[test]
fn a_repeated_call_that_is_under_way_has_one_answer() {
    let (mut rig, directory) = tree();
    let id = rig.connect(1);
    rig.hold = true;
    let call = client::nfs(7, procedure::REMOVE, &name("a"));
    rig.feed(id, &call);
    rig.feed(id, &call);
    assert!(rig.answers(id).is_empty());

    rig.release_all();

    assert_eq!(rig.one(id).results().u32(), status::OK);
    assert!(!directory.path().join("a").exists());
    assert_eq!(remove(&mut rig, id, 9, "b"), status::OK);
}

#[test]
fn the_answer_goes_to_the_connection_that_is_left() {
    let (mut rig, _directory) = tree();
    let id = rig.connect(1);
    rig.hold = true;
    let call = client::nfs(7, procedure::REMOVE, &name("a"));
    rig.feed(id, &call);
    rig.hang_up(id);
    let again = rig.connect(2);
    rig.feed(again, &call);

    rig.release_all();

    assert_eq!(rig.one(again).results().u32(), status::OK);
}

#[test]
fn what_was_done_after_its_connection_had_gone_is_answered_on_the_next() {
    let (mut rig, directory) = tree();
    let id = rig.connect(1);
    rig.hold = true;
    let call = client::nfs(7, procedure::REMOVE, &name("a"));
    rig.feed(id, &call);
    rig.hang_up(id);
    rig.release_all();
    rig.hold = false;
    assert!(!directory.path().join("a").exists());

    let again = rig.connect(2);
    assert_eq!(remove(&mut rig, again, 7, "a"), status::OK);
    assert_eq!(remove(&mut rig, again, 8, "a"), status::NOENT);
}

/// Its handle is good: it is sealed for the client, not for the connection that has gone.
#[test]
fn a_directory_that_was_made_so_can_be_used() {
    let (mut rig, _directory) = tree();
    let id = rig.connect(1);
    rig.hold = true;
    let arguments = [name("made"), vec![0; 24]].concat();
    let call = client::nfs(7, procedure::MKDIR, &arguments);
    rig.feed(id, &call);
    rig.hang_up(id);
    rig.release_all();
    rig.hold = false;

    let again = rig.connect(2);
    rig.feed(again, &call);
    let mut answer = rig.one(again).results();
    assert_eq!(answer.u32(), status::OK);
    let (handle, _) = answer.made();
    let getattr = client::nfs(8, procedure::GETATTR, &Arguments::of(&handle).0);
    rig.feed(again, &getattr);
    assert_eq!(rig.one(again).results().u32(), status::OK);
}

#[test]
fn a_thousand_answers_are_kept_and_the_oldest_goes_first() {
    let (mut rig, directory) = tree();
    let id = rig.connect(1);
    assert_eq!(remove(&mut rig, id, 7, "a"), status::OK);
    for xid in 0..1024 {
        assert_eq!(remove(&mut rig, id, 1000 + xid, "none"), status::NOENT);
    }
    std::fs::write(directory.path().join("none"), "").unwrap();

    assert_eq!(remove(&mut rig, id, 2023, "none"), status::NOENT);
    assert_eq!(remove(&mut rig, id, 7, "a"), status::NOENT);
}
