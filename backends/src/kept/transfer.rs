//! Reads and writes.

use labelgate_buffers::Buffer;
use labelgate_engine::{ImageError, Outcome};
use labelgate_queue_pair::{Operation as Asked, Outcome as Told, Run};

use super::request::Job;
use super::{KeptAnswer, KeptImage, KeptRequest, blame, plain};
use crate::Step;

impl KeptImage {
    pub(super) fn start_read(
        &mut self,
        offset: u64,
        length: usize,
        buffer: Buffer,
    ) -> Step<KeptRequest> {
        let run = run(&buffer, 0, length);
        match self.admit(offset, length as u64, false).and(run) {
            Err(error) => self.done(Err(error), Some(buffer)),
            Ok(_) if length == 0 => self.done(Ok(Outcome::Done), Some(buffer)),
            Ok(run) => self.ask(Asked::Read { offset, run }, Job::Read { buffer, length }),
        }
    }

    /// The buffer's old bytes are never shown, whatever the keeper says.
    pub(super) fn have_read(
        &mut self,
        mut buffer: Buffer,
        length: usize,
        answer: KeptAnswer,
    ) -> Step<KeptRequest> {
        let result = match answer {
            Ok(Told::Done(count)) => {
                let count = usize::try_from(count).unwrap_or(usize::MAX);
                if let Some(rest) = buffer.get_mut(count.min(length)..length) {
                    rest.fill(0);
                }
                Ok(Outcome::Done)
            }
            Ok(Told::Extent { .. }) => Err(ImageError::Medium),
            Err(failure) => Err(blame(failure)),
        };
        self.done(result, Some(buffer))
    }

    pub(super) fn start_write(
        &mut self,
        (offset, length): (u64, usize),
        (buffer, from): (Buffer, usize),
        stable: bool,
    ) -> Step<KeptRequest> {
        let run = run(&buffer, from, length);
        let run = match self.admit(offset, length as u64, true).and(run) {
            Ok(run) => run,
            Err(error) => return self.done(Err(error), Some(buffer)),
        };
        let flush = stable && !self.stable_writes;
        if length == 0 {
            return self.written(buffer, flush);
        }
        let stable = stable && self.stable_writes;
        let write = Asked::Write {
            offset,
            run,
            stable,
        };
        self.ask(write, Job::Write { buffer, flush })
    }

    pub(super) fn have_written(
        &mut self,
        buffer: Buffer,
        flush: bool,
        answer: KeptAnswer,
    ) -> Step<KeptRequest> {
        self.changed();
        match plain(answer) {
            Ok(_) => self.written(buffer, flush),
            // It may have been done in part.
            Err(error) => self.done(Err(error), Some(buffer)),
        }
    }

    fn written(&mut self, buffer: Buffer, flush: bool) -> Step<KeptRequest> {
        if flush {
            self.sync(self.gate.needed(), Some(buffer))
        } else {
            self.done(Ok(Outcome::Done), Some(buffer))
        }
    }
}

/// Where bytes of a buffer are in the memory that is shared.
fn run(buffer: &Buffer, from: usize, length: usize) -> Result<Run, ImageError> {
    let within = from
        .checked_add(length)
        .is_some_and(|end| end <= buffer.len());
    let run = Run {
        position: buffer.position() + from as u64,
        length: length as u64,
    };
    within.then_some(run).ok_or(ImageError::OutOfRange)
}
