//! What each procedure of NFS answers, on the root and on images.

#![allow(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that fails may panic, and its numbers are its own"
)]

mod rig;

use labelgate_engine::{ImageError, ImageId};
use labelgate_nfs::rpc::{Accepted, AuthStat, Denial, ReplyBody};
use labelgate_nfs::v3::{PROGRAM, VERSION};
use rig::client::{self, Arguments, named, procedure, read, record, set_size, status, write};
use rig::disk::Disk;
use rig::{IMAGE, NAME, Rig, SIZE, image, of_serial, root};

const LONGEST: [u8; 255] = [b'a'; 255];

/// A procedure on the root, and its status.
fn status_of(procedure: u32, arguments: &[u8]) -> u32 {
    let mut rig = Rig::new();
    let id = rig.connect(1);
    rig.nfs(id, procedure, arguments).u32()
}

/// What becomes of a message that is no success.
fn refused(message: &[u8]) -> ReplyBody {
    let mut rig = Rig::new();
    let id = rig.connect(1);
    rig.feed(id, &record(message));
    rig.one(id).body
}

#[test]
fn null_answers_nothing() {
    let mut rig = Rig::new();
    let id = rig.connect(1);

    let results = rig.nfs(id, procedure::NULL, &[]);

    results.end();
}

#[test]
fn the_root_is_a_directory_that_nobody_writes() {
    let mut rig = Rig::new();
    let id = rig.connect(1);

    let mut results = rig.nfs(id, procedure::GETATTR, &Arguments::of(&root()).0);

    assert_eq!(results.u32(), status::OK);
    let root = results.attributes();
    assert_eq!((root.file_type, root.mode), (2, 0o555));
    results.end();
}

#[test]
fn an_image_is_a_regular_file_with_what_its_store_knows() {
    let mut rig = Rig::new();
    let id = rig.connect(1);
    rig.disk().changes = 8;

    let mut results = rig.nfs(id, procedure::GETATTR, &Arguments::of(&image()).0);

    assert_eq!(results.u32(), status::OK);
    let known = results.attributes();
    assert_eq!((known.file_type, known.mode), (1, 0o666));
    assert_eq!((known.size, known.used), (SIZE, SIZE / 2));
    assert_eq!((known.mtime, known.ctime), ((1_000_008, 5), (1_000_008, 5)));
    results.end();
}

#[test]
fn the_mode_of_a_read_only_image_says_so() {
    let mut rig = Rig::new();
    let id = rig.connect(1);
    rig.add_image(ImageId(9), "content", 9 << 64, Disk::new(4096).read_only());

    let of_content = Arguments::of(&of_serial(9 << 64)).0;
    let mut results = rig.nfs(id, procedure::GETATTR, &of_content);

    assert_eq!(results.u32(), status::OK);
    assert_eq!(results.attributes().mode, 0o444);
}

#[test]
fn a_file_number_is_the_same_wherever_it_is_told() {
    let mut rig = Rig::new();
    let id = rig.connect(1);

    let mut got = rig.nfs(id, procedure::GETATTR, &Arguments::of(&image()).0);
    let listing = Arguments::of(&root()).u64(0).u64(0).u32(4096).0;
    let mut listed = rig.nfs(id, procedure::READDIR, &listing);

    assert_eq!((got.u32(), listed.u32()), (status::OK, status::OK));
    listed.some_attributes();
    listed.verifier();
    let (entries, _) = listed.entries(false);
    assert_eq!(entries[2].fileid, got.attributes().fileid);
}

#[test]
fn a_lookup_finds_an_image_by_its_name() {
    let mut rig = Rig::new();
    let id = rig.connect(1);

    let mut results = rig.nfs(id, procedure::LOOKUP, &named(&root(), NAME.as_bytes()));

    assert_eq!(results.u32(), status::OK);
    assert_eq!(results.opaque(), image());
    assert_eq!(results.some_attributes().unwrap().size, SIZE);
    assert_eq!(results.some_attributes().unwrap().file_type, 2);
    results.end();
}

#[test]
fn nothing_is_above_the_root() {
    let mut rig = Rig::new();
    let id = rig.connect(1);
    let mut found = |name: &[u8]| {
        let mut results = rig.nfs(id, procedure::LOOKUP, &named(&root(), name));
        (results.u32(), results.opaque())
    };

    assert_eq!(found(b"."), (status::OK, root()));
    assert_eq!(found(b".."), (status::OK, root()));
}

#[test]
fn a_lookup_of_what_is_not_there_says_how_the_directory_is() {
    let mut rig = Rig::new();
    let id = rig.connect(1);

    let mut results = rig.nfs(id, procedure::LOOKUP, &named(&root(), b"other"));

    assert_eq!(results.u32(), status::NOENT);
    assert_eq!(results.some_attributes().unwrap().file_type, 2);
    results.end();
}

#[test]
fn a_lookup_of_what_is_no_name_is_refused() {
    let lookup = |name: &[u8]| status_of(procedure::LOOKUP, &named(&root(), name));

    assert_eq!(lookup(b""), status::ACCES);
    assert_eq!(lookup(b"a/b"), status::ACCES);
    assert_eq!(lookup(&LONGEST), status::NOENT);
    assert_eq!(lookup(&[b'a'; 256]), status::NAMETOOLONG);
}

#[test]
fn nothing_is_in_an_image() {
    let listing = Arguments::of(&image()).u64(0).u64(0).u32(4096);
    let entry = named(&image(), b"x");

    assert_eq!(status_of(procedure::LOOKUP, &entry), status::NOTDIR);
    assert_eq!(status_of(procedure::REMOVE, &entry), status::NOTDIR);
    assert_eq!(
        status_of(procedure::READDIR, &listing.clone().0),
        status::NOTDIR
    );
    assert_eq!(
        status_of(procedure::READDIRPLUS, &listing.u32(4096).0),
        status::NOTDIR
    );
}

#[test]
fn access_is_what_may_be_done_of_what_was_asked_for() {
    let mut rig = Rig::new();
    let id = rig.connect(1);
    rig.add_image(ImageId(9), "content", 9 << 64, Disk::new(4096).read_only());
    let mut access = |handle: &[u8], asked| {
        let mut results = rig.nfs(id, procedure::ACCESS, &Arguments::of(handle).u32(asked).0);
        assert_eq!(results.u32(), status::OK);
        assert!(results.some_attributes().is_some());
        results.u32()
    };

    assert_eq!(access(&root(), 0x3f), 0x03);
    assert_eq!(access(&root(), 0x01), 0x01);
    assert_eq!(access(&image(), 0x3f), 0x0d);
    assert_eq!(access(&of_serial(9 << 64), 0x3f), 0x01);
}

#[test]
fn nothing_is_a_symbolic_link() {
    let readlink = |handle: &[u8]| status_of(procedure::READLINK, &Arguments::of(handle).0);

    assert_eq!(readlink(&root()), status::INVAL);
    assert_eq!(readlink(&image()), status::INVAL);
}

#[test]
fn the_root_has_no_data_and_no_size() {
    let commit = Arguments::of(&root()).u64(0).u32(0).0;

    assert_eq!(
        status_of(procedure::READ, &read(&root(), 0, 10)),
        status::ISDIR
    );
    assert_eq!(
        status_of(procedure::WRITE, &write(&root(), 0, 0, b"data")),
        status::ISDIR
    );
    assert_eq!(status_of(procedure::COMMIT, &commit), status::ISDIR);
    assert_eq!(
        status_of(procedure::SETATTR, &set_size(&root(), 0, None)),
        status::ROFS
    );
}

/// What makes an entry of this name, by its procedure.
fn made(name: &[u8]) -> [(u32, Vec<u8>); 4] {
    let at = Arguments::default().opaque(&root()).opaque(name);
    let nothing_set = |at: Arguments| at.u32(0).u32(0).u32(0).u32(0).u32(0).u32(0);
    let unchecked = nothing_set(at.clone().u32(1));
    let link = nothing_set(at.clone()).opaque(b"target");
    let fifo = nothing_set(at.clone().u32(7));
    [
        (procedure::CREATE, unchecked.0),
        (procedure::MKDIR, nothing_set(at).0),
        (procedure::SYMLINK, link.0),
        (procedure::MKNOD, fifo.0),
    ]
}

#[test]
fn nothing_is_made_in_the_root() {
    for (procedure, arguments) in made(b"new") {
        assert_eq!(status_of(procedure, &arguments), status::ROFS);
    }
}

#[test]
fn what_is_there_already_is_not_made_either() {
    for name in [NAME.as_bytes(), b".", b".."] {
        for (procedure, arguments) in made(name) {
            assert_eq!(status_of(procedure, &arguments), status::EXIST);
        }
    }
}

#[test]
fn nothing_is_taken_from_the_root_or_called_otherwise() {
    let at = named(&root(), NAME.as_bytes());
    let rename = [at.clone(), named(&root(), b"new")].concat();
    let link = [Arguments::of(&image()).0, named(&root(), b"new")].concat();

    assert_eq!(status_of(procedure::REMOVE, &at), status::ROFS);
    assert_eq!(status_of(procedure::RMDIR, &at), status::ROFS);
    assert_eq!(status_of(procedure::RENAME, &rename), status::ROFS);
    assert_eq!(status_of(procedure::LINK, &link), status::ROFS);
}

#[test]
fn the_file_system_is_as_large_as_its_images_and_full() {
    let mut rig = Rig::new();
    let id = rig.connect(1);
    rig.add_image(ImageId(9), "other", 9 << 64, Disk::new(8192));

    let mut results = rig.nfs(id, procedure::FSSTAT, &Arguments::of(&root()).0);

    assert_eq!(results.u32(), status::OK);
    assert!(results.some_attributes().is_some());
    let bytes = [results.u64(), results.u64(), results.u64()];
    assert_eq!(bytes, [SIZE + 8192, 0, 0]);
    assert_eq!([results.u64(), results.u64(), results.u64()], [2, 0, 0]);
    assert_eq!(results.u32(), 0);
    results.end();
}

#[test]
fn the_largest_transfer_is_one_mib() {
    let mut rig = Rig::new();
    let id = rig.connect(1);

    let mut results = rig.nfs(id, procedure::FSINFO, &Arguments::of(&root()).0);

    assert_eq!(results.u32(), status::OK);
    assert!(results.some_attributes().is_some());
    assert_eq!([results.u32(), results.u32()], [1 << 20, 1 << 20]);
    assert_eq!(results.u32(), 4096);
    assert_eq!([results.u32(), results.u32()], [1 << 20, 1 << 20]);
}

#[test]
fn names_have_255_bytes_at_most() {
    let mut rig = Rig::new();
    let id = rig.connect(1);

    let mut results = rig.nfs(id, procedure::PATHCONF, &Arguments::of(&image()).0);

    assert_eq!(results.u32(), status::OK);
    results.some_attributes();
    assert_eq!((results.u32(), results.u32()), (1, 255));
    let rest = [(); 4].map(|()| results.bool());
    assert_eq!(rest, [true, true, false, true]);
    results.end();
}

#[test]
fn an_image_that_fails_says_how() {
    let mut rig = Rig::new();
    let id = rig.connect(1);
    let mut failed = |fault| {
        rig.disk().fault = Some(fault);
        rig.nfs(id, procedure::GETATTR, &Arguments::of(&image()).0)
            .u32()
    };

    assert_eq!(failed(ImageError::Medium), status::IO);
    assert_eq!(failed(ImageError::Poisoned), status::IO);
    assert_eq!(failed(ImageError::Revoked), status::STALE);
    assert_eq!(failed(ImageError::NotReady), status::JUKEBOX);
    assert_eq!(failed(ImageError::Busy), status::JUKEBOX);
}

#[test]
fn an_image_that_the_label_may_not_reach_is_not_found() {
    let mut rig = Rig::new();
    let id = rig.connect(1);
    rig.disk().fault = Some(ImageError::Revoked);

    let mut results = rig.nfs(id, procedure::LOOKUP, &named(&root(), NAME.as_bytes()));

    assert_eq!(results.u32(), status::NOENT);
}

#[test]
fn another_program_version_or_procedure_is_not_served() {
    let accepted = |numbers| refused(&client::message(1, numbers, &[]));
    let mismatch = Accepted::ProgMismatch { low: 3, high: 3 };

    assert_eq!(
        accepted([100_227, 3, 0]),
        ReplyBody::Accepted(Accepted::ProgUnavail)
    );
    assert_eq!(accepted([PROGRAM, 2, 0]), ReplyBody::Accepted(mismatch));
    assert_eq!(accepted([PROGRAM, 4, 1]), ReplyBody::Accepted(mismatch));
    assert_eq!(
        accepted([PROGRAM, VERSION, 22]),
        ReplyBody::Accepted(Accepted::ProcUnavail)
    );
}

#[test]
fn a_large_call_of_another_program_is_told_that_it_is_not_served() {
    let large = client::message(1, [100_227, 3, 2], &[0; 10_000]);

    assert_eq!(refused(&large), ReplyBody::Accepted(Accepted::ProgUnavail));
}

#[test]
fn arguments_that_end_early_or_late_are_garbage() {
    let garbage = ReplyBody::Accepted(Accepted::GarbageArgs);
    let whole = Arguments::of(&root()).0;
    let late = [&whole[..], &[0; 4]].concat();

    assert_eq!(
        refused(&client::nfs_message(1, procedure::GETATTR, &whole[..48])),
        garbage
    );
    assert_eq!(
        refused(&client::nfs_message(1, procedure::GETATTR, &late)),
        garbage
    );
}

#[test]
fn another_version_of_rpc_is_denied() {
    let mut message = client::nfs_message(1, procedure::NULL, &[]);
    message[11] = 3;

    assert_eq!(refused(&message), ReplyBody::Denied(Denial::RpcMismatch));
}

#[test]
fn a_credential_that_is_not_understood_is_denied() {
    let mut message = client::nfs_message(1, procedure::NULL, &[]);
    message[27] = 6;

    assert_eq!(
        refused(&message),
        ReplyBody::Denied(Denial::Auth(AuthStat::BadCred))
    );
}

#[test]
fn what_was_refused_does_not_stop_what_follows() {
    let mut rig = Rig::new();
    let id = rig.connect(1);
    let unknown = client::message(1, [100_227, 3, 2], &[7; 9000]);

    rig.feed(id, &record(&unknown));
    rig.feed(id, &client::nfs(2, procedure::NULL, &[]));

    let answers = rig.answers(id);
    assert_eq!([answers[0].xid, answers[1].xid], [1, 2]);
    assert_eq!(answers[1].accepted(), Accepted::Success);
    assert!(rig.disks.contains_key(&IMAGE));
}
