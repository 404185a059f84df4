//! A worker that acts as its callers: in a user namespace of its own, and nobody outside.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use labelgate_mac::confinement::namespace::OWN;
use libtest_mimic::Trial;
use rustix::fs::{AtFlags, OFlags};
use rustix::process::{Gid, Uid};

use crate::arrange::Arranged;
use crate::probe::call;
use crate::run::{End, FIRST, UID, probe, probe_as};
use crate::syscalls::{BOTH, RING, others_kill_given};
use crate::tree::{Directory, LISTED, open, tree};
use crate::trial;

const KILLED: End = End::Killed(libc::SIGSYS);
const LAYERS: &str = "mapped-ring-tree";

/// What such a worker may call besides, written down a second time.
const ACTING: &[i64] = &[
    libc::SYS_setfsuid,
    libc::SYS_setfsgid,
    libc::SYS_setgroups,
    libc::SYS_fchown,
    // Of what is open; tried below.
    libc::SYS_fchownat,
];

/// Whom the probe acts as.
const ANN: u32 = 1000;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("acting: what it makes as a caller is the caller's", theirs),
        trial("acting: as a caller it may what the caller may", || {
            assert_eq!(try_in_tree("act-denied"), End::Refused(libc::EACCES));
        }),
        trial(
            "acting: what is nobody's of its namespace it may not",
            || {
                let outside = Directory::new();
                let roots = outside.0.join("roots");
                fs::write(&roots, "root's").expect("root may");
                fs::set_permissions(&roots, fs::Permissions::from_mode(0o600)).expect("root may");
                let end = probe(LAYERS, &["act-open-roots", outside.path()]);
                assert_eq!(end, End::Refused(libc::EACCES));
            },
        ),
        trial("acting: every other system call kills", || {
            let tree = Directory::new();
            let more = ["0", "0", "0", "0", "0", tree.path()];
            others_kill_given(LAYERS, &[&BOTH, &RING, LISTED, ACTING], &more);
        }),
        trial("acting: it can be nobody else for good", || {
            for number in [libc::SYS_setresuid, libc::SYS_setuid, libc::SYS_capset] {
                assert_eq!(try_in_tree_with("system-call", number), KILLED, "{number}");
            }
        }),
        trial(
            "acting: who is mapped is root within and nobody outside",
            identity,
        ),
        trial("acting: the report", report),
    ]
}

fn try_in_tree(action: &str) -> End {
    let tree = Directory::new();
    let everybody = fs::Permissions::from_mode(0o777);
    fs::set_permissions(&tree.0, everybody).expect("root may");
    probe(LAYERS, &[action, tree.path()])
}

fn try_in_tree_with(action: &str, number: i64) -> End {
    let tree = Directory::new();
    let number = number.to_string();
    probe(
        LAYERS,
        &[action, &number, "0", "0", "0", "0", "0", tree.path()],
    )
}

fn theirs() {
    let tree = Directory::new();
    let everybody = fs::Permissions::from_mode(0o777);
    fs::set_permissions(&tree.0, everybody).expect("root may");

    assert_eq!(probe(LAYERS, &["act-make", tree.path()]), End::Done);

    let owner = |name: &str| {
        let file = fs::metadata(tree.0.join(name)).expect("it was made");
        (file.uid(), file.gid())
    };
    assert_eq!(owner("anns"), (FIRST + ANN, FIRST + ANN));
    assert_eq!(owner("given"), (FIRST + 5, FIRST + 6));
    assert_eq!(owner("own"), (UID, UID));
}

fn identity() {
    let unconfined = |uid, layers| match probe_as(uid, layers, &["nothing"]).end {
        End::Unconfined(why) => why,
        end => panic!("{layers} as {uid}: {end:?}"),
    };
    assert_eq!(probe("mapped-identity", &["nothing"]), End::Done);
    let why = "it has no user namespace in which root is nobody outside";
    assert_eq!(unconfined(0, "identity-mapped"), why);
    assert_eq!(unconfined(UID, "identity-mapped"), why);
    assert_eq!(probe("mapped-capabilities", &["nothing"]), End::Done);
}

fn report() {
    let tree = Directory::new();
    let report = probe_as(UID, LAYERS, &["nothing", tree.path()]).report;
    let expected = "uid 0 gid 0 of a user namespace of its own; \
                    capabilities for files of its user namespace, bounding set empty; ";
    assert!(report.starts_with(expected), "{report}");
    let filter = "(ring that serves trees as others), others kill";
    assert!(report.ends_with(filter), "{report}");
}

/// Acts as a user with a group of the same number, as the backend does.
fn act_as(user: u32) -> io::Result<()> {
    rustix::thread::set_thread_groups(&[])?;
    call(libc::SYS_setfsgid, [user.into(), 0, 0, 0, 0])?;
    call(libc::SYS_setfsuid, [user.into(), 0, 0, 0, 0])
}

pub fn make(arranged: &Arranged) -> io::Result<()> {
    let root = tree(arranged);
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::RDWR;
    act_as(ANN)?;
    open(root, "anns", flags)?;
    act_as(0)?;
    let given = open(root, "given", flags)?;
    rustix::fs::fchown(&given, Some(Uid::from_raw(5)), Some(Gid::from_raw(6)))?;
    open(root, "own", flags)?;
    let own = open(root, "own", OFlags::PATH)?;
    let (uid, gid) = (Uid::from_raw(OWN), Gid::from_raw(OWN));
    Ok(rustix::fs::chownat(
        &own,
        "",
        Some(uid),
        Some(gid),
        AtFlags::EMPTY_PATH,
    )?)
}

pub fn denied(arranged: &Arranged) -> io::Result<()> {
    let root = tree(arranged);
    act_as(5)?;
    open(root, "fives", OFlags::CREATE | OFlags::EXCL | OFlags::RDWR)?;
    act_as(ANN)?;
    open(root, "fives", OFlags::RDWR).map(drop)
}

pub fn open_roots(arranged: &Arranged) -> io::Result<()> {
    open(tree(arranged), "roots", OFlags::RDONLY).map(drop)
}
