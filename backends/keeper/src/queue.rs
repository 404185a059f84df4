//! Operations from the worker, and their ends.

use std::time::{Duration, Instant};

use labelgate_control::FromKeeper;
use labelgate_queue_pair::{Broken, Completion, DEPTH, Failure, Outcome, Submission, Taken};

use crate::Fault;
use crate::backend::Backend;
use crate::serve::Keeper;

/// An operation that the backend works on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct UnderWay {
    /// What the worker calls it. A hostile one may use a name twice: that is its own affair.
    tag: u64,
    image: u32,
    begun: Instant,
}

impl<B: Backend> Keeper<B> {
    /// Takes what the worker has asked for, as far as there may be so much under way at a time.
    /// Whether there was anything.
    pub(crate) fn take_operations(&mut self) -> Result<bool, Fault> {
        let room = (DEPTH as usize).saturating_sub(self.under_way.len());
        for taken in 0..room {
            match self.queue.take()? {
                None => return Ok(taken != 0),
                Some(Taken::Nonsense { tag }) => {
                    self.answer(tag, Err(Failure::Refused), Duration::ZERO)?
                }
                Some(Taken::Submission(submission)) => self.begin(&submission)?,
            }
        }
        Ok(room != 0)
    }

    /// Whether no more operations are taken before some have ended.
    pub(crate) fn is_full(&self) -> bool {
        self.under_way.len() >= DEPTH as usize
    }

    fn begin(&mut self, submission: &Submission) -> Result<(), Fault> {
        let &Submission {
            tag,
            image,
            operation,
        } = submission;
        if !self.images.is_open(image) {
            return self.answer(tag, Err(Failure::NotReady), Duration::ZERO);
        }
        let own = self.next_tag;
        self.next_tag += 1;
        let begun = Instant::now();
        let under_way = UnderWay { tag, image, begun };
        match self.backend.start(own, image, operation) {
            Ok(()) => {
                self.under_way.insert(own, under_way);
                Ok(())
            }
            Err(failure) => self.end(under_way, Err(failure)),
        }
    }

    /// An operation has ended.
    pub(crate) fn ended(
        &mut self,
        own: u64,
        result: Result<Outcome, Failure>,
    ) -> Result<(), Fault> {
        let Some(under_way) = self.under_way.remove(&own) else {
            debug_assert!(false, "an operation ends once");
            return Ok(());
        };
        self.end(under_way, result)
    }

    fn end(&mut self, under_way: UnderWay, result: Result<Outcome, Failure>) -> Result<(), Fault> {
        let UnderWay { tag, image, begun } = under_way;
        if result == Err(Failure::Fenced) && self.images.fenced(image) {
            self.outgoing.push(FromKeeper::ImageFenced { image });
        }
        self.answer(tag, result, begun.elapsed())
    }

    fn answer(
        &mut self,
        tag: u64,
        result: Result<Outcome, Failure>,
        took: Duration,
    ) -> Result<(), Fault> {
        self.answered = true;
        // Full, too: then the worker has asked for more than it may.
        let completed = self.queue.complete(&Completion { tag, result, took });
        completed.map_err(|_| Fault::Worker(Broken))
    }
}
