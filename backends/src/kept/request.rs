//! What an image asks of its keeper.

use labelgate_buffers::Buffer;
use labelgate_queue_pair::{Operation, Submission};

use super::zeroing::Zeroing;

/// Something for a keeper to do. It owns the buffer that the keeper works on, so it must live until
/// the keeper has answered, or has been reaped.
#[derive(Debug)]
pub struct KeptRequest {
    pub(super) image: u32,
    pub(super) keeper: u32,
    pub(super) operation: Operation,
    pub(super) job: Job,
}

/// What it is for.
#[derive(Debug)]
pub(super) enum Job {
    Read {
        buffer: Buffer,
        length: usize,
    },
    /// With a flush afterwards, if that is what makes it stable.
    Write {
        buffer: Buffer,
        flush: bool,
    },
    Zero(Zeroing),
    /// With the buffer of the stable write it ends, if any.
    Sync(Option<Buffer>),
    Extent {
        offset: u64,
    },
    Resize,
}

impl KeptRequest {
    /// The slot of the keepers that it is for.
    #[must_use]
    pub const fn keeper(&self) -> u32 {
        self.keeper
    }

    /// The entry of the queue that asks for it.
    #[must_use]
    pub const fn submission(&self, tag: u64) -> Submission {
        Submission {
            tag,
            image: self.image,
            operation: self.operation,
        }
    }
}
