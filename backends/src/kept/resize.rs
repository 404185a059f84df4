//! Sizes that change.

use labelgate_engine::{ImageError, Outcome};
use labelgate_queue_pair::{Operation as Asked, Outcome as Told};

use super::open::whole_blocks;
use super::request::Job;
use super::{KeptAnswer, KeptImage, KeptRequest, blame};
use crate::Step;

impl KeptImage {
    pub(super) fn start_resize(&mut self, size: u64) -> Step<KeptRequest> {
        match self.resizable(size) {
            Ok(()) => self.ask(Asked::Resize { size }, Job::Resize),
            Err(error) => self.done(Err(error), None),
        }
    }

    fn resizable(&self, size: u64) -> Result<(), ImageError> {
        self.admit(0, 0, true)?;
        if size == 0 || whole_blocks(size, self.geometry.block_size) != size {
            return Err(ImageError::OutOfRange);
        }
        // What is under way may be beyond the new end.
        if size < self.geometry.size && self.in_flight != 0 {
            return Err(ImageError::Busy);
        }
        Ok(())
    }

    pub(super) fn have_resized(&mut self, answer: KeptAnswer) -> Step<KeptRequest> {
        let result = match answer {
            Ok(Told::Done(size)) => {
                self.changed();
                self.geometry.size = whole_blocks(size, self.geometry.block_size);
                Ok(Outcome::Resized(self.geometry))
            }
            Ok(Told::Extent { .. }) => Err(ImageError::Medium),
            Err(failure) => Err(blame(failure)),
        };
        self.done(result, None)
    }
}
