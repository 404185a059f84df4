//! From an image's name to an open file.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{
    CWD, Mode, OFlags, ResolveFlags, fcntl_getfl, fcntl_setfl, fstat, ftruncate, open as open_path,
    openat2,
};
use rustix::io::Errno;

use labelgate_control::Handed;
use labelgate_mac::Context;
use labelgate_mac::selinux::{ContextError, file_context};

use super::by_path;
use super::check::{Unfit, check_direct, check_label, check_type};
use super::claim::Claim;
use super::lock::{LockFailure, lock};
use super::manner::Manner;
use super::place::parent;
use super::{holder, lock_table};
use crate::config::Image;
use crate::uid::NoUid;

/// An image, ready for a worker.
#[derive(Debug)]
pub struct Opened {
    /// What the worker gets: the open and locked file, or what leads to it. The lock belongs to the
    /// open file description and ends with the last descriptor, mapping or I/O in flight that holds
    /// that.
    pub file: OwnedFd,
    /// Which of these it is.
    pub handed: Handed,
    /// What the supervisor keeps.
    pub anchor: Anchor,
    /// What hears of lost writes, if the image can be written.
    pub witness: Option<Witness>,
}

/// What hears of an image's lost writes, and through which nothing is read or written.
///
/// Linux reports a lost write once to each open file description that was there before. If a
/// worker dies while its flush fails, the report dies with it, and the next worker's flush
/// succeeds. This one is told too.
#[derive(Debug)]
pub enum Witness {
    /// A second open file description of the image.
    Image(OwnedFd),
    /// The directory of an image that the supervisor may not open. Linux (5.8) tells syncfs(2) on
    /// it of every write that its file system has lost since it was opened. That may have been a
    /// write of another image there: better one mark of poison too many than one too few.
    Directory(OwnedFd),
}

impl Witness {
    /// Whether every write of the image since this was opened is on its store, once those that are
    /// not have been brought there. Blocks for as long as the store does.
    ///
    /// # Errors
    /// Something that was acknowledged to a client may be lost.
    pub fn ask(self) -> io::Result<()> {
        match self {
            Self::Image(file) => Ok(rustix::fs::fdatasync(file)?),
            Self::Directory(directory) => Ok(rustix::fs::syncfs(directory)?),
        }
    }
}

/// A descriptor that leads to the image and can neither read nor write it, nor hold its lock.
///
/// By it the supervisor can find out whether anyone still holds the image, even after the file
/// was renamed or deleted.
#[derive(Debug)]
pub struct Anchor {
    path: OwnedFd,
    asks: Asks,
}

/// How it is found out whether anyone still holds an image.
#[derive(Debug)]
enum Asks {
    /// The lock of a writer, which excludes readers too, is tried.
    Lock,
    /// What tells the worker that has this content from the others that have it too.
    Claim(Claim),
    /// The kernel's table of locks, where the file may not be opened.
    Table,
}

/// Why an image is not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It is no file here.
    #[error("a keeper holds it, and it is no file here")]
    Kept,
    /// The store's directory cannot be opened.
    #[error("its store cannot be opened: {0}")]
    Store(io::Error),
    /// The path leads out of the store or over a symbolic link.
    #[error("its path leads over a symbolic link or out of its store, which none may")]
    Escapes,
    /// The file is not there, and there is no size to make it with.
    #[error("its file is not there; give it a size, and it will be made")]
    Missing,
    /// SELinux does not even tell what its context is.
    #[error(
        "SELinux does not let labelgated look at its file, which is no image to the policy; see ls -Z \
         {0}; run: restorecon -F {0}, then labelgate image label with the label that the image has"
    )]
    Hidden(Box<str>),
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
    /// The kernel's policy does not let the file have another label.
    #[error(
        "its file cannot be relabelled from {from} to {to} ({error}); only files of images' types \
         can: see \"ausearch -m avc -ts recent\""
    )]
    Relabel {
        /// What it has.
        from: String,
        /// What it was to have.
        to: Box<Context>,
        /// What the kernel said.
        error: io::Error,
    },
    /// The file may not be served as this image.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// Its label has no UID.
    #[error(transparent)]
    Uid(#[from] NoUid),
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
pub fn open(image: &Image, manner: &Manner) -> Result<Opened, OpenError> {
    let store = open_store(image)?;
    match manner {
        Manner::Open => open_here(image, store.as_fd(), None),
        Manner::Content { context, .. } => open_here(image, store.as_fd(), Some(context)),
        Manner::Path { context, owner } => lead_to(image, store.as_fd(), context, *owner),
    }
}

/// Finds an image for a worker that opens it itself, if nobody holds it.
fn lead_to(
    image: &Image,
    store: BorrowedFd<'_>,
    context: &Context,
    owner: Option<u32>,
) -> Result<Opened, OpenError> {
    let anchor = find_or(image, store, || by_path::make(image, store, context, owner))?;
    let anchor = Anchor {
        asks: Asks::Table,
        ..anchor
    };
    by_path::check_context(image, anchor.path.as_fd(), context)?;
    check_direct(image, anchor.path.as_fd())?;
    by_path::give(anchor.path.as_fd(), owner)?;
    anchor.is_free(image)?;
    let witness = match image.read_only {
        true => None,
        false => Some(Witness::Directory(parent(image, store)?.0)),
    };
    Ok(Opened {
        file: by_path::same(&anchor.path)?,
        handed: Handed::Path,
        anchor,
        witness,
    })
}

fn open_here(
    image: &Image,
    store: BorrowedFd<'_>,
    context: Option<&Context>,
) -> Result<Opened, OpenError> {
    let mut anchor = find_or(image, store, || make(image, store).map(drop))?;
    let witness = match image.read_only {
        true => None,
        false => Some(anchor.witness()?),
    };
    let file = anchor.reopen(image)?;
    match context {
        None => check_label(image, file.as_fd())?,
        Some(context) => by_path::check_context(image, file.as_fd(), context)?,
    }
    check_direct(image, file.as_fd())?;
    lock(file.as_fd(), image.read_only)?;
    if image.is_content() {
        anchor.asks = Asks::Claim(Claim::take(file.as_fd())?);
    }
    grow(image, file.as_fd())?;
    Ok(Opened {
        file,
        handed: Handed::Opened,
        anchor,
        witness,
    })
}

/// Opens the directory of a store, to find things below it.
pub fn open_directory(path: &Path) -> io::Result<OwnedFd> {
    let directory = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    Ok(open_path(path, directory, Mode::empty())?)
}

/// Opens the directory of an image's store, to find things below it.
pub(super) fn open_store(image: &Image) -> Result<OwnedFd, OpenError> {
    let directory = image.store.directory().ok_or(OpenError::Kept)?;
    open_directory(directory).map_err(OpenError::Store)
}

/// Finds the image's file, or makes it.
fn find_or(
    image: &Image,
    store: BorrowedFd<'_>,
    make: impl FnOnce() -> Result<(), OpenError>,
) -> Result<Anchor, OpenError> {
    match Anchor::of(image, store) {
        Err(OpenError::Missing) if image.size.is_some() && !image.read_only => {
            match make() {
                // There now: another of our threads was faster.
                Ok(()) | Err(OpenError::Exists) => Anchor::of(image, store),
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
    let stat = fstat(&path).map_err(|error| match error {
        // Of an open descriptor nothing else asks for a right.
        Errno::ACCESS => OpenError::Hidden(path_of(image).into()),
        error => failed("looked at", error),
    })?;
    check_type(&stat)?;
    Ok(path)
}

fn path_of(image: &Image) -> String {
    image.store.place_of(&image.file)
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
        let asks = Asks::Lock;
        Ok(Self { path, asks })
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
        Ok(Witness::Image(
            file.map_err(|error| failed("opened", error))?,
        ))
    }

    /// The context that the file has now.
    pub fn context(&self) -> Result<Context, ContextError> {
        file_context(self.path.as_fd())
    }

    /// Whether nobody has the image open under its lock; of content, whether the worker that this
    /// was opened for has not.
    pub fn is_free(&self, image: &Image) -> Result<(), OpenError> {
        match &self.asks {
            Asks::Lock => self.is_unlocked(image, None),
            Asks::Claim(claim) => self.is_unlocked(image, Some(*claim)),
            Asks::Table => match lock_table::is_locked(self.path.as_fd()) {
                Ok(false) => Ok(()),
                Ok(true) => Err(LockFailure::Held {
                    holder: holder::describe(self.path.as_fd()),
                }
                .into()),
                Err(error) => Err(LockFailure::Failed(error).into()),
            },
        }
    }

    fn is_unlocked(&self, image: &Image, claim: Option<Claim>) -> Result<(), OpenError> {
        let access = if image.read_only {
            OFlags::RDONLY
        } else {
            OFlags::RDWR
        };
        let flags = access | OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::NONBLOCK;
        let file = self
            .open_with(flags)
            .map_err(|error| failed("opened", error))?;
        match claim {
            Some(claim) => Ok(claim.is_free(file.as_fd())?),
            // The lock of a writer, which excludes readers too.
            None => Ok(lock(file.as_fd(), false)?),
        }
    }

    /// A new open file description of this very file, whatever its name is by now.
    pub(super) fn open_with(&self, flags: OFlags) -> Result<OwnedFd, Errno> {
        rustix::fs::openat(CWD, by_path::magic(&self.path), flags, Mode::empty())
    }
}
