//! Operations from the worker, and their ends.

use labelgate_control::FromKeeper;
use labelgate_queue_pair::{Broken, DEPTH, Failure, Outcome, Submission, Taken};

use crate::Fault;
use crate::backend::Backend;
use crate::ends::UnderWay;
use crate::serve::Keeper;

impl<B: Backend> Keeper<B> {
    /// Takes what the worker has asked for, as much as it may have asked for at a time. Whether there
    /// was anything.
    pub(crate) fn take_operations(&mut self) -> Result<bool, Fault> {
        for taken in 0..DEPTH {
            match self.queue.take()? {
                None => return Ok(taken != 0),
                Some(Taken::Nonsense { tag }) => self.refuse_operation(tag, Failure::Refused)?,
                Some(Taken::Submission(submission)) => self.begin(&submission)?,
            }
        }
        Ok(true)
    }

    fn begin(&mut self, submission: &Submission) -> Result<(), Fault> {
        let &Submission {
            tag,
            image,
            operation,
        } = submission;
        if !self.images.is_open(image) {
            return self.refuse_operation(tag, Failure::NotReady);
        }
        let own = self.next_tag;
        self.next_tag += 1;
        // First: it may have ended before the backend's call has returned.
        self.ends
            .begin(own, UnderWay::new(tag, image, &operation))
            .map_err(Fault::Worker)?;
        match self.backend.start(own, image, operation) {
            Ok(()) => Ok(()),
            Err(failure) => self.ended(own, Err(failure)),
        }
    }

    /// An operation has ended.
    pub(crate) fn ended(
        &mut self,
        own: u64,
        result: Result<Outcome, Failure>,
    ) -> Result<(), Fault> {
        let Some(under_way) = self.ends.take(own) else {
            debug_assert!(false, "an operation ends once");
            return Ok(());
        };
        let image = under_way.image;
        if result == Err(Failure::Fenced) && self.images.fenced(image) {
            self.outgoing.push(FromKeeper::ImageFenced { image });
        }
        self.answered = true;
        let ended = self.ends.end(&under_way, result);
        ended.map_err(|_| Fault::Worker(Broken))
    }

    fn refuse_operation(&mut self, tag: u64, failure: Failure) -> Result<(), Fault> {
        self.answered = true;
        let answered = self.ends.answer(tag, failure);
        answered.map_err(|_| Fault::Worker(Broken))
    }
}
