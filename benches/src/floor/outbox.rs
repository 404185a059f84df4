//! Sending with few system calls: one `writev` for all the answers to what arrived together.

use std::{
    io::{self, IoSlice, Write},
    net::TcpStream,
    ops::Range,
};

use crate::header::Response;

/// Messages gathered before they are sent in any case; twice this stays below IOV_MAX (1024).
const MOST: usize = 256;

#[derive(Debug)]
enum Data {
    None,
    /// The first bytes of the connection's buffer.
    Memory(usize),
    /// Bytes kept in the outbox: a text, an inquiry answer, sense data.
    Kept(Range<usize>),
}

/// Answers not yet sent.
#[derive(Debug, Default)]
pub struct Outbox {
    messages: Vec<(Response, Data)>,
    kept: Vec<u8>,
}

impl Outbox {
    /// Queues a header without data.
    pub fn bare(&mut self, header: Response) {
        self.messages.push((header, Data::None));
    }

    /// Queues a header and the first `length` bytes of the connection's buffer (a multiple of 4).
    pub fn memory(&mut self, header: Response, length: usize) {
        self.messages
            .push((header.data_length(length), Data::Memory(length)));
    }

    /// Queues a header and a copy of `data`, padded to a multiple of 4.
    pub fn copy(&mut self, header: Response, data: &[u8]) {
        let start = self.kept.len();
        self.kept.extend_from_slice(data);
        self.kept.resize(self.kept.len().next_multiple_of(4), 0);
        self.messages.push((
            header.data_length(data.len()),
            Data::Kept(start..self.kept.len()),
        ));
    }

    /// Whether so much is queued that it should go now.
    pub const fn is_full(&self) -> bool {
        self.messages.len() >= MOST
    }

    /// Sends everything queued.
    pub fn flush(&mut self, memory: &[u8], mut stream: &TcpStream) -> io::Result<()> {
        if self.messages.is_empty() {
            return Ok(());
        }
        let mut slices = Vec::with_capacity(self.messages.len() * 2);
        for (header, data) in &self.messages {
            slices.push(IoSlice::new(header.bytes()));
            let data = match data {
                Data::None => continue,
                Data::Memory(length) => memory.get(..*length),
                Data::Kept(range) => self.kept.get(range.clone()),
            };
            slices.push(IoSlice::new(data.unwrap_or_default()));
        }
        let mut rest = slices.as_mut_slice();
        while !rest.is_empty() {
            let count = stream.write_vectored(rest)?;
            if count == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            IoSlice::advance_slices(&mut rest, count);
        }
        self.messages.clear();
        self.kept.clear();
        Ok(())
    }
}
