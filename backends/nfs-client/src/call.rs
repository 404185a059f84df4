//! What is asked of NFS, and what is answered.

use crate::Place;
use crate::address::{Handle, Name};
use crate::attributes::{Limits, State, Time};

/// How many zeros can be written at a time, in bytes.
pub(crate) const MAX_ZEROS: u32 = 256 << 10;

/// A call, of a file or directory.
#[derive(Debug)]
pub(crate) enum Call {
    /// What it is (GETATTR).
    State,
    /// The handle of a name in it (LOOKUP).
    Find(Name),
    /// What may be done with it (ACCESS).
    Access,
    /// What its server can do (FSINFO).
    Limits,
    /// Reads from `offset` on what a part of a place takes: from where in it, how much.
    Read(u64, Place, usize, u32),
    /// Writes at `offset`.
    Write(u64, Source, Stability),
    /// Has all that was written to it go to stable storage (COMMIT).
    Commit,
    /// Makes it so large, unless it has changed since then (SETATTR).
    Grow(u64, Time),
}

/// What is written.
#[derive(Debug)]
pub(crate) enum Source {
    /// A part of a place: from where in it, how much.
    Place(Place, usize, u32),
    /// So many zeros.
    Zeros(u32),
}

/// When a write ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stability {
    Unstable,
    Stable,
}

impl Source {
    /// How long it is, in bytes.
    pub(crate) const fn length(&self) -> u32 {
        match self {
            Self::Place(_, _, length) | Self::Zeros(length) => *length,
        }
    }

    /// Copies it, if it is as it should be: to so many bytes.
    pub(crate) fn copy_out(&self, into: &mut [u8]) -> bool {
        match self {
            Self::Place(place, from, _) => place.copy_out(*from, into),
            Self::Zeros(_) => {
                into.fill(0);
                true
            }
        }
    }
}

/// What changes when a server may have lost what was written to it and is not stable.
pub(crate) type Verifier = [u8; 8];

/// The answer to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    State(State),
    Found(Handle),
    /// Whether it may be read, whether it may be written to.
    Access(bool, bool),
    Limits(Limits),
    Read {
        /// How many bytes are in their place.
        length: u32,
        /// Whether the file ends behind them.
        end: bool,
        /// The file's size, if it was said.
        size: Option<u64>,
    },
    Written {
        /// How many bytes.
        length: u32,
        stability: Stability,
        verifier: Verifier,
        size: Option<u64>,
    },
    Committed(Verifier),
    Grown,
}

/// What has become of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reply {
    Good(Answer),
    /// The server says no, with a number of RFC 1813 2.6.
    Refused(u32),
    /// It was not answered, or not so that it makes sense; what was said.
    Nothing(String),
}
