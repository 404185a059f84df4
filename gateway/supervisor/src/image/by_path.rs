//! Images where SELinux enforces: found, labelled and given to their worker's UID, and opened by
//! nobody here.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use labelgate_mac::Context;
use labelgate_mac::selinux::{ForNext, Kind, file_context, relabel};
use rustix::fs::{AtFlags, FileType, Gid, Mode, Uid, chownat, fstat, mknodat};
use rustix::io::Errno;

use super::check::{Unfit, check_type};
use super::open::{OpenError, failed, find, open_store};
use super::place::parent;
use crate::config::Image;

/// Makes the image's file, empty, with its label from the first moment, and gives it to its
/// worker's UID. mknod(2) makes a file and opens nothing.
pub(super) fn make(
    image: &Image,
    store: BorrowedFd<'_>,
    context: &Context,
    owner: Option<u32>,
) -> Result<(), OpenError> {
    let (directory, name) = parent(image, store)?;
    make_at(directory.as_fd(), name, context).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => OpenError::Exists,
        _ => OpenError::File {
            action: "made",
            error,
        },
    })?;
    let path = find(image, store)?;
    give(path.as_fd(), owner)
}

/// Makes an empty file of this name, with this context. Nothing is opened.
pub fn make_at(
    directory: BorrowedFd<'_>,
    name: &std::ffi::OsStr,
    context: &Context,
) -> std::io::Result<()> {
    let only_owner = Mode::RUSR | Mode::WUSR;
    let _labelled = ForNext::make(Kind::File, context)?;
    let made = mknodat(directory, name, FileType::RegularFile, only_owner, 0);
    Ok(made?)
}

/// Gives the file to its worker's UID and GID, if it is not that one's already.
pub(super) fn give(path: BorrowedFd<'_>, owner: Option<u32>) -> Result<(), OpenError> {
    let Some(owner) = owner else {
        return Ok(());
    };
    give_to(path, owner).map_err(|error| failed("given to the UID of its label", error))
}

/// As [`give`], of any file that a descriptor leads to.
pub fn give_to(path: BorrowedFd<'_>, owner: u32) -> Result<(), Errno> {
    let stat = fstat(path)?;
    if (stat.st_uid, stat.st_gid) == (owner, owner) {
        return Ok(());
    }
    let (uid, gid) = (Uid::from_raw(owner), Gid::from_raw(owner));
    chownat(path, c"", Some(uid), Some(gid), AtFlags::EMPTY_PATH)
}

/// Whether the file has the context that the image must have. Nobody is served it otherwise: the
/// kernel would refuse the worker anyway, and this says why.
pub(super) fn check_context(
    image: &Image,
    path: BorrowedFd<'_>,
    expected: &Context,
) -> Result<(), Unfit> {
    let context = file_context(path).map_err(Unfit::NoContext)?;
    // Users and roles of files decide nothing; admins' files have theirs.
    let same = context.type_name() == expected.type_name() && context.range() == expected.range();
    if same {
        return Ok(());
    }
    Err(Unfit::Context {
        context: Box::new(context),
        expected: Box::new(expected.clone()),
        mend: mend(image),
    })
}

/// What puts the label of an image's file right.
fn mend(image: &Image) -> String {
    match image.audience.label() {
        Some(label) => format!("run: labelgate image label {image} {label}"),
        None => format!(
            "run: chcon -t labelgate_content_t -l s0 {}",
            image.store.place_of(&image.file)
        ),
    }
}

/// Gives the image's file its context, through a descriptor that leads to this very file, and to
/// its worker's UID. The kernel refuses it for types that are none of images'.
pub(super) fn set_label(
    image: &Image,
    context: &Context,
    owner: Option<u32>,
) -> Result<(), OpenError> {
    let store = open_store(image)?;
    let path = find(image, store.as_fd())?;
    relabel(path.as_fd(), context).map_err(|error| OpenError::Relabel {
        from: file_context(path.as_fd()).map_or_else(|e| e.to_string(), |c| c.to_string()),
        to: Box::new(context.clone()),
        error,
    })?;
    // A link that was made meanwhile is another name for what is labelled now.
    let stat = fstat(&path).map_err(|error| failed("looked at", error))?;
    check_type(&stat)?;
    check_context(image, path.as_fd(), context)?;
    give(path.as_fd(), owner)
}

/// A descriptor that leads to the same file.
pub(super) fn same(path: &OwnedFd) -> Result<OwnedFd, OpenError> {
    let copy = path.try_clone();
    copy.map_err(|error| OpenError::File {
        action: "handed over",
        error,
    })
}

/// The path that leads to what a descriptor leads to.
pub(super) fn magic(path: &OwnedFd) -> String {
    format!("/proc/self/fd/{}", path.as_raw_fd())
}
