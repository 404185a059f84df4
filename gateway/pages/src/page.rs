//! The supervisor's side of a page.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::layout::{self, IMAGE_WORDS, MAX_SLOTS, VERSION, WORKER_WORDS};
use crate::mapping::{Access, Mapping, make};
use crate::sample::{ImageSample, WorkerSample};

/// One worker's page, for reading.
#[derive(Debug)]
pub struct Page {
    memory: Mapping,
    slots: u32,
}

impl Page {
    /// Makes a page with so many slots, at least one and at most [`MAX_SLOTS`], and the
    /// descriptor for the worker. All numbers are zero.
    ///
    /// # Errors
    /// The system refuses the memory.
    pub fn create(slots: u32) -> io::Result<(Self, OwnedFd)> {
        let slots = slots.clamp(1, MAX_SLOTS);
        let descriptor = make(layout::words(slots))?;
        rustix::io::pwrite(&descriptor, &VERSION.to_ne_bytes(), 0)?;
        let memory = Mapping::new(&descriptor, Access::Read)?;
        Ok((Self { memory, slots }, descriptor))
    }

    /// How many slots it has.
    #[must_use]
    pub const fn slots(&self) -> u32 {
        self.slots
    }

    /// What the worker says about itself.
    #[must_use]
    pub fn worker(&self) -> WorkerSample {
        let words = self.memory.words().get(layout::WORKER);
        WorkerSample(copy::<WORKER_WORDS>(words.unwrap_or_default()))
    }

    /// What the worker says about the image of a slot. Zeros, if there is no such slot.
    #[must_use]
    pub fn image(&self, slot: u32) -> ImageSample {
        let words = self.memory.words().get(layout::slot(slot as usize));
        ImageSample(copy::<IMAGE_WORDS>(words.unwrap_or_default()))
    }
}

fn copy<const N: usize>(words: &[AtomicU64]) -> [u64; N] {
    let mut copy = [0; N];
    for (to, from) in copy.iter_mut().zip(words) {
        *to = from.load(Ordering::Relaxed);
    }
    copy
}
