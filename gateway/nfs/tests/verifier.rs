//! Write verifiers: by them a client knows that what it has not committed may be lost.

#![allow(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that fails may panic, and its numbers are its own"
)]

mod rig;

use std::time::{Duration, SystemTime};

use labelgate_engine::{ConnectionId, ImageError, ImageId};
use labelgate_nfs::server::Limits;
use rig::client::{self, Arguments, UNSTABLE, procedure, status, write};
use rig::disk::Disk;
use rig::{IMAGE, NAME, Rig, SERIAL, SIZE, image};

fn connected() -> (Rig, ConnectionId) {
    let mut rig = Rig::new();
    let id = rig.connect(1);
    (rig, id)
}

fn commit_verifier(rig: &mut Rig, id: ConnectionId) -> [u8; 8] {
    let commit = Arguments::of(&image()).u64(0).u32(0).0;
    let mut results = rig.nfs(id, procedure::COMMIT, &commit);
    assert_eq!(results.u32(), status::OK);
    results.wcc();
    results.verifier()
}

fn write_verifier(rig: &mut Rig, id: ConnectionId) -> [u8; 8] {
    let mut results = rig.nfs(id, procedure::WRITE, &write(&image(), 0, UNSTABLE, b"data"));
    assert_eq!(results.u32(), status::OK);
    results.wcc();
    let (_, _, verifier) = (results.u32(), results.u32(), results.verifier());
    verifier
}

#[test]
fn the_verifier_stays_as_long_as_the_server() {
    let (mut rig, id) = connected();
    let other = rig.connect(2);

    let first = write_verifier(&mut rig, id);

    assert_eq!(write_verifier(&mut rig, other), first);
    assert_eq!(commit_verifier(&mut rig, id), first);
}

#[test]
fn another_server_has_another_verifier() {
    let now = SystemTime::now();
    let later = now + Duration::from_millis(1);
    let mut rigs = [now, later].map(|at| Rig::started(Limits::default(), at));
    let ids = rigs.each_mut().map(|rig| rig.connect(1));

    let [one, two] = &mut rigs;
    assert_ne!(write_verifier(one, ids[0]), write_verifier(two, ids[1]));
}

/// > must be unique between instances of the NFS version 3 protocol server, where uncommitted data
/// > may be lost (RFC 1813 3.3.7)
///
/// A flush that has failed has lost some. An admin has the image opened again, under a number of
/// its own and by the same worker: who has not committed yet must write again.
#[test]
fn an_image_that_is_opened_again_has_another_verifier() {
    let (mut rig, id) = connected();
    let before = write_verifier(&mut rig, id);
    rig.disk().fault = Some(ImageError::Poisoned);

    rig.remove_image(IMAGE);
    rig.add_image(ImageId(8), NAME, SERIAL, Disk::new(SIZE));

    assert_ne!(commit_verifier(&mut rig, id), before);
}

#[test]
fn a_write_whose_image_is_gone_when_it_is_answered_is_not_taken_for_one_of_its_successor() {
    let (mut rig, id) = connected();
    rig.hold = true;
    rig.feed(
        id,
        &client::write_call(1, &image(), 0, UNSTABLE, &[1; 1000]),
    );
    rig.release();
    rig.remove_image(IMAGE);
    rig.add_image(ImageId(8), NAME, SERIAL, Disk::new(SIZE));

    rig.release_all();

    let mut results = rig.one(id).results();
    assert_eq!((results.u32(), results.wcc()), (status::OK, None));
    let (_, _, verifier) = (results.u32(), results.u32(), results.verifier());
    assert_ne!(commit_verifier(&mut rig, id), verifier);
}
