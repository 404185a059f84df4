//! What an operation still has to do: it travels in the request and comes back with it.

use labelgate_buffers::Buffer;

use super::write_zeroes::Zeroing;

/// What a request is for.
#[derive(Debug)]
pub(crate) enum Job {
    Read(Transfer),
    Write(Transfer, Stability),
    Zero(Zeroing),
    /// With the buffer of the stable write it ends, if any.
    Sync(Option<Buffer>),
}

/// How a write gets to stable storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stability {
    /// Not before the next flush.
    Volatile,
    /// By an `fdatasync` once it is written.
    Stable,
}

/// Bytes between the file and a buffer.
#[derive(Debug)]
pub(crate) struct Transfer {
    /// Where in the file.
    pub(crate) offset: u64,
    /// Where in the buffer.
    pub(crate) at: usize,
    pub(crate) length: usize,
    /// How many of `length` bytes are behind us.
    pub(crate) done: usize,
    /// How far the data was moved down in the buffer, to be moved back at the end.
    pub(crate) shifted: usize,
    pub(crate) buffer: Buffer,
}

impl Transfer {
    pub(crate) const fn new(offset: u64, at: usize, length: usize, buffer: Buffer) -> Self {
        Self {
            offset,
            at,
            length,
            done: 0,
            shifted: 0,
            buffer,
        }
    }

    pub(crate) const fn left(&self) -> usize {
        self.length - self.done
    }

    /// Where in the file it goes on.
    pub(crate) const fn position(&self) -> u64 {
        self.offset + self.done as u64
    }

    /// Where in the buffer it goes on.
    pub(crate) const fn cursor(&self) -> usize {
        self.at + self.done
    }

    /// The bytes still to be written.
    pub(crate) fn source(&self) -> &[u8] {
        self.buffer
            .get(self.cursor()..self.at + self.length)
            .unwrap_or_default()
    }

    /// The bytes still to be read.
    pub(crate) fn destination(&mut self) -> &mut [u8] {
        let range = self.cursor()..self.at + self.length;
        self.buffer.get_mut(range).unwrap_or_default()
    }

    /// Counts what a call has moved; more than was asked for is a driver's lie and not believed.
    pub(crate) fn advance(&mut self, count: usize) {
        self.done += count.min(self.left());
    }

    /// Moves the data to the front of the buffer, unless it lies at a multiple of `alignment`.
    pub(crate) fn align(&mut self, alignment: usize) {
        if self.at.is_multiple_of(alignment) {
            return;
        }
        if let Some(used) = self.buffer.get_mut(..self.at + self.length) {
            used.rotate_left(self.at);
            self.shifted = std::mem::take(&mut self.at);
        }
    }

    /// The buffer, as it was given.
    pub(crate) fn into_buffer(mut self) -> Buffer {
        if let Some(used) = self.buffer.get_mut(..self.shifted + self.length)
            && self.shifted != 0
        {
            used.rotate_right(self.shifted);
        }
        self.buffer
    }
}

impl Job {
    pub(crate) const fn buffer(&self) -> Option<&Buffer> {
        match self {
            Self::Read(transfer) | Self::Write(transfer, _) => Some(&transfer.buffer),
            Self::Sync(buffer) => buffer.as_ref(),
            Self::Zero(_) => None,
        }
    }

    pub(crate) fn into_buffer(self) -> Option<Buffer> {
        match self {
            Self::Read(transfer) | Self::Write(transfer, _) => Some(transfer.into_buffer()),
            Self::Sync(buffer) => buffer,
            Self::Zero(_) => None,
        }
    }

    pub(crate) const fn buffer_mut(&mut self) -> Option<&mut Buffer> {
        match self {
            Self::Read(transfer) | Self::Write(transfer, _) => Some(&mut transfer.buffer),
            Self::Sync(buffer) => buffer.as_mut(),
            Self::Zero(_) => None,
        }
    }
}
