//! Operations on their way from a worker to a keeper, and their ends on the way back.
//!
//! A queue pair is a small sealed memfd that the supervisor makes ([`create`]) and the two map: the
//! [`WorkerSide`] and the [`KeeperSide`]. Each direction is a ring with one producer and one
//! consumer, of [`DEPTH`] entries of fixed size. Data is not in it: operations name runs of the
//! memory that the worker shares with its keepers ([`Run`]).
//!
//! **Neither side trusts the other.** All of the memory is read and written as atomic words, so
//! that whatever the other side does is a value like any other. An entry is copied out before it is
//! looked at; its place in the ring is masked; counters that cannot be are [`Broken`], after which
//! nothing of that queue pair is believed any more. What an operation says is checked by the keeper
//! against the memory and the image; what an answer says, by the worker against what it has asked.
//!
//! **Bells ring for who sleeps.** The consumer of a ring says in it that it is about to sleep, and
//! looks once more ([`WorkerSide::arm`], [`KeeperTaking::arm`]); the producer, once it has put something
//! in, looks whether it has to ring ([`WorkerSide::wakes`], [`KeeperAnswering::wakes`]): once for a sleep.
//! Between writing and looking, each side has a full fence: at least one of them sees what the other has
//! written.
//! `tests/model.rs` goes through every order of the steps.

#![deny(unsafe_code)]

mod completion;
mod lane;
mod layout;
mod mapping;
mod sides;
mod submission;
mod words;

pub use completion::{Completion, Failure, Outcome};
pub use layout::DEPTH;
pub use mapping::{MapError, create};
pub use sides::{KeeperAnswering, KeeperSide, KeeperTaking, Taken, WorkerSide};
pub use submission::{Operation, Run, Submission};
pub use words::{Words, model};

/// What the other side has put into the memory cannot be: it is broken, or hostile. Nothing of the
/// queue pair is believed any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the other side of the queue pair has broken it")]
pub struct Broken;

/// Why something was not put into a ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PushError {
    /// It is full.
    #[error("the ring is full")]
    Full,
    /// Its counters cannot be.
    #[error(transparent)]
    Broken(#[from] Broken),
}
