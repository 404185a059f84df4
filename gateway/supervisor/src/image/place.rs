//! Making, growing and deleting images' files, beneath the directory of their store.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{
    AtFlags, Mode, OFlags, Stat, XattrFlags, fsetxattr, fstat, fsync, openat2, unlinkat,
};
use rustix::io::Errno;

use labelgate_mac::selinux::file_context;

use super::by_path;
use super::check::{LABEL_ATTRIBUTE, Unfit};
use super::manner::Manner;
use super::open::{Anchor, OpenError, WITHIN, failed, find, grow, make, open_store};
use crate::config::Image;

/// What an image's file is, without opening it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Its size in bytes.
    pub size: u64,
    /// Bytes it takes up.
    pub allocated: u64,
}

/// What an image's file is. Its store may take long to answer.
pub fn look(image: &Image) -> Result<Extent, OpenError> {
    let store = open_store(image)?;
    let path = find(image, store.as_fd())?;
    Ok(extent(
        &fstat(&path).map_err(|error| failed("looked at", error))?,
    ))
}

fn extent(stat: &Stat) -> Extent {
    let blocks = u64::try_from(stat.st_blocks).unwrap_or_default();
    Extent {
        size: u64::try_from(stat.st_size).unwrap_or_default(),
        // stat(2): "in 512-byte units", whatever the file system's blocks are.
        allocated: blocks.saturating_mul(512),
    }
}

/// Makes an image's file, sparse and of its size. There must be none yet.
pub fn create(image: &Image, manner: &Manner) -> Result<(), OpenError> {
    let store = open_store(image)?;
    if let Manner::Path { context, owner } = manner {
        // Its worker gives it its size: the supervisor may not.
        by_path::make(image, store.as_fd(), context, *owner)?;
        let (directory, _) = parent(image, store.as_fd())?;
        return fsync(&directory).map_err(|error| failed("made", error));
    }
    let file = make(image, store.as_fd())?;
    let made = grow(image, file.as_fd()).and_then(|()| {
        fsync(&file).map_err(|error| failed("made", error))?;
        let (directory, _) = parent(image, store.as_fd())?;
        fsync(&directory).map_err(|error| failed("made", error))
    });
    if made.is_err() {
        // Whoever made it takes it away.
        let _ = delete(image);
    }
    made
}

/// Makes an image's file as large as the image is to be, while it may be served.
pub fn enlarge(image: &Image, manner: &Manner) -> Result<(), OpenError> {
    if let Manner::Path { .. } = manner {
        // The worker that has it does so when it is told, and the next one when it gets it.
        return look(image).map(drop);
    }
    let file = open_for_change(image)?;
    grow(image, file.as_fd())?;
    fsync(&file).map_err(|error| failed("grown", error))
}

/// Gives a file that was there before the image the image's label, if it is nobody's yet.
pub fn adopt(image: &Image, manner: &Manner) -> Result<(), OpenError> {
    let Manner::Path { context, .. } = manner else {
        return Ok(());
    };
    let store = open_store(image)?;
    let path = find(image, store.as_fd())?;
    let is = file_context(path.as_fd()).map_err(Unfit::NoContext)?;
    if is.type_name() == context.type_name() {
        // It is an image already, perhaps another label's: opening it says so.
        return Ok(());
    }
    note_label(image, manner)
}

/// Gives an image's file its label: its context where SELinux enforces, otherwise the file's own
/// word about it, if it has one.
pub fn note_label(image: &Image, manner: &Manner) -> Result<(), OpenError> {
    if let Manner::Path { context, owner } = manner {
        return by_path::set_label(image, context, *owner);
    }
    let Some(label) = image.audience.label() else {
        return Ok(());
    };
    let file = open_for_change(image)?;
    let text = label.to_string();
    match fsetxattr(&file, LABEL_ATTRIBUTE, text.as_bytes(), XattrFlags::REPLACE) {
        // It has none: then only the registry's word counts.
        Ok(()) | Err(Errno::NODATA | Errno::OPNOTSUPP) => Ok(()),
        Err(error) => Err(failed("labelled", error)),
    }
}

/// Deletes an image's file. One that is gone already is what was wanted: the gateway may have been
/// killed when it had deleted the file, and not the image yet.
pub fn delete(image: &Image) -> Result<(), OpenError> {
    let store = open_store(image)?;
    let (directory, name) = parent(image, store.as_fd())?;
    match unlinkat(&directory, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => {}
        Err(error) => return Err(failed("deleted", error)),
    }
    fsync(&directory).map_err(|error| failed("deleted", error))
}

fn open_for_change(image: &Image) -> Result<OwnedFd, OpenError> {
    let store = open_store(image)?;
    let anchor = Anchor::of(image, store.as_fd())?;
    let flags = OFlags::WRONLY | OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::NONBLOCK;
    let file = anchor.open_with(flags);
    file.map_err(|error| failed("opened", error))
}

/// The directory that an image's file is in, and its name there.
pub(super) fn parent<'a>(
    image: &'a Image,
    store: std::os::fd::BorrowedFd<'_>,
) -> Result<(OwnedFd, &'a OsStr), OpenError> {
    let directory = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let nameless = || OpenError::File {
        action: "found",
        error: io::Error::from(io::ErrorKind::InvalidInput),
    };
    let name = image.file.file_name().ok_or_else(nameless)?;
    let above = match image.file.parent() {
        Some(above) if above != Path::new("") => above,
        _ => Path::new("."),
    };
    let opened = openat2(store, above, directory, Mode::empty(), WITHIN);
    let opened = opened.map_err(|error| match error {
        Errno::LOOP | Errno::XDEV => OpenError::Escapes,
        error => failed("found", error),
    })?;
    Ok((opened, name))
}
