//! One connection, served by one blocking thread.

use std::{
    io::{self, IoSlice, Write},
    net::{SocketAddr, TcpStream},
};

use labelgate_benches::records::Records;

use crate::answer::{self, TRANSFER};

/// Slices of one `writev`, of which the kernel takes 1024.
const SLICES: usize = 512;

/// A connection and what it is to be sent.
#[derive(Debug)]
pub struct Session {
    stream: TcpStream,
    local: SocketAddr,
    size: u64,
    /// What READ reads.
    memory: Vec<u8>,
    records: Records,
    /// Answers, but for their data.
    laid_out: Vec<u8>,
    /// Where each ends, and how many bytes of data follow.
    answers: Vec<(usize, usize)>,
}

impl Session {
    /// With a file of `size` bytes.
    pub fn new(stream: TcpStream, size: u64) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self {
            local: stream.local_addr()?,
            stream,
            size,
            memory: vec![0x5a; TRANSFER],
            records: Records::default(),
            laid_out: Vec::new(),
            answers: Vec::new(),
        })
    }

    /// Serves until the client leaves.
    pub fn run(mut self) -> io::Result<()> {
        while self.records.fill(&mut self.stream)? > 0 {
            while let Some(call) = self.records.next_record() {
                let data = answer::to(call, self.local, self.size, &mut self.laid_out)?;
                self.answers.push((self.laid_out.len(), data));
            }
            self.send()?;
        }
        Ok(())
    }

    fn send(&mut self) -> io::Result<()> {
        let mut start = 0;
        for answers in self.answers.chunks(SLICES / 2) {
            let mut slices = Vec::with_capacity(SLICES);
            for &(end, data) in answers {
                let head = self.laid_out.get(start..end).unwrap_or_default();
                let data = self.memory.get(..data).unwrap_or_default();
                slices.extend([head, data].map(IoSlice::new));
                start = end;
            }
            write_all(&self.stream, &mut slices)?;
        }
        self.laid_out.clear();
        self.answers.clear();
        Ok(())
    }
}

fn write_all(mut stream: &TcpStream, mut slices: &mut [IoSlice<'_>]) -> io::Result<()> {
    IoSlice::advance_slices(&mut slices, 0);
    while !slices.is_empty() {
        let count = stream.write_vectored(slices)?;
        if count == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        IoSlice::advance_slices(&mut slices, count);
    }
    Ok(())
}
