//! Receiving with few system calls: what arrives together is taken together.

use std::{
    io::{self, IoSliceMut, Read},
    net::TcpStream,
};

use crate::header::LENGTH;

/// Bytes taken from the socket at once. Enough for fifteen 4 KiB writes; small enough that most of
/// a large payload goes straight to its place instead of through here.
const ROOM: usize = 64 << 10;

/// Bytes received and not yet consumed.
#[derive(Debug)]
pub struct Inbox {
    room: Vec<u8>,
    start: usize,
    end: usize,
}

impl Inbox {
    /// An empty one.
    pub fn new() -> Self {
        Self {
            room: vec![0; ROOM],
            start: 0,
            end: 0,
        }
    }

    /// How many bytes are here.
    pub const fn available(&self) -> usize {
        self.end - self.start
    }

    /// The next header, if it is here.
    pub fn header(&self) -> Option<&[u8; LENGTH]> {
        self.room.get(self.start..self.end)?.first_chunk()
    }

    /// The next `length` bytes, if they are here.
    pub fn peek(&self, length: usize) -> Option<&[u8]> {
        self.room.get(self.start..self.end)?.get(..length)
    }

    /// Drops `length` bytes from the front.
    pub fn consume(&mut self, length: usize) {
        self.start = (self.start + length).min(self.end);
        if self.start == self.end {
            self.start = 0;
            self.end = 0;
        }
    }

    /// One `read`; `false` at the end of the stream.
    pub fn fill(&mut self, mut stream: &TcpStream) -> io::Result<bool> {
        self.make_room();
        let Some(room) = self.room.get_mut(self.end..) else {
            return Ok(false);
        };
        let count = stream.read(room)?;
        self.end += count;
        Ok(count > 0)
    }

    /// One `readv`: first into `place`, the rest here. The number of bytes that went to `place`.
    /// The inbox must be empty.
    pub fn fill_past(&mut self, place: &mut [u8], mut stream: &TcpStream) -> io::Result<usize> {
        let wanted = place.len();
        let mut slices = [IoSliceMut::new(place), IoSliceMut::new(&mut self.room)];
        let count = stream.read_vectored(&mut slices)?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.start = 0;
        self.end = count.saturating_sub(wanted);
        Ok(count.min(wanted))
    }

    /// Moves what is here to the front when the back is nearly full.
    fn make_room(&mut self) {
        if self.room.len() - self.end < ROOM / 4 {
            self.room.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
    }
}
