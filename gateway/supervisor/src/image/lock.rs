//! The lock that keeps two workers off one image.
//!
//! flock(2) belongs to the open file description. The supervisor takes it and passes the
//! descriptor on: from then on the lock lives exactly as long as the worker, or the kernel on its
//! behalf, can still touch the image, whatever happens to the supervisor meanwhile.

use std::io;
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use tokio::time::{Instant, sleep};

use super::holder;
use super::manner::Manner;
use super::open::{OpenError, Opened, open};
use crate::config::Image;

/// Why an image is not locked.
#[derive(Debug, thiserror::Error)]
pub enum LockFailure {
    /// Another process has it open and locked.
    #[error("it is in use by {holder}")]
    Held {
        /// Who that is, as far as can be told.
        holder: String,
    },
    /// Its file system has no locks.
    #[error("it cannot be locked: {0}")]
    Failed(io::Error),
}

/// Locks a file: for itself alone, or together with other readers. Does not wait.
pub fn lock(file: BorrowedFd<'_>, read_only: bool) -> Result<(), LockFailure> {
    let operation = if read_only {
        FlockOperation::NonBlockingLockShared
    } else {
        FlockOperation::NonBlockingLockExclusive
    };
    flock(file, operation).map_err(|error| match error {
        Errno::WOULDBLOCK => LockFailure::Held {
            holder: holder::describe(file),
        },
        error => LockFailure::Failed(error.into()),
    })
}

/// Opens and locks an image, and waits up to `patience` for others to let go of it. A worker that
/// was killed does so when its last I/O has ended.
pub async fn lock_within(
    image: Arc<Image>,
    manner: Arc<Manner>,
    patience: Duration,
) -> Result<Opened, OpenError> {
    let deadline = Instant::now() + patience;
    let mut pause = Duration::from_millis(5);
    loop {
        let (image, manner) = (Arc::clone(&image), Arc::clone(&manner));
        // A file system may hang; that must not be a thread of the runtime's.
        let opened = tokio::task::spawn_blocking(move || open(&image, &manner)).await;
        let result = opened.unwrap_or_else(|panic| {
            Err(OpenError::Store(io::Error::other(format!(
                "opening failed: {panic}"
            ))))
        });
        match result {
            Err(error) if error.is_held() && Instant::now() < deadline => {}
            result => return result,
        }
        sleep(pause).await;
        pause = (pause * 2).min(Duration::from_millis(250));
    }
}
