//! What is in a directory of a tree: READDIR and READDIRPLUS (RFC 1813 3.3.16, 3.3.17).

#![allow(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that fails may panic, and its numbers are its own"
)]

mod rig;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;

use rig::client::{Arguments, procedure, status};
use rig::results::Listed;
use rig::trees::{Served, ftype};

const PLENTY: u32 = 32 << 10;

/// Where a listing goes on, and what shows that it is of this directory.
type At = (u64, [u8; 8]);

const START: At = (0, [0; 8]);

fn readdir(directory: &[u8], at: At, count: u32) -> Arguments {
    let from = Arguments::of(directory).u64(at.0).raw(&at.1);
    from.u32(count)
}

fn readdirplus(directory: &[u8], at: At, (dircount, maxcount): (u32, u32)) -> Arguments {
    readdir(directory, at, dircount).u32(maxcount)
}

/// A piece of a directory, the verifier, and whether that is the end.
fn piece(served: &mut Served, directory: &[u8], at: At, count: u32) -> (Vec<Listed>, At, bool) {
    let mut results = served.done(procedure::READDIR, readdir(directory, at, count));
    read(&mut results, false, at)
}

fn piece_plus(
    served: &mut Served,
    directory: &[u8],
    at: At,
    counts: (u32, u32),
) -> (Vec<Listed>, At, bool) {
    let mut results = served.done(procedure::READDIRPLUS, readdirplus(directory, at, counts));
    read(&mut results, true, at)
}

fn read(results: &mut rig::results::Results, plus: bool, at: At) -> (Vec<Listed>, At, bool) {
    assert_eq!(results.some_attributes().unwrap().file_type, ftype::DIR);
    let verifier = results.verifier();
    let (entries, end) = results.entries(plus);
    let cookie = entries.last().map_or(at.0, |entry| entry.cookie);
    (entries, (cookie, verifier), end)
}

fn names(entries: &[Listed]) -> Vec<&str> {
    let mut names: Vec<_> = entries.iter().map(|entry| &*entry.name).collect();
    names.sort_unstable();
    names
}

#[test]
fn a_listing_has_everything_and_the_directories_themselves() {
    let mut served = Served::new();
    let directory = served.directory("d");
    served.file("d/a", b"");
    served.directory("d/e");

    let (entries, _, end) = piece(&mut served, &directory, START, PLENTY);

    assert!(end);
    assert_eq!(names(&entries), [".", "..", "a", "e"]);
}

#[test]
fn an_entry_has_the_number_that_its_attributes_have() {
    let mut served = Served::new();
    let outer = served.getattr(&served.root()).fileid;
    let directory = served.directory("d");
    served.file("d/a", b"");
    let inode = |name| fs::metadata(served.path(name)).unwrap().ino();
    let expected = BTreeMap::from([
        (".".to_owned(), inode("d")),
        ("..".to_owned(), outer),
        ("a".to_owned(), inode("d/a")),
    ]);

    for plus in [false, true] {
        let (entries, ..) = match plus {
            true => piece_plus(&mut served, &directory, START, (PLENTY, PLENTY)),
            false => piece(&mut served, &directory, START, PLENTY),
        };
        let numbers: BTreeMap<_, _> = entries
            .into_iter()
            .map(|entry| (entry.name, entry.fileid))
            .collect();
        assert_eq!(numbers, expected);
    }
}

#[test]
fn above_the_root_is_the_root() {
    let mut served = Served::new();
    let root = served.root();
    let number = served.getattr(&root).fileid;

    let (entries, ..) = piece_plus(&mut served, &root, START, (PLENTY, PLENTY));

    let dots: Vec<_> = entries
        .iter()
        .map(|entry| (&*entry.name, entry.fileid, entry.handle.clone().unwrap()))
        .collect();
    assert_eq!(
        dots,
        [(".", number, root.clone()), ("..", number, root.clone())]
    );
}

#[test]
fn the_longer_listing_has_attributes_and_handles() {
    let mut served = Served::new();
    let root = served.root();
    let (file, link) = (served.file("a", b"0123"), served.link("a", "l"));

    let (entries, _, end) = piece_plus(&mut served, &root, START, (PLENTY, PLENTY));

    assert!(end);
    let of = |name: &str| {
        let entry = entries.iter().find(|entry| entry.name == name).unwrap();
        (entry.handle.clone().unwrap(), entry.attributes.unwrap())
    };
    let (file_handle, attributes) = of("a");
    assert_eq!((file_handle, attributes.size), (file.clone(), 4));
    assert_eq!(attributes, served.getattr(&file));
    let (link_handle, attributes) = of("l");
    assert_eq!((link_handle, attributes.file_type), (link, ftype::LNK));
}

#[test]
fn pieces_are_no_larger_than_the_client_allows() {
    let mut served = Served::new();
    let root = served.root();
    for number in 0..100 {
        fs::write(served.path(&format!("file-{number}")), "").unwrap();
    }

    for count in [200, 512, 1000, 4096] {
        let mut results = served.call(procedure::READDIR, readdir(&root, START, count));
        let length = results.len();
        assert_eq!(results.u32(), status::OK);
        // Its status does not count.
        assert!(length - 4 <= count as usize, "{length} of {count}");
    }
    for count in [400, 1000, 4096] {
        let arguments = readdirplus(&root, START, (PLENTY, count));
        let mut results = served.call(procedure::READDIRPLUS, arguments);
        let length = results.len();
        assert_eq!(results.u32(), status::OK);
        assert!(length - 4 <= count as usize, "{length} of {count}");
    }
}

/// > The maximum number of bytes of directory information returned. (RFC 1813 3.3.17, dircount)
#[test]
fn the_longer_listing_names_no_more_than_is_wanted() {
    let mut served = Served::new();
    let root = served.root();
    for number in 0..100 {
        fs::write(served.path(&format!("file-{number}")), "").unwrap();
    }

    let (entries, _, end) = piece_plus(&mut served, &root, START, (300, PLENTY));

    let information = |entry: &Listed| 8 + 4 + entry.name.len().next_multiple_of(4) + 8;
    let told: usize = entries.iter().map(information).sum();
    assert!(!end && (200..=300).contains(&told), "{told}");
}

/// Goes through a directory in small pieces, with something done between them.
fn walk(served: &mut Served, plus: bool, mut between: impl FnMut(&Served, usize)) -> Vec<String> {
    let (root, mut at, mut met) = (served.root(), START, Vec::new());
    for round in 0.. {
        let (entries, next, end) = match plus {
            true => piece_plus(served, &root, at, (500, 2000)),
            false => piece(served, &root, at, 500),
        };
        assert!(end || !entries.is_empty(), "a piece that is not the last");
        met.extend(entries.into_iter().map(|entry| entry.name));
        if end {
            break;
        }
        between(served, round);
        at = next;
    }
    met.sort_unstable();
    met
}

#[test]
fn all_pieces_together_are_everything_once() {
    let mut served = Served::new();
    let mut all: Vec<String> = (0..200).map(|number| format!("file-{number}")).collect();
    for name in &all {
        fs::write(served.path(name), "").unwrap();
    }
    all.extend([".".to_owned(), "..".to_owned()]);
    all.sort_unstable();

    for plus in [false, true] {
        assert_eq!(walk(&mut served, plus, |_, _| {}), all);
    }
}

#[test]
fn what_stays_is_met_once_while_others_come_and_go() {
    for plus in [false, true] {
        let mut served = Served::new();
        for number in 0..200 {
            fs::write(served.path(&format!("stays-{number}")), "").unwrap();
            fs::write(served.path(&format!("goes-{number}")), "").unwrap();
        }

        let met = walk(&mut served, plus, |served, round| {
            for number in round * 10..round * 10 + 10 {
                let _ = fs::remove_file(served.path(&format!("goes-{number}")));
                fs::write(served.path(&format!("comes-{number}")), "").unwrap();
            }
        });

        let mut stays: Vec<_> = (0..200).map(|number| format!("stays-{number}")).collect();
        stays.sort_unstable();
        let met: Vec<_> = met
            .into_iter()
            .filter(|name| name.starts_with("stays"))
            .collect();
        assert_eq!(met, stays, "plus: {plus}");
    }
}

#[test]
fn a_listing_goes_on_with_the_next_server() {
    let mut served = Served::new();
    let mut all: Vec<String> = (0..50).map(|number| format!("file-{number}")).collect();
    for name in &all {
        fs::write(served.path(name), "").unwrap();
    }
    let root = served.root();
    let (mut entries, at, end) = piece(&mut served, &root, START, 600);
    assert!(!end);
    served.restart();

    let (rest, _, end) = piece(&mut served, &root, at, PLENTY);

    assert!(end);
    entries.extend(rest);
    all.extend([".".to_owned(), "..".to_owned()]);
    all.sort_unstable();
    assert_eq!(names(&entries), all);
}

#[test]
fn there_is_nothing_behind_the_last_entry() {
    let mut served = Served::new();
    let root = served.root();
    let (_, at, _) = piece(&mut served, &root, START, PLENTY);

    let (entries, _, end) = piece(&mut served, &root, at, PLENTY);

    assert!(entries.is_empty() && end);
}

/// > The cookieverf must match that returned by the READDIR in which the cookie was acquired.
/// > (RFC 1813 3.3.16)
#[test]
fn a_cookie_with_another_verifier_is_refused() {
    let mut served = Served::new();
    let (root, directory) = (served.root(), served.directory("d"));
    let (entries, ..) = piece(&mut served, &root, START, PLENTY);
    let (_, (_, other), _) = piece(&mut served, &directory, START, PLENTY);
    let cookie = entries[0].cookie;

    for verifier in [other, [0; 8], [0xff; 8]] {
        let at = (cookie, verifier);
        let plain = served.status(procedure::READDIR, readdir(&root, at, PLENTY));
        let plus = readdirplus(&root, at, (PLENTY, PLENTY));
        let plus = served.status(procedure::READDIRPLUS, plus);
        assert_eq!((plain, plus), (status::BAD_COOKIE, status::BAD_COOKIE));
    }
}

#[test]
fn a_cookie_that_no_entry_has_does_no_harm() {
    let mut served = Served::new();
    let root = served.root();
    served.file("a", b"");
    let (_, (_, verifier), _) = piece(&mut served, &root, START, PLENTY);

    for cookie in [1, 2, 1 << 31, i64::MAX as u64, 1 << 63, u64::MAX] {
        let at = (cookie, verifier);
        let answered = served.status(procedure::READDIR, readdir(&root, at, PLENTY));
        let expected = [status::OK, status::BAD_COOKIE];
        assert!(expected.contains(&answered), "{cookie}: {answered}");
    }
}

#[test]
fn a_client_without_room_for_one_entry_is_told_so() {
    let mut served = Served::new();
    let root = served.root();

    for count in [0, 50, 110] {
        let plain = served.status(procedure::READDIR, readdir(&root, START, count));
        let plus = readdirplus(&root, START, (PLENTY, count));
        let plus = served.status(procedure::READDIRPLUS, plus);
        assert_eq!((plain, plus), (status::TOOSMALL, status::TOOSMALL));
    }
}

#[test]
fn a_client_that_allows_four_gib_is_sent_a_piece() {
    let mut served = Served::new();
    let root = served.root();
    for number in 0..1500 {
        let name = format!("{number:0>200}");
        fs::write(served.path(&name), "").unwrap();
    }

    let (entries, _, end) = piece(&mut served, &root, START, u32::MAX);
    assert!(!end && entries.len() < 400, "{}", entries.len());
    let (entries, _, end) = piece_plus(&mut served, &root, START, (u32::MAX, u32::MAX));
    assert!(!end && entries.len() < 400, "{}", entries.len());
}

#[test]
fn what_is_no_directory_is_not_listed() {
    let mut served = Served::new();
    served.directory("d");
    let (file, link) = (served.file("a", b""), served.link("d", "l"));

    for handle in [file, link] {
        let plain = served.status(procedure::READDIR, readdir(&handle, START, PLENTY));
        let plus = readdirplus(&handle, START, (PLENTY, PLENTY));
        let plus = served.status(procedure::READDIRPLUS, plus);
        assert_eq!((plain, plus), (status::NOTDIR, status::NOTDIR));
    }
}

#[test]
fn a_directory_that_is_gone_is_not_listed() {
    let mut served = Served::new();
    let directory = served.directory("d");
    fs::remove_dir(served.path("d")).unwrap();
    fs::write(served.path("keeps-the-number"), "").unwrap();

    let plain = served.status(procedure::READDIR, readdir(&directory, START, PLENTY));
    let plus = readdirplus(&directory, START, (PLENTY, PLENTY));
    let plus = served.status(procedure::READDIRPLUS, plus);
    assert_eq!((plain, plus), (status::STALE, status::STALE));
}

#[test]
fn the_root_of_the_export_lists_the_tree_with_its_handle() {
    let mut served = Served::new();
    let root = served.root();

    let (entries, _, end) = {
        let arguments = readdirplus(&rig::root(), START, (PLENTY, PLENTY));
        let mut results = served.done(procedure::READDIRPLUS, arguments);
        read(&mut results, true, START)
    };

    assert!(end);
    let tree = entries.iter().find(|entry| entry.name == "main").unwrap();
    assert_eq!(tree.handle.as_ref(), Some(&root));
}
