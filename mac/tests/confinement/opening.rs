//! A worker and an importer that open their files themselves: those, and nothing more.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};

use libtest_mimic::Trial;
use rustix::fs::{CWD, FlockOperation, Mode, OFlags, flock, ftruncate, openat};

use crate::arrange::Arranged;
use crate::layers::TRIES;
use crate::run::{End, UID, probe, probe_as};
use crate::trial;

const KILLED: End = End::Killed(libc::SIGSYS);
const REFUSED: End = End::Refused(libc::EACCES);
/// Everything that opens.
const WHOLE: [&str; 3] = ["ring-opens", "epoll-opens", "importer-opens"];

pub fn trials() -> Vec<Trial> {
    vec![
        trial(
            "opening: what is beneath, to read, write, grow and lock",
            beneath,
        ),
        trial("opening: nothing elsewhere", elsewhere),
        trial(
            "opening: nothing is made, emptied, listed or unlocked",
            never,
        ),
        trial("opening: who may not, may not", others),
        trial("opening: the rest is as it was", the_rest),
        trial("opening: the report", report),
    ]
}

fn beneath() {
    let single = ["none", "filesystem-opens", "seccomp-opens"];
    for layers in single.iter().chain(&WHOLE) {
        assert_eq!(probe(layers, &["open-beneath"]), End::Done, "{layers}");
        assert_eq!(probe(layers, &["flock"]), End::Done, "{layers}");
    }
}

fn elsewhere() {
    for layers in ["filesystem-opens"].iter().chain(&WHOLE) {
        assert_eq!(probe(layers, &["open"]), REFUSED, "{layers}");
    }
    assert_eq!(probe("filesystem-opens", &["list"]), REFUSED);
    assert_eq!(probe("filesystem-opens", &["exec"]), REFUSED);
}

fn never() {
    for layers in ["seccomp-opens"].iter().chain(&WHOLE) {
        for action in ["create", "empty", "list", "unlock"] {
            assert_eq!(probe("none", &[action]), End::Done, "{action}");
            assert_eq!(probe(layers, &[action]), KILLED, "{layers} {action}");
        }
    }
}

fn others() {
    for layers in ["ring", "epoll", "importer"] {
        for action in ["open-beneath", "flock"] {
            assert_eq!(probe(layers, &[action]), KILLED, "{layers} {action}");
        }
    }
}

fn the_rest() {
    for &(name, action, layer, error) in TRIES {
        let end = probe("ring-opens", action);
        match (action, layer, error) {
            (["open"], ..) => assert_eq!(end, REFUSED),
            (_, "limits", libc::ENOMEM) => assert_eq!(end, End::Done, "{name}"),
            _ => assert_eq!(end, KILLED, "{name}"),
        }
    }
    for layers in ["ring-opens", "epoll-opens"] {
        assert_eq!(probe(layers, &["inline"]), End::Done, "{layers}");
    }
    assert_eq!(probe("importer-opens", &["import"]), End::Done);
}

fn report() {
    let report = probe_as(UID, "ring-opens", &["nothing"]).report;
    let landlock = "files beneath 1 directories only";
    assert!(report.contains(landlock), "{report}");
    let seccomp = "(ring that opens files), others kill";
    assert!(report.ends_with(seccomp), "{report}");
}

fn open(arranged: &Arranged, flags: OFlags) -> io::Result<OwnedFd> {
    let path = format!("/proc/self/fd/{}", arranged.beneath.as_raw_fd());
    Ok(openat(CWD, path, flags | OFlags::CLOEXEC, Mode::empty())?)
}

pub fn open_beneath(arranged: &Arranged) -> io::Result<()> {
    let file = open(arranged, OFlags::RDWR)?;
    rustix::io::pwrite(&file, b"x", 0)?;
    ftruncate(&file, 8192)?;
    flock(&file, FlockOperation::NonBlockingLockExclusive)?;
    Ok(())
}

pub fn lock(arranged: &Arranged) -> io::Result<()> {
    Ok(flock(
        &arranged.beneath,
        FlockOperation::NonBlockingLockShared,
    )?)
}

pub fn unlock(arranged: &Arranged) -> io::Result<()> {
    Ok(flock(&arranged.beneath, FlockOperation::NonBlockingUnlock)?)
}

pub fn empty(arranged: &Arranged) -> io::Result<()> {
    open(arranged, OFlags::RDWR | OFlags::TRUNC).map(drop)
}
