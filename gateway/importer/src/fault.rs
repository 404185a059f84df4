//! Why an image is not imported.

use std::io;

use labelgate_control::OpenHandedError;
use labelgate_mac::confinement::ConfinementError;

use crate::qcow2::{Malformed, Unsupported};

/// Why an image is not imported. Reads as what is wrong and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// It is whole, perhaps, but not of a kind that is taken in.
    #[error("{0}")]
    Unsupported(#[from] Unsupported),
    /// It contradicts itself or the description of its format.
    #[error("the qcow2 image is damaged: {0}")]
    Malformed(#[from] Malformed),
    /// It is larger than it may be.
    #[error("the image has {size} bytes, and at most {most} are allowed; allow more (--max-size)")]
    TooLarge {
        /// Its size, in bytes; of a stream, as far as it was read.
        size: u64,
        /// The limit, in bytes.
        most: u64,
    },
    /// It holds more data than the store is to take.
    #[error(
        "the image holds more than {most} bytes of data, which is all that its store can spare; \
         free some space in the store"
    )]
    TooMuchData {
        /// The limit, in bytes.
        most: u64,
    },
    /// There is nothing in it.
    #[error("the image is empty")]
    Empty,
    /// A file or the stream could not be read or written.
    #[error("{action}: {error}")]
    File {
        /// What was being done.
        action: &'static str,
        /// What the kernel said.
        error: io::Error,
    },
    /// The process is not confined, so it does nothing.
    #[error("not confined, so nothing is imported: {0}")]
    Confinement(#[from] ConfinementError),
    /// A file that it was led to is not open.
    #[error("a file that it was handed cannot be opened: {0}")]
    NotOpen(#[from] OpenHandedError),
    /// The kernel's policy does not let this process have a file that it was sent.
    #[error("the kernel withheld a file that it was sent: its policy refuses it")]
    Withheld,
    /// The supervisor is gone, or has not said what is to be done.
    #[error("the supervisor does not say what is to be done")]
    Abandoned,
}

impl Fault {
    /// To be mapped over the error of a system call.
    pub(crate) fn file(action: &'static str) -> impl Fn(io::Error) -> Self {
        move |error| Self::File { action, error }
    }
}
