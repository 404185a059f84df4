//! Ids of files as a user namespace has them: what a supervisor does for a process that acts as others
//! ([`crate::confinement::namespace`]).
#![allow(unsafe_code, reason = "mount_setattr() is known to no library")]

use std::fs::{self, File};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::MetadataExt;

use rustix::mount::{OpenTreeFlags, open_tree};

use crate::confinement::namespace::{IDS, OWN};

/// The user namespace of a process that has left ours, by its number: it must be a child of the
/// caller's that is not reaped.
///
/// # Errors
///
/// As `open`; [`io::ErrorKind::InvalidData`] if it is still ours.
pub fn namespace_of(pid: u32) -> io::Result<OwnedFd> {
    let theirs = File::open(format!("/proc/{pid}/ns/user"))?;
    let ours = fs::metadata("/proc/self/ns/user")?;
    match theirs.metadata()?.ino() == ours.ino() {
        true => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "it is in the supervisor's own user namespace",
        )),
        false => Ok(theirs.into()),
    }
}

/// Maps ids of a process's namespace: its first [`IDS`] to as many from `first` on, and [`OWN`] to the
/// UID and GID that it was started with.
///
/// # Errors
///
/// As `write` to `/proc/PID/uid_map` (user_namespaces(7)): they are mapped already, or the caller lacks
/// CAP_SETUID or CAP_SETGID.
pub fn map_ids(pid: u32, first: u32, own: u32) -> io::Result<()> {
    let map = format!("0 {first} {IDS}\n{OWN} {own} 1\n");
    // In one call each, as it must be.
    fs::write(format!("/proc/{pid}/gid_map"), &map)?;
    fs::write(format!("/proc/{pid}/uid_map"), &map)
}

/// A mount of a directory of its own, which is nowhere but in this descriptor, and where files have
/// the owners in `namespace` that they have on the store outside. Nothing in it gives anybody
/// privileges (`nosuid`), and no device in it is one (`nodev`).
///
/// # Errors
///
/// As `open_tree` and `mount_setattr`: the caller lacks CAP_SYS_ADMIN; or
/// [`io::ErrorKind::InvalidInput`] for a file system that has no such mounts.
pub fn mount(directory: BorrowedFd<'_>, namespace: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    let flags = OpenTreeFlags::OPEN_TREE_CLONE
        | OpenTreeFlags::OPEN_TREE_CLOEXEC
        | OpenTreeFlags::AT_EMPTY_PATH;
    let mount = open_tree(directory, c"", flags)?;
    let attributes = libc::mount_attr {
        attr_set: libc::MOUNT_ATTR_IDMAP | libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV,
        attr_clr: 0,
        propagation: 0,
        userns_fd: u64::from(namespace.as_raw_fd().unsigned_abs()),
    };
    // SAFETY: the path is empty, so that it is the mount itself; attributes are read, of their size.
    let set = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            mount.as_fd().as_raw_fd(),
            c"".as_ptr(),
            libc::AT_EMPTY_PATH,
            &raw const attributes,
            size_of_val(&attributes),
        )
    };
    match set {
        0 => Ok(mount),
        _ => Err(io::Error::last_os_error()),
    }
}
