//! How a client gets at files: MOUNT, handles, and the list of the root.

#![allow(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that fails may panic, and its numbers are its own"
)]

mod rig;

use labelgate_engine::{ConnectionId, ImageId, Login};
use labelgate_nfs::handle::{Handle, Object};
use labelgate_nfs::mount::procedure::{DUMP, EXPORT, MNT, NULL, UMNT, UMNTALL};
use labelgate_nfs::rpc::Accepted;
use labelgate_nfs::server::Notice;
use labelgate_nfs::{handle, mount};
use rig::client::{self, Arguments, procedure, record, status};
use rig::disk::Disk;
use rig::results::{Listed, Results};
use rig::{EPOCH, NAME, Rig, SERIAL, image, key, root};

const MNT3ERR_NOENT: u32 = 2;
const MNT3ERR_NOTDIR: u32 = 20;
const MNT3ERR_NAMETOOLONG: u32 = 63;

fn mount(rig: &mut Rig, id: ConnectionId, procedure: u32, arguments: &[u8]) -> Results {
    rig.feed(id, &client::mount(1, procedure, arguments));
    rig.one(id).results()
}

fn path(path: &str) -> Vec<u8> {
    Arguments::of(path.as_bytes()).0
}

#[test]
fn the_root_is_mounted_and_its_handle_leads_to_it() {
    let mut rig = Rig::new();
    let id = rig.connect(1);

    let mut results = mount(&mut rig, id, MNT, &path("/"));

    assert_eq!(results.u32(), status::OK);
    assert_eq!(results.opaque(), root());
    // AUTH_SYS, AUTH_NONE.
    assert_eq!([results.u32(), results.u32(), results.u32()], [2, 1, 0]);
    results.end();
    assert_eq!(rig.notices(), [Notice::Mounted { connection: id }]);
}

/// A greeter has read the call, whose token was good.
#[test]
fn a_mount_that_came_with_the_connection_is_answered_first() {
    let mut rig = Rig::new();
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(directory.path().join("d/e")).unwrap();
    rig.add_tree(3, "main", directory.path());
    let mount = |path: &[u8]| Login::Mount {
        epoch: EPOCH,
        xid: 77,
        path: path.to_vec(),
    };

    let id = rig.connect_as(1, "192.0.2.1:900", mount(b"main/d/e"));
    let answer = rig.one(id);
    assert_eq!(answer.xid, 77);
    let mut results = answer.results();
    assert_eq!(results.u32(), status::OK);
    let handle = results.opaque();
    let mut attributes = rig.nfs(id, procedure::GETATTR, &Arguments::of(&handle).0);
    assert_eq!(attributes.u32(), status::OK);

    let too_long = [b'x'; 1025];
    for (number, path, expected) in [
        (2, &b"main/none"[..], MNT3ERR_NOENT),
        (3, b"", status::OK),
        (4, &too_long, MNT3ERR_NAMETOOLONG),
    ] {
        let id = rig.connect_as(number, "192.0.2.1:900", mount(path));
        assert_eq!(rig.one(id).results().u32(), expected);
    }
}

#[test]
fn the_root_has_a_name_for_clients_that_need_one() {
    let mut rig = Rig::new();
    let id = rig.connect(1);
    let mut mounted = |of| mount(&mut rig, id, MNT, &path(of)).u32();

    assert_eq!([mounted("/images"), mounted("images/")], [status::OK; 2]);
    assert_eq!([mounted("/images/x"), mounted("/x")], [MNT3ERR_NOENT; 2]);
}

#[test]
fn what_was_not_mounted_is_written_nowhere_as_it_may_be_a_token() {
    let mut rig = Rig::new();
    let id = rig.connect(1);

    assert_eq!(
        mount(&mut rig, id, MNT, &path("/secret")).u32(),
        MNT3ERR_NOENT
    );
    let notices = format!("{:?}", rig.notices());
    assert!(!notices.contains("secret"), "{notices}");
}

#[test]
fn an_image_is_not_mounted() {
    let mut rig = Rig::new();
    let id = rig.connect(1);

    let mut results = mount(&mut rig, id, MNT, &path(&format!("/{NAME}")));

    assert_eq!(results.u32(), MNT3ERR_NOTDIR);
    let notices = rig.notices();
    assert!(matches!(notices[..], [Notice::MountRefused { .. }]));
}

#[test]
fn nobody_is_told_of_others() {
    let mut rig = Rig::new();
    let id = rig.connect(1);

    assert_eq!(mount(&mut rig, id, DUMP, &[]).u32(), 0);
    assert_eq!(mount(&mut rig, id, EXPORT, &[]).u32(), 0);
}

#[test]
fn what_mount_has_beside_succeeds_and_does_nothing() {
    let mut rig = Rig::new();
    let id = rig.connect(1);

    mount(&mut rig, id, NULL, &[]).end();
    mount(&mut rig, id, UMNT, &path("/")).end();
    mount(&mut rig, id, UMNTALL, &[]).end();
    let mut results = mount(&mut rig, id, MNT, &path("/"));
    assert_eq!(results.u32(), status::OK);
}

#[test]
fn another_version_of_mount_is_told_which_there_is() {
    let mut rig = Rig::new();
    let id = rig.connect(1);

    let numbers = [mount::PROGRAM, 1, MNT];
    rig.feed(id, &record(&client::message(1, numbers, &path("/"))));

    let mismatch = Accepted::ProgMismatch { low: 3, high: 3 };
    assert_eq!(rig.one(id).accepted(), mismatch);
}

fn getattr(handle: &[u8]) -> u32 {
    let mut rig = Rig::new();
    let id = rig.connect(1);
    rig.nfs(id, procedure::GETATTR, &Arguments::of(handle).0)
        .u32()
}

#[test]
fn a_handle_that_was_changed_anywhere_is_refused() {
    for at in 0..handle::LENGTH {
        let mut changed = image();
        changed[at] ^= 0x10;

        let refused = getattr(&changed);

        assert!(
            [status::STALE, status::BADHANDLE].contains(&refused),
            "{at}: {refused}"
        );
    }
}

#[test]
fn a_handle_of_another_length_is_a_bad_one() {
    assert_eq!(getattr(&[]), status::BADHANDLE);
    assert_eq!(getattr(&image()[..47]), status::BADHANDLE);
    assert_eq!(getattr(&[&image()[..], &[0]].concat()), status::BADHANDLE);
    assert_eq!(getattr(&[1; 64]), status::BADHANDLE);
}

#[test]
fn a_handle_of_65_bytes_is_garbage() {
    let mut rig = Rig::new();
    let id = rig.connect(1);

    let arguments = Arguments::of(&[1; 65]).0;
    rig.feed(id, &client::nfs(1, procedure::GETATTR, &arguments));

    assert_eq!(rig.one(id).accepted(), Accepted::GarbageArgs);
}

/// The handle of the root as it would be under these.
fn foreign(label: &str, client: Option<&str>, epoch: u64) -> Vec<u8> {
    let object = Object::Root;
    let client = client.map(|text| text.parse().unwrap());
    Handle { epoch, object }.seal(&key(label), client).to_vec()
}

#[test]
fn a_handle_of_another_label_client_or_epoch_is_stale() {
    let (label, client) = ("s0:c1,c2", Some("192.0.2.1"));

    assert_eq!(getattr(&foreign(label, client, EPOCH)), status::OK);
    assert_eq!(getattr(&foreign("s0:c1,c3", client, EPOCH)), status::STALE);
    assert_eq!(
        getattr(&foreign(label, Some("192.0.2.2"), EPOCH)),
        status::STALE
    );
    assert_eq!(getattr(&foreign(label, None, EPOCH)), status::STALE);
    assert_eq!(getattr(&foreign(label, client, EPOCH + 1)), status::STALE);
}

#[test]
fn a_client_has_one_address_however_it_came() {
    let mut rig = Rig::new();
    let login = Login::Rpc {
        epoch: EPOCH,
        ports: None,
    };
    let id = rig.connect_as(1, "[::ffff:192.0.2.1]:900", login);

    let mut results = rig.nfs(id, procedure::GETATTR, &Arguments::of(&root()).0);

    assert_eq!(results.u32(), status::OK);
}

#[test]
fn a_handle_of_nothing_that_is_there_is_stale() {
    let node = Object::Node {
        store: 1,
        generation: 1,
        inode: 2,
    };

    assert_eq!(getattr(&rig::of_serial(SERIAL + 1)), status::STALE);
    assert_eq!(getattr(&rig::sealed(node)), status::STALE);
}

#[test]
fn refused_handles_are_written_down_once_in_a_thousand() {
    let mut rig = Rig::new();
    let id = rig.connect(1);
    for _ in 0..1001 {
        rig.nfs(id, procedure::GETATTR, &Arguments::of(&[1; 48]).0);
    }

    assert_eq!(rig.notices().len(), 2);
}

#[test]
fn the_handle_of_an_image_that_is_removed_is_stale_and_good_again_when_it_is_back() {
    let mut rig = Rig::new();
    let id = rig.connect(1);
    let look = |rig: &mut Rig| {
        rig.nfs(id, procedure::GETATTR, &Arguments::of(&image()).0)
            .u32()
    };

    assert_eq!(look(&mut rig), status::OK);
    rig.remove_image(rig::IMAGE);
    assert_eq!(look(&mut rig), status::STALE);
    rig.add_image(ImageId(8), NAME, SERIAL, Disk::new(4096));
    assert_eq!(look(&mut rig), status::OK);
}

/// Images 1 to `count` beside the first.
fn many(count: u32) -> (Rig, ConnectionId) {
    let mut rig = Rig::new();
    for number in 1..=count {
        add(&mut rig, number);
    }
    let id = rig.connect(1);
    (rig, id)
}

fn add(rig: &mut Rig, number: u32) {
    let serial = u128::from(number * 10) << 64;
    let name = format!("image-{number:04}");
    rig.add_image(ImageId(100 + number), &name, serial, Disk::new(4096));
}

/// A READDIR from a cookie on.
fn list(rig: &mut Rig, id: ConnectionId, cookie: u64, count: u32) -> (Vec<Listed>, bool) {
    let arguments = Arguments::of(&root()).u64(cookie).u64(0).u32(count).0;
    let mut results = rig.nfs(id, procedure::READDIR, &arguments);
    assert_eq!(results.u32(), status::OK);
    assert!(results.len() <= 4 + count as usize);
    assert!(results.some_attributes().is_some());
    results.verifier();
    let listed = results.entries(false);
    results.end();
    listed
}

/// All names, in as many READDIRs as it takes.
fn all(rig: &mut Rig, id: ConnectionId, count: u32) -> Vec<String> {
    let (mut names, mut cookie) = (Vec::new(), 0);
    loop {
        let (entries, end) = list(rig, id, cookie, count);
        cookie = entries.last().map_or(cookie, |entry| entry.cookie);
        names.extend(entries.into_iter().map(|entry| entry.name));
        if end {
            return names;
        }
    }
}

#[test]
fn the_root_is_listed_whole_however_little_is_asked_for_at_a_time() {
    let (mut rig, id) = many(20);
    let at_once = all(&mut rig, id, 1 << 16);

    assert_eq!(at_once.len(), 23);
    assert_eq!(at_once[..2], [".", ".."]);
    for count in [144, 150, 200, 500] {
        assert_eq!(all(&mut rig, id, count), at_once);
    }
}

#[test]
fn a_list_without_room_for_one_entry_is_too_small() {
    let (mut rig, id) = many(1);
    let mut status_of = |count, plus: &[u32]| {
        let arguments = Arguments::of(&root()).u64(2).u64(0).u32(count);
        let arguments = plus.iter().fold(arguments, |a, &value| a.u32(value)).0;
        let listing = procedure::READDIR + plus.len() as u32;
        rig.nfs(id, listing, &arguments).u32()
    };

    assert_eq!(status_of(0, &[]), status::TOOSMALL);
    assert_eq!(status_of(139, &[]), status::TOOSMALL);
    assert_eq!(status_of(0, &[4096]), status::TOOSMALL);
    assert_eq!(status_of(4096, &[139]), status::TOOSMALL);
}

#[test]
fn a_list_goes_on_where_it_was_while_images_come_and_go() {
    let (mut rig, id) = many(5);
    let (seen, _) = list(&mut rig, id, 0, 220);
    let place = seen.last().unwrap();
    assert_eq!(place.name, "image-0001");

    // Before, at and behind the place.
    rig.remove_image(ImageId(101));
    rig.remove_image(ImageId(104));
    add(&mut rig, 6);

    let (rest, end) = list(&mut rig, id, place.cookie, 4096);
    let names: Vec<_> = rest.iter().map(|entry| entry.name.as_str()).collect();
    let expected = ["image-0002", "image-0003", "image-0005", "image-0006", NAME];
    assert_eq!((names.as_slice(), end), (&expected[..], true));
}

#[test]
fn behind_the_last_cookie_is_nothing() {
    let (mut rig, id) = many(1);

    assert_eq!(list(&mut rig, id, u64::MAX, 4096), (vec![], true));
}

/// Many clients take a cookie for a file offset, which has a sign.
#[test]
fn cookies_and_file_numbers_are_no_negative_offsets() {
    let mut rig = Rig::new();
    let id = rig.connect(1);
    rig.add_image(ImageId(9), "high", u128::MAX, Disk::new(4096));

    let (entries, _) = list(&mut rig, id, 0, 4096);

    let high = entries.iter().find(|entry| entry.name == "high").unwrap();
    assert!(i64::try_from(high.cookie).is_ok() && i64::try_from(high.fileid).is_ok());
    assert_eq!(entries.len(), 4);
}

#[test]
fn the_longer_list_has_handles_that_lead_to_the_images() {
    let (mut rig, id) = many(1);

    let arguments = Arguments::of(&root()).u64(0).u64(0).u32(4096).u32(4096);
    let mut results = rig.nfs(id, procedure::READDIRPLUS, &arguments.0);

    assert_eq!(results.u32(), status::OK);
    results.some_attributes();
    results.verifier();
    let (entries, end) = results.entries(true);
    let handles: Vec<_> = entries.into_iter().filter_map(|it| it.handle).collect();
    let first = rig::of_serial(10 << 64);
    assert_eq!(handles, [root(), root(), first, image()]);
    assert!(end);
}

#[test]
fn a_list_is_bounded_whatever_the_client_allows() {
    let (mut rig, id) = many(3000);

    let (entries, end) = list(&mut rig, id, 0, 1 << 20);

    let size: usize = entries.iter().map(|entry| 24 + entry.name.len()).sum();
    assert!(size <= 64 << 10, "{size}");
    assert!(!end);
}
