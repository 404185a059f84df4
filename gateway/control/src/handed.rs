//! How a process of ours comes to an open file.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};

use rustix::fs::{CWD, FileType, FlockOperation, Mode, OFlags, Stat, flock, fstat, openat};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

/// What the descriptor of a file is that a process is handed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Handed {
    /// The file, which the supervisor has opened and locked.
    Opened,
    /// The way to it (`O_PATH`). The process opens and locks it itself, so that the kernel judges
    /// by the process's own context; the supervisor may not open it.
    Path,
}

/// How a file is to be open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenAs {
    /// For writing, too, and then locked for this process alone.
    pub write: bool,
    /// Around the page cache.
    pub direct: bool,
}

/// Why a file that was handed over is not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenHandedError {
    /// Another process holds its lock.
    #[error("another process holds its lock")]
    Held,
    /// The kernel's policy, or the file's mode, refuses this process.
    #[error("refused by policy (errno {errno})")]
    Refused {
        /// What the kernel said.
        errno: i32,
    },
    /// It is not the regular file with one name that the supervisor has found.
    #[error("it is not the file that was found, or has another name by now")]
    Another,
    /// The system refused.
    #[error("{0}")]
    System(#[from] io::Error),
}

impl From<Errno> for OpenHandedError {
    fn from(errno: Errno) -> Self {
        match errno {
            Errno::ACCESS | Errno::PERM => Self::Refused {
                errno: errno.raw_os_error(),
            },
            Errno::WOULDBLOCK => Self::Held,
            other => Self::System(other.into()),
        }
    }
}

impl Handed {
    /// Makes an open file of what was handed over. The lock is this process's from then on, for
    /// as long as the open file lives.
    ///
    /// # Errors
    /// [`OpenHandedError`]
    pub fn open(self, descriptor: OwnedFd, how: OpenAs) -> Result<OwnedFd, OpenHandedError> {
        match self {
            Self::Opened => Ok(descriptor),
            Self::Path => open(&descriptor, how),
        }
    }
}

fn open(path: &OwnedFd, how: OpenAs) -> Result<OwnedFd, OpenHandedError> {
    let found = fstat(path)?;
    if !may_be_opened(&found) {
        return Err(OpenHandedError::Another);
    }
    let access = if how.write {
        OFlags::RDWR
    } else {
        OFlags::RDONLY
    };
    // It stays the regular file that it is, so that opening it waits for nobody.
    let mut flags = access | OFlags::CLOEXEC | OFlags::NOCTTY;
    flags.set(OFlags::DIRECT, how.direct);
    let name = format!("/proc/self/fd/{}", path.as_raw_fd());
    let file = openat(CWD, name, flags, Mode::empty())?;
    let opened = fstat(&file)?;
    let same = (opened.st_dev, opened.st_ino) == (found.st_dev, found.st_ino);
    if !same || !may_be_opened(&opened) {
        return Err(OpenHandedError::Another);
    }
    let lock = if how.write {
        FlockOperation::NonBlockingLockExclusive
    } else {
        FlockOperation::NonBlockingLockShared
    };
    flock(&file, lock)?;
    Ok(file)
}

/// A regular file with one name, or with none left: a spool loses its own on purpose.
fn may_be_opened(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile && stat.st_nlink <= 1
}
