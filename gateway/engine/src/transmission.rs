//! What is sent: a gather list.

use std::fmt;

use labelgate_buffers::Buffer;

/// One or more whole messages for one connection, as a gather list over bytes of its own (headers,
/// padding, digests) and slices of at most one buffer.
#[derive(Default)]
pub struct Transmission {
    bytes: Vec<u8>,
    parts: Vec<Part>,
    payload: Option<Buffer>,
    length: usize,
}

#[derive(Debug, Clone, Copy)]
enum Part {
    Bytes { start: usize, length: usize },
    Payload { start: usize, length: usize },
}

impl Transmission {
    /// An empty one. [`crate::Outbox::transmission`] has used ones, whose memory is warm.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends bytes, which are copied: headers, short data, padding, digests.
    pub fn bytes(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        self.length += bytes.len();
        if let Some(Part::Bytes { length, .. }) = self.parts.last_mut() {
            *length += bytes.len();
        } else {
            self.parts.push(Part::Bytes {
                start,
                length: bytes.len(),
            });
        }
    }

    /// Gives the transmission the buffer that [`Transmission::slice`] cuts from.
    pub fn carry(&mut self, buffer: Buffer) {
        debug_assert!(self.payload.is_none(), "one buffer per transmission");
        self.payload = Some(buffer);
    }

    /// Appends `length` bytes of the carried buffer from `start` on; nothing is copied.
    /// A slice beyond the buffer is cut off at its end, which the message's own length field then
    /// contradicts: engines size their slices by their buffers.
    pub fn slice(&mut self, start: usize, length: usize) {
        let room = self
            .payload
            .as_ref()
            .map_or(0, |buffer| buffer.len().saturating_sub(start));
        debug_assert!(length <= room, "a slice lies within its buffer");
        let length = length.min(room);
        if length > 0 {
            self.length += length;
            self.parts.push(Part::Payload { start, length });
        }
    }

    /// The bytes of the carried buffer (for a digest over what is about to be sent).
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        self.payload.as_deref().unwrap_or_default()
    }

    /// Everything there is to send, in bytes.
    #[must_use]
    pub const fn length(&self) -> usize {
        self.length
    }

    /// Whether there is nothing to send.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// How many slices [`Transmission::slices`] yields.
    #[must_use]
    pub const fn parts(&self) -> usize {
        self.parts.len()
    }

    /// The gather list, in order. Their addresses stay the same until the transmission is changed
    /// or dropped; moving it does not change them.
    pub fn slices(&self) -> impl Iterator<Item = &[u8]> {
        self.parts.iter().map(|part| {
            let (from, start, length) = match *part {
                Part::Bytes { start, length } => (self.bytes.as_slice(), start, length),
                Part::Payload { start, length } => (self.payload(), start, length),
            };
            from.get(start..start + length).unwrap_or_default()
        })
    }

    /// How many bytes of its own it has memory for.
    pub(crate) fn room(&self) -> usize {
        self.bytes.capacity()
    }

    /// Empties it for another use and lets go of its buffer.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.parts.clear();
        self.payload = None;
        self.length = 0;
    }
}

impl fmt::Debug for Transmission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transmission")
            .field("length", &self.length)
            .field("parts", &self.parts.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use labelgate_buffers::{MAX_BUFFER, Pool};

    #[test]
    fn slices_come_out_in_order_and_adjoining_bytes_become_one() {
        let mut buffer = Pool::new(MAX_BUFFER).unwrap().allocate(16).unwrap();
        buffer[..4].copy_from_slice(b"data");
        let mut sent = Transmission::new();

        sent.carry(buffer);
        sent.bytes(b"he");
        sent.bytes(b"ad");
        sent.slice(1, 3);
        sent.bytes(b"\0");

        assert_eq!(
            sent.slices().collect::<Vec<_>>(),
            [b"head".as_slice(), b"ata", b"\0"]
        );
        assert_eq!((sent.length(), sent.parts()), (8, 3));
    }
}
