//! Discards and zeros.

use labelgate_engine::Outcome;
use labelgate_queue_pair::Operation as Asked;

use super::request::Job;
use super::{KeptAnswer, KeptImage, KeptRequest, plain};
use crate::Step;

/// How much the keeper is asked for at a time, in bytes: it goes to many objects at once.
const MAX_CALL: u64 = 64 << 20;

/// A range that is becoming zeros.
#[derive(Debug, Clone, Copy)]
pub(super) struct Zeroing {
    offset: u64,
    /// What is left, in bytes.
    left: u64,
    unmap: bool,
}

impl KeptImage {
    pub(super) fn start_zeroing(
        &mut self,
        offset: u64,
        length: u64,
        unmap: bool,
    ) -> Step<KeptRequest> {
        match self.admit(offset, length, true) {
            Ok(()) => self.zero(Zeroing {
                offset,
                left: length,
                unmap,
            }),
            Err(error) => self.done(Err(error), None),
        }
    }

    pub(super) fn have_zeroed(
        &mut self,
        zeroing: Zeroing,
        answer: KeptAnswer,
    ) -> Step<KeptRequest> {
        self.changed();
        match plain(answer) {
            Ok(_) => self.zero(zeroing),
            Err(error) => self.done(Err(error), None),
        }
    }

    fn zero(&mut self, zeroing: Zeroing) -> Step<KeptRequest> {
        let Zeroing {
            offset,
            left,
            unmap,
        } = zeroing;
        if left == 0 {
            return self.done(Ok(Outcome::Done), None);
        }
        let length = left.min(MAX_CALL);
        let rest = Zeroing {
            offset: offset + length,
            left: left - length,
            unmap,
        };
        let operation = if unmap && self.geometry.discard {
            Asked::Discard { offset, length }
        } else {
            Asked::WriteZeroes {
                offset,
                length,
                unmap,
            }
        };
        self.ask(operation, Job::Zero(rest))
    }
}
