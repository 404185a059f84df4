//! A driver for tests: it runs each request where it is, in whatever order the test likes.

use std::collections::VecDeque;
use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::AsFd;

use labelgate_backends::{FileImage, Held, Image, Request, Step, SystemCall};
use labelgate_buffers::{Buffer, MAX_BUFFER, Pool};
use labelgate_engine::{Completion, Extent, ImageError, Operation, Outcome};
use rustix::fs::FallocateFlags;
use rustix::io::{Errno, ReadWriteFlags};

/// What becomes of the next request.
#[derive(Debug, Clone, Copy)]
pub enum Mood {
    /// It is run.
    Well,
    /// It moves at most this many bytes.
    Short(usize),
    /// It is interrupted without an effect; an `fdatasync` is not.
    Interrupted,
    /// If it is an `fallocate`, the file system does not know it.
    Unsupported,
}

#[derive(Debug)]
pub struct Executor {
    pub image: FileImage,
    pool: Pool,
    pub moods: VecDeque<Mood>,
    /// Requests that were run.
    pub requests: usize,
    pub pending: Vec<(usize, Request)>,
    held: VecDeque<(usize, Held)>,
    pub ended: Vec<(usize, Completion)>,
    next: usize,
}

impl Executor {
    pub fn new(image: FileImage) -> Self {
        Self {
            image,
            pool: Pool::new(8 * MAX_BUFFER).unwrap(),
            moods: VecDeque::new(),
            requests: 0,
            pending: Vec::new(),
            held: VecDeque::new(),
            ended: Vec::new(),
            next: 0,
        }
    }

    /// Starts an operation and names it.
    pub fn start(&mut self, operation: Operation) -> usize {
        let name = self.next;
        self.next += 1;
        let step = self.image.start(operation);
        self.file(name, step);
        name
    }

    fn file(&mut self, name: usize, step: Step) {
        match step {
            Step::Done(completion) => self.ended.push((name, completion)),
            Step::Request(request) => self.pending.push((name, request)),
            Step::Held(held) => self.held.push_back((name, held)),
        }
    }

    /// Gives a pending request back with this result.
    pub fn answer(&mut self, index: usize, result: io::Result<usize>) {
        let (name, request) = self.pending.swap_remove(index);
        let step = self.image.resume(request, result);
        self.file(name, step);
        for (name, held) in std::mem::take(&mut self.held) {
            let step = self.image.release(held);
            self.file(name, step);
        }
    }

    /// Runs a pending request.
    pub fn run_one(&mut self, index: usize) {
        self.requests += 1;
        let mood = self.moods.pop_front().unwrap_or(Mood::Well);
        let result = run(&mut self.pending[index].1, mood);
        self.answer(index, result.map_err(Into::into));
    }

    /// Runs all there is.
    pub fn drain(&mut self) {
        while !self.pending.is_empty() {
            self.run_one(0);
        }
        assert!(self.held.is_empty(), "nothing waits for nothing");
    }

    pub fn run(&mut self, operation: Operation) -> Completion {
        let name = self.start(operation);
        self.drain();
        let index = self.ended.iter().position(|(ended, _)| *ended == name);
        self.ended
            .swap_remove(index.expect("every operation ends"))
            .1
    }

    pub fn buffer(&self) -> Buffer {
        self.pool.allocate(MAX_BUFFER).unwrap()
    }

    pub fn write_operation(&self, offset: u64, bytes: &[u8], stable: bool) -> Operation {
        // Somewhere in the buffer, as an engine may have received it there.
        let from = 48;
        let mut buffer = self.pool.allocate(from + bytes.len()).unwrap();
        buffer[from..from + bytes.len()].copy_from_slice(bytes);
        Operation::Write {
            offset,
            length: bytes.len(),
            buffer,
            from,
            stable,
        }
    }

    pub fn write(&mut self, offset: u64, bytes: &[u8], stable: bool) -> Result<(), ImageError> {
        let completion = self.run(self.write_operation(offset, bytes, stable));
        let buffer = completion.buffer.expect("a write gives its buffer back");
        assert_eq!(&buffer[48..48 + bytes.len()], bytes, "as it was given");
        completion.result.map(drop)
    }

    pub fn read(&mut self, offset: u64, length: usize) -> Result<Vec<u8>, ImageError> {
        let mut buffer = self.buffer();
        buffer.fill(0xEE);
        let completion = self.run(Operation::Read {
            offset,
            length,
            buffer,
        });
        let buffer = completion.buffer.expect("a read gives its buffer back");
        assert!(buffer[length..].iter().all(|&byte| byte == 0xEE));
        completion.result.map(|_| buffer[..length].to_vec())
    }

    pub fn flush(&mut self) -> Result<(), ImageError> {
        self.run(Operation::Flush).result.map(drop)
    }

    pub fn discard(&mut self, offset: u64, length: u64) -> Result<(), ImageError> {
        self.run(Operation::Discard { offset, length })
            .result
            .map(drop)
    }

    pub fn zero(&mut self, offset: u64, length: u64, unmap: bool) -> Result<(), ImageError> {
        let operation = Operation::WriteZeroes {
            offset,
            length,
            unmap,
        };
        self.run(operation).result.map(drop)
    }

    pub fn extent(&mut self, offset: u64) -> Result<Extent, ImageError> {
        match self.run(Operation::Extent { offset }).result? {
            Outcome::Extent(extent) => Ok(extent),
            other => panic!("an extent was asked for, not {other:?}"),
        }
    }
}

/// Runs a request as a driver does.
pub fn run(request: &mut Request, mood: Mood) -> Result<usize, Errno> {
    let call = *request.call();
    let limit = match mood {
        Mood::Interrupted if !matches!(call, SystemCall::Sync | SystemCall::SyncAll) => {
            return Err(Errno::INTR);
        }
        Mood::Unsupported if matches!(call, SystemCall::Allocate { .. }) => {
            return Err(Errno::OPNOTSUPP);
        }
        Mood::Short(limit) => limit,
        _ => usize::MAX,
    };
    let file = request.descriptor().as_fd().try_clone_to_owned().unwrap();
    match call {
        SystemCall::Read { offset, length, .. } => {
            let into = request.destination();
            assert_eq!(into.len(), length);
            let into = &mut into[..length.min(limit)];
            let flags = ReadWriteFlags::empty();
            rustix::io::preadv2(file, &mut [IoSliceMut::new(into)], offset, flags)
        }
        SystemCall::Write {
            offset,
            length,
            stable,
            ..
        } => {
            let from = request.source();
            assert_eq!(from.len(), length);
            let mut flags = ReadWriteFlags::empty();
            flags.set(ReadWriteFlags::DSYNC, stable);
            let from = &from[..length.min(limit)];
            rustix::io::pwritev2(file, &[IoSlice::new(from)], offset, flags)
        }
        SystemCall::Sync => rustix::fs::fdatasync(file).map(|()| 0),
        SystemCall::SyncAll => rustix::fs::fsync(file).map(|()| 0),
        SystemCall::Allocate {
            mode,
            offset,
            length,
        } => {
            let mode = FallocateFlags::from_bits_retain(mode);
            rustix::fs::fallocate(file, mode, offset, length).map(|()| 0)
        }
    }
}
