//! Where an image is allocated.

use labelgate_engine::{Extent, ImageError, Outcome};
use labelgate_queue_pair::{Operation as Asked, Outcome as Told};

use super::request::Job;
use super::{KeptAnswer, KeptImage, KeptRequest, blame};
use crate::Step;

impl KeptImage {
    pub(super) fn start_extent(&mut self, offset: u64) -> Step<KeptRequest> {
        match self.admit(offset, 1, false) {
            Ok(()) => {
                let length = self.geometry.size - offset;
                self.ask(Asked::Extent { offset, length }, Job::Extent { offset })
            }
            Err(error) => self.done(Err(error), None),
        }
    }

    pub(super) fn have_looked(&mut self, offset: u64, answer: KeptAnswer) -> Step<KeptRequest> {
        let result = match answer {
            // It may have been cut meanwhile.
            Ok(Told::Extent { .. }) if offset >= self.geometry.size => Err(ImageError::OutOfRange),
            Ok(Told::Extent { length, mapped }) => {
                Ok(Outcome::Extent(self.rounded(offset, length, mapped)))
            }
            Ok(Told::Done(_)) => Err(ImageError::Medium),
            Err(failure) => Err(blame(failure)),
        };
        self.done(result, None)
    }

    /// A hole ends with the last whole block before the data, and data with the first after it.
    fn rounded(&self, offset: u64, length: u64, mapped: bool) -> Extent {
        let (size, block) = (self.geometry.size, u64::from(self.geometry.block_size));
        let end = offset.saturating_add(length).min(size);
        let hole = end / block * block;
        if !mapped && hole > offset {
            return Extent {
                length: hole - offset,
                mapped: false,
            };
        }
        let data = end
            .checked_next_multiple_of(block)
            .unwrap_or(size)
            .min(size);
        Extent {
            length: data.max(offset + 1) - offset,
            mapped: true,
        }
    }
}
