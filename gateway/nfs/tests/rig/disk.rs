//! An image in memory.

use labelgate_buffers::Buffer;
use labelgate_engine::{Completion, Geometry, ImageError, Operation, Outcome, Status, Timestamp};

pub struct Disk {
    pub geometry: Geometry,
    pub bytes: Vec<u8>,
    /// Every operation fails with this.
    pub fault: Option<ImageError>,
    pub flushes: usize,
    /// Writes that were to be on stable storage before their answer.
    pub stable_writes: usize,
    /// How often it was changed: that is its time.
    pub changes: u32,
}

impl Disk {
    pub fn new(size: u64) -> Self {
        Self {
            geometry: geometry(size),
            bytes: vec![0; size as usize],
            fault: None,
            flushes: 0,
            stable_writes: 0,
            changes: 0,
        }
    }

    /// Every byte says where it is.
    pub fn numbered(size: u64) -> Self {
        let mut disk = Self::new(size);
        for (at, byte) in disk.bytes.iter_mut().enumerate() {
            *byte = number(at);
        }
        disk
    }

    pub fn read_only(mut self) -> Self {
        self.geometry.read_only = true;
        self
    }

    pub fn resize(&mut self, size: u64) -> Geometry {
        self.bytes.resize(size as usize, 0);
        self.geometry.size = size;
        self.changes += 1;
        self.geometry
    }

    /// When it was last changed, as a guard has it.
    pub const fn changed(&self) -> (u32, u32) {
        (1_000_000 + self.changes, 5)
    }

    fn time(&self) -> Timestamp {
        let (seconds, nanoseconds) = self.changed();
        Timestamp {
            seconds: i64::from(seconds),
            nanoseconds,
        }
    }

    pub fn execute(&mut self, operation: Operation) -> Completion {
        let result = self.admit(&operation);
        match (result, operation) {
            (Err(error), operation) => Completion {
                result: Err(error),
                buffer: into_buffer(operation),
            },
            (Ok(()), operation) => self.carry_out(operation),
        }
    }

    fn admit(&self, operation: &Operation) -> Result<(), ImageError> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let (offset, length, changes) = match *operation {
            Operation::Read { offset, length, .. } => (offset, length, false),
            Operation::Write { offset, length, .. } => (offset, length, true),
            Operation::Resize { .. } => (0, 0, true),
            _ => (0, 0, false),
        };
        if changes && self.geometry.read_only {
            return Err(ImageError::ReadOnly);
        }
        match offset + length as u64 > self.geometry.size {
            true => Err(ImageError::OutOfRange),
            false => Ok(()),
        }
    }

    fn carry_out(&mut self, operation: Operation) -> Completion {
        let at = |offset: u64, length: usize| offset as usize..offset as usize + length;
        let (outcome, buffer) = match operation {
            Operation::Read {
                offset,
                length,
                mut buffer,
            } => {
                buffer[..length].copy_from_slice(&self.bytes[at(offset, length)]);
                (Outcome::Done, Some(buffer))
            }
            Operation::Write {
                offset,
                length,
                buffer,
                from,
                stable,
            } => {
                self.bytes[at(offset, length)].copy_from_slice(&buffer[from..from + length]);
                self.stable_writes += usize::from(stable);
                self.changes += 1;
                (Outcome::Done, Some(buffer))
            }
            Operation::Flush => {
                self.flushes += 1;
                (Outcome::Done, None)
            }
            Operation::Resize { size } => (Outcome::Resized(self.resize(size)), None),
            Operation::Status => (Outcome::Status(self.status()), None),
            other => panic!("NFS has no use for {other:?}"),
        };
        Completion {
            result: Ok(outcome),
            buffer,
        }
    }

    fn status(&self) -> Status {
        Status {
            size: self.geometry.size,
            allocated: self.geometry.size / 2,
            accessed: self.time(),
            modified: self.time(),
            changed: self.time(),
        }
    }
}

pub const fn number(at: usize) -> u8 {
    (at % 251) as u8
}

pub const fn geometry(size: u64) -> Geometry {
    Geometry {
        size,
        block_size: 512,
        physical_block_size: 4096,
        read_only: false,
        discard: true,
    }
}

pub fn into_buffer(operation: Operation) -> Option<Buffer> {
    match operation {
        Operation::Read { buffer, .. } | Operation::Write { buffer, .. } => Some(buffer),
        _ => None,
    }
}
