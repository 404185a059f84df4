//! One gateway per run directory.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

/// Held while a gateway runs.
#[derive(Debug)]
pub struct RunLock {
    _file: File,
}

/// Why a gateway must not run.
#[derive(Debug, thiserror::Error)]
pub enum RunLockError {
    /// Another one runs.
    #[error(
        "another gateway runs with {directory} (process {holder}): stop it, or give this one a \
         run_dir of its own"
    )]
    Taken {
        /// The run directory.
        directory: PathBuf,
        /// The other one's process, as it wrote it down.
        holder: String,
    },
    /// The run directory cannot be used.
    #[error("{path}: {error}")]
    Unusable {
        /// The directory, or the lock in it.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

impl RunLock {
    /// Takes the lock of a run directory, which is made if it is missing.
    pub fn take(directory: &Path) -> Result<Self, RunLockError> {
        let unusable = |path: &Path, error| RunLockError::Unusable {
            path: path.to_owned(),
            error,
        };
        let made = DirBuilder::new()
            .recursive(true)
            .mode(0o755)
            .create(directory);
        made.map_err(|error| unusable(directory, error))?;
        let path = directory.join("labelgated.lock");
        let mut options = OpenOptions::new();
        options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o644);
        let mut file = options
            .open(&path)
            .map_err(|error| unusable(&path, error))?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => {
                let directory = directory.to_owned();
                let holder = written_pid(&mut file);
                return Err(RunLockError::Taken { directory, holder });
            }
            Err(error) => return Err(unusable(&path, error.into())),
        }
        let written = file
            .set_len(0)
            .and_then(|()| writeln!(file, "{}", std::process::id()));
        written.map_err(|error| unusable(&path, error))?;
        Ok(Self { _file: file })
    }
}

/// The process number in the lock file; the file may be anyone's.
fn written_pid(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.take(16).read_to_string(&mut text);
    let pid: Option<u32> = read.ok().and_then(|_| text.trim().parse().ok());
    pid.map_or_else(|| "unknown".to_owned(), |pid| pid.to_string())
}
