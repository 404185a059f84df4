//! From an image's name to an open file.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{
    CWD, Mode, OFlags, ResolveFlags, fcntl_getfl, fcntl_setfl, fstat, ftruncate, open as open_path,
    openat2,
};
use rustix::io::Errno;

use super::check::{Unfit, check_direct, check_label, check_type};
use super::claim::Claim;
use super::lock::{LockFailure, lock};
use crate::config::Image;

/// An image, open and locked, ready for a worker.
#[derive(Debug)]
pub struct Opened {
    /// What the worker gets. The lock belongs to its open file description and ends with the
    /// last descriptor, mapping or I/O in flight that holds that.
    pub file: OwnedFd,
    /// What the supervisor keeps.
    pub anchor: Anchor,
    /// What hears of lost writes, if the image can be written.
    pub witness: Option<Witness>,
}

/// A second open file description of an image, which nothing is read or written through.
///
/// Linux reports a lost write once to each open file description that was there before. If a
/// worker dies while its flush fails, the report dies with it, and the next worker's flush
/// succeeds. This one is told too.
#[derive(Debug)]
pub struct Witness(OwnedFd);

impl Witness {
    /// Whether every write of the image since this was opened is on its store, once those that are
    /// not have been brought there. Blocks for as long as the store does.
    ///
    /// # Errors
    /// Something that was acknowledged to a client may be lost.
    pub fn ask(self) -> io::Result<()> {
        Ok(rustix::fs::fdatasync(&self.0)?)
    }
}

/// A descriptor that leads to the image and can neither read nor write it, nor hold its lock.
///
/// By it the supervisor can find out whether anyone still holds the image, even after the file
/// was renamed or deleted.
#[derive(Debug)]
pub struct Anchor {
    path: OwnedFd,
    /// Tells the worker that has this content from the others that have it too.
    claim: Option<Claim>,
}

/// Why an image is not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The store's directory cannot be opened.
    #[error("its store cannot be opened: {0}")]
    Store(io::Error),
    /// The path leads out of the store or over a symbolic link.
    #[error("its path leads over a symbolic link or out of its store, which none may")]
    Escapes,
    /// The file is not there, and there is no size to make it with.
    #[error("its file is not there; give it a size, and it will be made")]
    Missing,
    /// There is a file where one was to be made.
    #[error("its file is there already")]
    Exists,
    /// The file cannot be opened, made or grown.
    #[error("its file cannot be {action}: {error}")]
    File {
        /// What could not be done.
        action: &'static str,
        /// Why.
        error: io::Error,
    },
    /// The file may not be served as this image.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// Somebody else holds it, or it cannot be locked.
    #[error(transparent)]
    Lock(#[from] LockFailure),
}

impl OpenError {
    /// Whether the image may be free soon.
    #[must_use]
    pub const fn is_held(&self) -> bool {
        matches!(self, Self::Lock(LockFailure::Held { .. }))
    }
}

/// What no step of a path below a store may do.
pub(super) const WITHIN: ResolveFlags = ResolveFlags::BENEATH
    .union(ResolveFlags::NO_SYMLINKS)
    .union(ResolveFlags::NO_MAGICLINKS);

/// Opens and locks an image. Blocks for as long as its file system does; does not wait for the
/// lock.
pub fn open(image: &Image) -> Result<Opened, OpenError> {
    let store = open_store(image)?;
    let mut anchor = open_anchor(image, store.as_fd())?;
    let witness = match image.read_only {
        true => None,
        false => Some(anchor.witness()?),
    };
    let file = anchor.reopen(image)?;
    check_label(image, file.as_fd())?;
    check_direct(image, file.as_fd())?;
    lock(file.as_fd(), image.read_only)?;
    if image.is_content() {
        anchor.claim = Some(Claim::take(file.as_fd())?);
    }
    grow(image, file.as_fd())?;
    Ok(Opened {
        file,
        anchor,
        witness,
    })
}

/// Opens the directory of an image's store, to find things below it.
pub(super) fn open_store(image: &Image) -> Result<OwnedFd, OpenError> {
    let directory = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let opened = open_path(&image.store.path, directory, Mode::empty());
    opened.map_err(|error| OpenError::Store(error.into()))
}

/// Finds the image's file, or makes it.
fn open_anchor(image: &Image, store: BorrowedFd<'_>) -> Result<Anchor, OpenError> {
    match Anchor::of(image, store) {
        Err(OpenError::Missing) if image.size.is_some() && !image.read_only => {
            match make(image, store) {
                // There now: another of our threads was faster.
                Ok(_) | Err(OpenError::Exists) => Anchor::of(image, store),
                Err(error) => Err(error),
            }
        }
        found => found,
    }
}

/// Finds the image's file. What is there is looked at before it is opened: opening a pipe or a
/// device has effects of its own.
pub(super) fn find(image: &Image, store: BorrowedFd<'_>) -> Result<OwnedFd, OpenError> {
    let path_only = OFlags::PATH | OFlags::CLOEXEC;
    let found = openat2(store, &image.file, path_only, Mode::empty(), WITHIN);
    let path = found.map_err(|error| match error {
        Errno::LOOP | Errno::XDEV => OpenError::Escapes,
        Errno::NOENT => OpenError::Missing,
        error => failed("opened", error),
    })?;
    let stat = fstat(&path).map_err(|error| failed("looked at", error))?;
    check_type(&stat)?;
    Ok(path)
}

/// Makes the image's file, empty.
pub(super) fn make(image: &Image, store: BorrowedFd<'_>) -> Result<OwnedFd, OpenError> {
    let new = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::CLOEXEC;
    let only_owner = Mode::RUSR | Mode::WUSR;
    let made = openat2(store, &image.file, new, only_owner, WITHIN);
    made.map_err(|error| match error {
        Errno::EXIST => OpenError::Exists,
        Errno::LOOP | Errno::XDEV => OpenError::Escapes,
        error => failed("made", error),
    })
}

/// Makes the file as large as configured; never smaller. Holes take no space.
pub(super) fn grow(image: &Image, file: BorrowedFd<'_>) -> Result<(), OpenError> {
    let Some(size) = image.size.filter(|_| !image.read_only) else {
        return Ok(());
    };
    let stat = fstat(file).map_err(|error| failed("looked at", error))?;
    if u64::try_from(stat.st_size).is_ok_and(|present| present < size) {
        ftruncate(file, size).map_err(|error| failed("grown", error))?;
    }
    Ok(())
}

pub(super) fn failed(action: &'static str, error: Errno) -> OpenError {
    let error = error.into();
    OpenError::File { action, error }
}

impl Anchor {
    /// What leads to an image that is there.
    pub(super) fn of(image: &Image, store: BorrowedFd<'_>) -> Result<Self, OpenError> {
        let path = find(image, store)?;
        Ok(Self { path, claim: None })
    }

    /// Opens the file itself, as this image is to be used.
    fn reopen(&self, image: &Image) -> Result<OwnedFd, OpenError> {
        let mut flags = OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::NONBLOCK;
        flags |= if image.read_only {
            OFlags::RDONLY
        } else {
            OFlags::RDWR
        };
        if image.direct {
            flags |= OFlags::DIRECT;
        }
        let file = self
            .open_with(flags)
            .map_err(|error| failed("opened", error))?;
        // io_uring takes O_NONBLOCK to mean that no read or write may wait, for files too.
        let set = fcntl_getfl(&file).and_then(|flags| fcntl_setfl(&file, flags - OFlags::NONBLOCK));
        set.map_err(|error| failed("opened", error))?;
        Ok(file)
    }

    /// The file's size at the moment, in bytes; zero if it cannot be found out.
    #[must_use]
    pub fn size(&self) -> u64 {
        let stat = fstat(&self.path);
        stat.map_or(0, |stat| u64::try_from(stat.st_size).unwrap_or(0))
    }

    /// To be called before a worker has the image.
    fn witness(&self) -> Result<Witness, OpenError> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::NONBLOCK;
        let file = self.open_with(flags);
        Ok(Witness(file.map_err(|error| failed("opened", error))?))
    }

    /// Whether nobody has the image open under its lock; of content, whether the worker that this
    /// was opened for has not.
    pub fn is_free(&self, image: &Image) -> Result<(), OpenError> {
        let access = if image.read_only {
            OFlags::RDONLY
        } else {
            OFlags::RDWR
        };
        let flags = access | OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::NONBLOCK;
        let file = self
            .open_with(flags)
            .map_err(|error| failed("opened", error))?;
        match self.claim {
            Some(claim) => Ok(claim.is_free(file.as_fd())?),
            // The lock of a writer, which excludes readers too.
            None => Ok(lock(file.as_fd(), false)?),
        }
    }

    /// A new open file description of this very file, whatever its name is by now.
    pub(super) fn open_with(&self, flags: OFlags) -> Result<OwnedFd, Errno> {
        use std::os::fd::AsRawFd;
        let path = format!("/proc/self/fd/{}", self.path.as_raw_fd());
        rustix::fs::openat(CWD, path, flags, Mode::empty())
    }
}
