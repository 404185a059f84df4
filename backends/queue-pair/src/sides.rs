//! The two ends of a queue pair.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use crate::lane::{Consumer, Producer};
use crate::layout::{COMPLETIONS, DEPTH, SUBMISSIONS};
use crate::mapping::Mapping;
use crate::{Broken, Completion, MapError, PushError, Submission};

/// The worker's end: it submits operations and takes their ends.
#[derive(Debug)]
pub struct WorkerSide {
    memory: Mapping,
    submissions: Producer,
    completions: Consumer,
}

/// The keeper's end: it takes operations and answers them.
#[derive(Debug)]
pub struct KeeperSide {
    taking: KeeperTaking,
    answering: KeeperAnswering,
}

/// The half of a [`KeeperSide`] that takes operations.
#[derive(Debug)]
pub struct KeeperTaking {
    memory: Arc<Mapping>,
    submissions: Consumer,
}

/// The half of a [`KeeperSide`] that answers them, on whichever thread.
#[derive(Debug)]
pub struct KeeperAnswering {
    memory: Arc<Mapping>,
    completions: Producer,
}

/// What a keeper has taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// An operation.
    Submission(Submission),
    /// An entry that says nothing that is known; it is to be answered with
    /// [`crate::Failure::Refused`].
    Nonsense {
        /// The tag it has.
        tag: u64,
    },
}

impl WorkerSide {
    /// Maps a queue pair that nobody has used yet.
    ///
    /// # Errors
    /// [`MapError`]
    pub fn map(memory: OwnedFd) -> Result<Self, MapError> {
        let memory = Mapping::new(memory)?;
        Ok(Self {
            memory,
            submissions: Producer::new(SUBMISSIONS, DEPTH),
            completions: Consumer::new(COMPLETIONS, DEPTH),
        })
    }

    /// Puts an operation in. The keeper sees it at once; whether it sleeps is asked by
    /// [`Self::wakes`], once for any number of operations.
    ///
    /// # Errors
    /// [`PushError`]
    pub fn submit(&mut self, submission: &Submission) -> Result<(), PushError> {
        self.submissions.push(&self.memory, &submission.encode())
    }

    /// Whether the keeper sleeps and nobody has rung yet, so that its bell must be rung now.
    #[must_use]
    pub fn wakes(&mut self) -> bool {
        self.submissions.wakes(&self.memory)
    }

    /// The next end, if there is one.
    ///
    /// # Errors
    /// [`Broken`]
    pub fn take(&mut self) -> Result<Option<Completion>, Broken> {
        let entry = self.completions.pop(&self.memory)?;
        entry.map(Completion::decode).transpose()
    }

    /// Says that the worker is about to sleep. Whether it may: if not, something has come.
    #[must_use]
    pub fn arm(&self) -> bool {
        self.completions.arm(&self.memory)
    }

    /// Says that the worker is awake.
    pub fn disarm(&self) {
        self.completions.disarm(&self.memory);
    }

    /// Makes it as it was when it was made. Nobody else may be using it: the keeper has been reaped.
    pub fn clear(&mut self) {
        self.memory.clear();
        self.submissions = Producer::new(SUBMISSIONS, DEPTH);
        self.completions = Consumer::new(COMPLETIONS, DEPTH);
    }
}

impl KeeperSide {
    /// Maps a queue pair that no keeper has used yet, or that has been cleared since.
    ///
    /// # Errors
    /// [`MapError`]
    pub fn map(memory: OwnedFd) -> Result<Self, MapError> {
        let memory = Arc::new(Mapping::new(memory)?);
        Ok(Self {
            taking: KeeperTaking {
                memory: Arc::clone(&memory),
                submissions: Consumer::new(SUBMISSIONS, DEPTH),
            },
            answering: KeeperAnswering {
                memory,
                completions: Producer::new(COMPLETIONS, DEPTH),
            },
        })
    }

    /// Its halves, which different threads may use.
    #[must_use]
    pub fn split(self) -> (KeeperTaking, KeeperAnswering) {
        (self.taking, self.answering)
    }

    /// See [`KeeperTaking::take`].
    ///
    /// # Errors
    /// [`Broken`]
    pub fn take(&mut self) -> Result<Option<Taken>, Broken> {
        self.taking.take()
    }

    /// See [`KeeperAnswering::complete`].
    ///
    /// # Errors
    /// [`PushError`]
    pub fn complete(&mut self, completion: &Completion) -> Result<(), PushError> {
        self.answering.complete(completion)
    }

    /// See [`KeeperAnswering::wakes`].
    #[must_use]
    pub fn wakes(&mut self) -> bool {
        self.answering.wakes()
    }

    /// See [`KeeperTaking::arm`].
    #[must_use]
    pub fn arm(&self) -> bool {
        self.taking.arm()
    }

    /// See [`KeeperTaking::disarm`].
    pub fn disarm(&self) {
        self.taking.disarm();
    }
}

impl KeeperTaking {
    /// The next operation, if there is one.
    ///
    /// # Errors
    /// [`Broken`]
    pub fn take(&mut self) -> Result<Option<Taken>, Broken> {
        let entry = self.submissions.pop(&*self.memory)?;
        Ok(entry.map(|words| match Submission::decode(words) {
            Ok(submission) => Taken::Submission(submission),
            Err(tag) => Taken::Nonsense { tag },
        }))
    }

    /// Says that the keeper is about to sleep. Whether it may: if not, something has come.
    #[must_use]
    pub fn arm(&self) -> bool {
        self.submissions.arm(&*self.memory)
    }

    /// Says that the keeper is awake.
    pub fn disarm(&self) {
        self.submissions.disarm(&*self.memory);
    }
}

impl KeeperAnswering {
    /// Puts an end in. The worker sees it at once; whether it sleeps is asked by [`Self::wakes`].
    ///
    /// # Errors
    /// [`PushError`]. [`PushError::Full`] only if the worker has submitted more than it may.
    pub fn complete(&mut self, completion: &Completion) -> Result<(), PushError> {
        self.completions.push(&*self.memory, &completion.encode())
    }

    /// Whether the worker sleeps and nobody has rung yet, so that its bell must be rung now.
    #[must_use]
    pub fn wakes(&mut self) -> bool {
        self.completions.wakes(&*self.memory)
    }
}
