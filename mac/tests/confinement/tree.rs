//! A worker that serves a tree: all that, beneath it, and nothing elsewhere.

use std::fs;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::chown;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use libtest_mimic::Trial;
use rustix::fs::{
    Access, AtFlags, CWD, FileType, Mode, OFlags, RawDir, RenameFlags, ResolveFlags, StatxFlags,
    Timespec, Timestamps, UTIME_NOW,
};

use crate::arrange::Arranged;
use crate::layers::TRIES;
use crate::run::{End, UID, probe, probe_as};
use crate::syscalls::{BOTH, RING, others_kill_given};
use crate::trial;

const KILLED: End = End::Killed(libc::SIGSYS);
const REFUSED: End = End::Refused(libc::EACCES);

/// What may pass for a tree, written down a second time.
#[rustfmt::skip]
#[allow(clippy::wildcard_imports, reason = "a table of one module's constants")]
pub const LISTED: &[i64] = {
    use libc::*;
    &[
        SYS_openat2, SYS_statx, SYS_faccessat2, SYS_readlinkat, SYS_getdents64, SYS_mkdirat,
        SYS_symlinkat, SYS_fchmod, SYS_fchmodat, SYS_utimensat, SYS_syncfs,
        // With some arguments; tried below.
        SYS_unlinkat, SYS_renameat2, SYS_linkat,
    ]
};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("tree: everything beneath it", || {
            let single = ["none", "filesystem-tree", "seccomp-tree"];
            for layers in single
                .iter()
                .chain(&["ring-tree", "epoll-tree", "ring-both"])
            {
                assert_eq!(try_in_tree(layers, "tree-serve"), End::Done, "{layers}");
            }
        }),
        trial("tree: nothing elsewhere", elsewhere),
        trial("tree: nothing is executed", executed),
        trial("tree: who has none, may not", || {
            for layers in ["ring", "epoll", "ring-opens", "importer-opens"] {
                assert_eq!(try_in_tree(layers, "tree-serve"), KILLED, "{layers}");
            }
        }),
        trial("tree: every other system call kills", || {
            let tree = Directory::new();
            let more = ["0", "0", "0", "0", "0", tree.path()];
            others_kill_given("ring-tree", &[&BOTH, &RING, LISTED], &more);
        }),
        trial("tree: arguments decide", arguments),
        trial("tree: the rest is as it was", the_rest),
        trial("tree: the report", report),
    ]
}

/// A directory that belongs to the probe, and goes away.
pub struct Directory(pub PathBuf);

impl Directory {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("labelgate-tree-{}-{number}", std::process::id());
        let path = PathBuf::from("/dev/shm").join(name);
        fs::create_dir(&path).expect("a new directory");
        chown(&path, Some(UID), Some(UID)).expect("root");
        Self(path)
    }

    pub fn path(&self) -> &str {
        self.0.to_str().expect("text")
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn try_in_tree(layers: &str, action: &str) -> End {
    let tree = Directory::new();
    probe(layers, &[action, tree.path()])
}

fn elsewhere() {
    for layers in ["filesystem-tree", "ring-tree", "epoll-tree", "ring-both"] {
        assert_eq!(
            try_in_tree(layers, "tree-open-outside"),
            REFUSED,
            "{layers}"
        );
        assert_eq!(
            try_in_tree(layers, "tree-make-outside"),
            REFUSED,
            "{layers}"
        );
        for action in ["tree-move-outside", "tree-link-outside"] {
            assert_eq!(try_in_tree("none", action), End::Done, "{action}");
            let end = try_in_tree(layers, action);
            // Landlock says EXDEV where it would otherwise have allowed more.
            let refused = [REFUSED, End::Refused(libc::EXDEV)].contains(&end);
            assert!(refused, "{layers} {action}: {end:?}");
        }
    }
}

/// Not even what lies in the tree.
fn executed() {
    let tree = Directory::new();
    fs::copy("/bin/true", tree.0.join("program")).expect("both are there");
    let ends = |layers| probe(layers, &["tree-execute", tree.path()]);
    assert_eq!(ends("none"), End::Replaced);
    assert_eq!(ends("filesystem-tree"), REFUSED);
    assert_eq!(ends("ring-tree"), KILLED);
}

fn arguments() {
    let tree = Directory::new();
    let ends = |numbers: &[i64]| {
        let mut text: Vec<String> = numbers.iter().map(ToString::to_string).collect();
        text.resize(6, "0".to_owned());
        let mut action = vec!["system-call"];
        action.extend(text.iter().map(String::as_str));
        action.push(tree.path());
        probe("ring-tree", &action)
    };
    let fault = End::Refused(libc::EFAULT);
    let mknod = |mode: u32| ends(&[libc::SYS_mknodat, -100, 0, (mode | 0o600).into(), 0]);
    assert_eq!(mknod(libc::S_IFIFO), fault);
    assert_eq!(mknod(libc::S_IFSOCK), fault);
    for kind in [
        libc::S_IFCHR,
        libc::S_IFBLK,
        libc::S_IFREG,
        libc::S_IFLNK,
        0,
    ] {
        assert_eq!(mknod(kind), KILLED, "{kind:o}");
    }
    let unlink = |flags: i32| ends(&[libc::SYS_unlinkat, -100, 0, flags.into()]);
    assert_eq!(unlink(0), fault);
    assert_eq!(unlink(libc::AT_REMOVEDIR), fault);
    assert_eq!(unlink(libc::AT_SYMLINK_FOLLOW), KILLED);
    let link = |flags: i32| ends(&[libc::SYS_linkat, -100, 0, -100, 0, flags.into()]);
    assert_eq!(link(0), fault);
    assert_eq!(link(libc::AT_EMPTY_PATH), KILLED);
    assert_eq!(link(libc::AT_SYMLINK_FOLLOW), KILLED);
    let rename = |flags: u32| ends(&[libc::SYS_renameat2, -100, 0, -100, 0, flags.into()]);
    assert_eq!(rename(0), fault);
    for flags in [
        libc::RENAME_EXCHANGE,
        libc::RENAME_WHITEOUT,
        libc::RENAME_NOREPLACE,
    ] {
        assert_eq!(rename(flags), KILLED, "{flags}");
    }
}

fn the_rest() {
    let tree = Directory::new();
    for &(name, action, layer, error) in TRIES {
        let mut action = action.to_vec();
        action.push(tree.path());
        let end = probe("ring-tree", &action);
        let expected = match (layer, error) {
            ("limits", libc::ENOMEM) => End::Done,
            _ => KILLED,
        };
        assert_eq!(end, expected, "{name}");
    }
    for layers in ["ring-tree", "epoll-tree"] {
        assert_eq!(try_in_tree(layers, "inline"), End::Done, "{layers}");
    }
    assert_eq!(try_in_tree("ring-both", "open-beneath"), End::Done);
}

fn report() {
    let tree = Directory::new();
    let said = |layers| probe_as(UID, layers, &["nothing", tree.path()]).report;
    let report = said("ring-tree");
    assert!(
        report.contains("files beneath 0 directories, 1 trees only"),
        "{report}"
    );
    assert!(
        report.ends_with("(ring that serves trees), others kill"),
        "{report}"
    );
    let report = said("ring-both");
    assert!(
        report.contains("files beneath 1 directories, 1 trees only"),
        "{report}"
    );
    assert!(
        report.ends_with("(ring that opens files and serves trees), others kill"),
        "{report}"
    );
    assert!(report.split("; ").all(|entry| entry.len() <= 128));
}

const BENEATH: ResolveFlags = ResolveFlags::BENEATH
    .union(ResolveFlags::NO_SYMLINKS)
    .union(ResolveFlags::NO_MAGICLINKS)
    .union(ResolveFlags::NO_XDEV);

pub fn tree(arranged: &Arranged) -> &OwnedFd {
    arranged.tree.first().expect("a tree was arranged")
}

pub fn open(at: impl AsFd, name: &str, flags: OFlags) -> io::Result<OwnedFd> {
    let flags = flags | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let mode = if flags.contains(OFlags::CREATE) {
        Mode::RUSR | Mode::WUSR
    } else {
        Mode::empty()
    };
    Ok(rustix::fs::openat2(at, name, flags, mode, BENEATH)?)
}

/// All that a tree's backend does.
pub fn serve(arranged: &Arranged) -> io::Result<()> {
    let root = tree(arranged);
    let mode = Mode::RWXU;
    rustix::fs::mkdirat(root, "one", mode)?;
    rustix::fs::mkdirat(root, "other", mode)?;
    let one = open(root, "one", OFlags::PATH | OFlags::DIRECTORY)?;
    let other = open(root, "other", OFlags::PATH | OFlags::DIRECTORY)?;
    let file = open(&one, "file", OFlags::CREATE | OFlags::EXCL | OFlags::RDWR)?;
    rustix::io::pwrite(&file, b"data", 0)?;
    rustix::fs::ftruncate(&file, 2)?;
    rustix::fs::fchmod(&file, mode)?;
    rustix::fs::symlinkat("/etc/passwd", &one, "link")?;
    rustix::fs::mknodat(&one, "fifo", FileType::Fifo, mode, 0)?;
    rustix::fs::mknodat(&one, "socket", FileType::Socket, mode, 0)?;
    rustix::fs::linkat(&one, "file", &other, "hard", AtFlags::empty())?;
    let link = open(&one, "link", OFlags::PATH)?;
    assert_eq!(
        rustix::fs::readlinkat(&link, "", Vec::new())?.to_bytes(),
        b"/etc/passwd"
    );
    let flags = AtFlags::EMPTY_PATH | AtFlags::SYMLINK_NOFOLLOW;
    let wanted = StatxFlags::BASIC_STATS | StatxFlags::BTIME;
    assert_eq!(rustix::fs::statx(&file, "", flags, wanted)?.stx_nlink, 2);
    rustix::fs::accessat(&one, "file", Access::READ_OK, AtFlags::EACCESS)?;
    rustix::fs::chmodat(&one, "fifo", Mode::RUSR, AtFlags::empty())?;
    let now = Timespec {
        tv_sec: 0,
        tv_nsec: UTIME_NOW,
    };
    let times = Timestamps {
        last_access: now,
        last_modification: now,
    };
    rustix::fs::utimensat(&link, "", &times, AtFlags::EMPTY_PATH)?;
    rename(&one, "file", &other, "moved")?;
    let listed = open(&one, ".", OFlags::RDONLY | OFlags::DIRECTORY)?;
    rustix::fs::fsync(&listed)?;
    rustix::fs::syncfs(&listed)?;
    let mut buffer = Vec::with_capacity(4096);
    let mut entries = RawDir::new(&listed, buffer.spare_capacity_mut());
    let mut count = 0;
    while let Some(entry) = entries.next() {
        entry?;
        count += 1;
    }
    assert_eq!(count, 5);
    for name in ["link", "fifo", "socket"] {
        rustix::fs::unlinkat(&one, name, AtFlags::empty())?;
    }
    rustix::fs::unlinkat(root, "one", AtFlags::REMOVEDIR)?;
    rustix::fs::fstatvfs(root)?;
    Ok(())
}

fn rename(from: impl AsFd, old: &str, to: impl AsFd, new: &str) -> io::Result<()> {
    Ok(rustix::fs::renameat_with(
        from,
        old,
        to,
        new,
        RenameFlags::empty(),
    )?)
}

pub fn open_outside(_: &Arranged) -> io::Result<()> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    rustix::fs::openat2(
        CWD,
        "/etc/passwd",
        flags,
        Mode::empty(),
        ResolveFlags::empty(),
    )?;
    Ok(())
}

/// Where everybody may make something.
pub fn make_outside(_: &Arranged) -> io::Result<()> {
    let name = format!("/dev/shm/labelgate-made-{}", std::process::id());
    rustix::fs::mkdirat(CWD, &name, Mode::RWXU)?;
    Ok(rustix::fs::unlinkat(CWD, &name, AtFlags::REMOVEDIR)?)
}

pub fn move_outside(arranged: &Arranged) -> io::Result<()> {
    let root = tree(arranged);
    open(root, "file", OFlags::CREATE | OFlags::RDWR)?;
    let name = format!("/dev/shm/labelgate-moved-{}", std::process::id());
    rename(root, "file", CWD, &name)?;
    Ok(rustix::fs::unlinkat(CWD, &name, AtFlags::empty())?)
}

pub fn link_outside(arranged: &Arranged) -> io::Result<()> {
    let root = tree(arranged);
    open(root, "file", OFlags::CREATE | OFlags::RDWR)?;
    let name = format!("/dev/shm/labelgate-linked-{}", std::process::id());
    rustix::fs::linkat(root, "file", CWD, &name, AtFlags::empty())?;
    Ok(rustix::fs::unlinkat(CWD, &name, AtFlags::empty())?)
}

/// A program that lies in the tree.
pub fn execute(arranged: &Arranged) -> io::Result<()> {
    Err(crate::probe::execute_at(tree(arranged), c"program"))
}
