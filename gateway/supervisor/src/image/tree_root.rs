//! The root of a label's own tree in a store: made here, and entered by the label's worker alone.
//!
//! ```text
//! STORE/.labelgate-trees/s0:c107,c434     mode 0700, the UID of the label's worker, its level
//! ```
//!
//! One whose objects have owners of their own is root's, as its clients' machines know root, and what
//! it may be entered by is theirs to say: nobody else on the gateway gets as far, because of
//! `.labelgate-trees` itself.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use labelgate_mac::selinux::{ContextError, ForNext, Kind, file_context};
use labelgate_mac::{Context, Label};
use rustix::fs::{AtFlags, Mode, OFlags, ResolveFlags, chmodat, fstat, fsync, mkdirat, openat2};
use rustix::io::Errno;
use rustix::process::geteuid;

use super::by_path::give_to;
use super::open::open_directory;
use crate::config::Store;

/// Where the trees of a store are, in its directory.
const TREES: &str = ".labelgate-trees";

/// Who serves a tree.
#[derive(Debug)]
pub struct TreeOwner<'a> {
    /// Whose it is.
    pub label: &'a Label,
    /// The UID of its worker, unless that has the supervisor's.
    pub uid: Option<u32>,
    /// Whether its objects have owners, as the users of the label's clients.
    pub keeps_owners: bool,
    /// The context of what is in it, where SELinux enforces.
    pub context: Option<Context>,
}

/// Why a label has no tree in a store.
#[derive(Debug, thiserror::Error)]
pub enum TreeRootError {
    /// The directory of the store cannot be opened.
    #[error("the store cannot be opened: {0}")]
    Store(io::Error),
    /// It cannot be made, or be found.
    #[error("{TREES} cannot be {action}: {error}")]
    Directory {
        /// What was to be done with it.
        action: &'static str,
        /// What the system says.
        error: io::Error,
    },
    /// Others could put a tree of theirs in its place.
    #[error("{TREES} can be written by others; chown it to the gateway's user, and chmod 0700")]
    Open,
    /// It belongs to another user.
    #[error(
        "it belongs to UID {is}, and its label's worker is UID {expected}; if uid_base has changed: \
         chown -R {expected}:{expected} {TREES}/LEVEL"
    )]
    Owner {
        /// Whose it is.
        is: u32,
        /// Whose it must be.
        expected: u32,
    },
    /// Others may enter what keeps the trees with owners apart from other users of the gateway.
    #[error("others than root may enter {TREES}; chmod 0700")]
    Entered,
    /// It was made for one owner, and is to have many.
    #[error(
        "it belongs to UID {is}: it was made for one owner (squash = \"all\"); to keep owners from now \
         on: chown -R 0:0 {TREES}/LEVEL; chmod 0755 {TREES}/LEVEL"
    )]
    OneOwner {
        /// Whose it is.
        is: u32,
    },
    /// Others may enter it.
    #[error("others than its owner may enter it; chmod 0700")]
    Mode,
    /// Its SELinux context is another.
    #[error("it has the context {is}, and needs {expected}; chcon {expected} {TREES}/LEVEL")]
    Context {
        /// What it has.
        is: Box<Context>,
        /// What it must have; the user and the role do not matter.
        expected: Box<Context>,
    },
    /// Its SELinux context is not known.
    #[error("{0}")]
    NoContext(ContextError),
}

/// The root of a label's tree, open with `O_PATH`; it is made if there is none. The store may take
/// long to answer.
///
/// # Errors
/// See [`TreeRootError`].
pub fn tree_root(store: &Store, owner: &TreeOwner<'_>) -> Result<OwnedFd, TreeRootError> {
    let path = store.directory().filter(|_| store.has_trees());
    let path = path.ok_or_else(|| TreeRootError::Store(io::ErrorKind::NotADirectory.into()))?;
    let directory = open_directory(path).map_err(TreeRootError::Store)?;
    make(directory.as_fd(), TREES, None)?;
    let trees = find(directory.as_fd(), TREES)?;
    let stat = fstat(&trees).map_err(|error| failed("looked at", error))?;
    if stat.st_uid != geteuid().as_raw() || stat.st_mode & 0o022 != 0 {
        return Err(TreeRootError::Open);
    }
    if owner.keeps_owners && stat.st_mode & 0o077 != 0 {
        return Err(TreeRootError::Entered);
    }
    let name = owner.label.to_string();
    let made = make(trees.as_fd(), &name, owner.context.as_ref())?;
    let root = find(trees.as_fd(), &name)?;
    if made && owner.keeps_owners {
        // Root's: other users are let in, and what they may do there is root's to say.
        let entered = Mode::RWXU | Mode::RGRP | Mode::XGRP | Mode::ROTH | Mode::XOTH;
        let flags = AtFlags::empty();
        chmodat(trees.as_fd(), &name, entered, flags).map_err(|error| failed("made", error))?;
    }
    give(root.as_fd(), owner)?;
    Ok(root)
}

/// Makes a directory that only its owner may enter, if there is none: whether there was none.
fn make(
    directory: BorrowedFd<'_>,
    name: &str,
    context: Option<&Context>,
) -> Result<bool, TreeRootError> {
    let labelled = context.map(|context| ForNext::make(Kind::File, context));
    let _labelled = labelled.transpose().map_err(|error| {
        let action = "made with its label";
        TreeRootError::Directory { action, error }
    })?;
    match mkdirat(directory, name, Mode::RWXU) {
        Ok(()) => {}
        Err(Errno::EXIST) => return Ok(false),
        Err(error) => return Err(failed("made", error)),
    }
    // Its name is to be there after a crash, as what a client is told will be in it.
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let opened = openat2(directory, ".", flags, Mode::empty(), BENEATH);
    let synced = opened.and_then(|opened| fsync(&opened));
    synced.map_err(|error| failed("made", error))?;
    Ok(true)
}

const BENEATH: ResolveFlags = ResolveFlags::BENEATH
    .union(ResolveFlags::NO_SYMLINKS)
    .union(ResolveFlags::NO_MAGICLINKS)
    .union(ResolveFlags::NO_XDEV);

fn find(directory: BorrowedFd<'_>, name: &str) -> Result<OwnedFd, TreeRootError> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let found = openat2(directory, name, flags, Mode::empty(), BENEATH);
    found.map_err(|error| failed("opened", error))
}

/// Gives a root to its worker, unless that has it already, and makes sure that nobody else has.
fn give(root: BorrowedFd<'_>, owner: &TreeOwner<'_>) -> Result<(), TreeRootError> {
    if let Some(expected) = &owner.context {
        let is = file_context(root).map_err(TreeRootError::NoContext)?;
        // Users and roles of files decide nothing.
        if is.type_name() != expected.type_name() || is.range() != expected.range() {
            return Err(TreeRootError::Context {
                is: Box::new(is),
                expected: Box::new(expected.clone()),
            });
        }
    }
    let stat = fstat(root).map_err(|error| failed("looked at", error))?;
    let ours = geteuid().as_raw();
    if owner.keeps_owners {
        // Whom its users have given it to is theirs to say.
        return match stat.st_uid {
            is if owner.uid == Some(is) => Err(TreeRootError::OneOwner { is }),
            _ => Ok(()),
        };
    }
    let expected = owner.uid.unwrap_or(ours);
    if stat.st_mode & 0o077 != 0 {
        return Err(TreeRootError::Mode);
    }
    match stat.st_uid {
        is if is == expected => Ok(()),
        // A gateway was killed when it had made it, and not given it away.
        is if is == ours => {
            give_to(root, expected).map_err(|error| failed("given to its worker", error))
        }
        is => Err(TreeRootError::Owner { is, expected }),
    }
}

fn failed(action: &'static str, error: Errno) -> TreeRootError {
    TreeRootError::Directory {
        action,
        error: error.into(),
    }
}
