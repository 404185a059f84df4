//! Encoding: a cursor that fills a slice from its front.

use std::fmt;

/// The answer is larger than the room set aside for it: a fault of ours, never of the peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoRoom;

impl fmt::Display for NoRoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the encoding is larger than the room set aside for it")
    }
}

impl std::error::Error for NoRoom {}

/// A cursor over room for an answer.
#[derive(Debug)]
pub struct Writer<'a> {
    room: &'a mut [u8],
    at: usize,
}

impl<'a> Writer<'a> {
    /// A cursor at the front of `room`.
    #[must_use]
    pub const fn new(room: &'a mut [u8]) -> Self {
        Self { room, at: 0 }
    }

    /// How many bytes have been written.
    #[must_use]
    pub const fn written(&self) -> usize {
        self.at
    }

    /// Writes `bytes`.
    pub fn put(&mut self, bytes: &[u8]) -> Result<(), NoRoom> {
        let end = self.at.checked_add(bytes.len()).ok_or(NoRoom)?;
        self.room
            .get_mut(self.at..end)
            .ok_or(NoRoom)?
            .copy_from_slice(bytes);
        self.at = end;
        Ok(())
    }

    /// Writes `n` zero bytes.
    pub fn zeros(&mut self, n: usize) -> Result<(), NoRoom> {
        let end = self.at.checked_add(n).ok_or(NoRoom)?;
        self.room.get_mut(self.at..end).ok_or(NoRoom)?.fill(0);
        self.at = end;
        Ok(())
    }

    /// Writes one byte.
    pub fn u8(&mut self, value: u8) -> Result<(), NoRoom> {
        self.put(&[value])
    }

    /// Writes a big-endian 16-bit number.
    pub fn u16(&mut self, value: u16) -> Result<(), NoRoom> {
        self.put(&value.to_be_bytes())
    }

    /// Writes a big-endian 32-bit number.
    pub fn u32(&mut self, value: u32) -> Result<(), NoRoom> {
        self.put(&value.to_be_bytes())
    }

    /// Writes a big-endian 64-bit number.
    pub fn u64(&mut self, value: u64) -> Result<(), NoRoom> {
        self.put(&value.to_be_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_in_order_and_stops_at_the_end_of_its_room() {
        let mut room = [0xff; 8];
        let mut writer = Writer::new(&mut room);

        writer.u8(1).unwrap();
        writer.u16(2).unwrap();
        writer.zeros(1).unwrap();
        writer.u32(3).unwrap();

        assert_eq!(writer.u8(4), Err(NoRoom));
        assert_eq!(writer.written(), 8);
        assert_eq!(room, [1, 0, 2, 0, 0, 0, 0, 3]);
    }
}
