//! One system call, as a helper thread sees it.

use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::ptr::NonNull;

use labelgate_backends::{Request, SystemCall};
use rustix::fs::FallocateFlags;
use rustix::io::ReadWriteFlags;

/// A call with everything it needs: a descriptor, and memory, of the request it was made from.
#[derive(Debug)]
pub(super) struct Order {
    file: RawFd,
    call: SystemCall,
    memory: NonNull<u8>,
    length: usize,
}

// SAFETY: the caller of `Helpers::run` promises that the memory and the descriptor stay and are
// left alone until the result is there; the memory is a pool's or constant, bound to no thread.
unsafe impl Send for Order {}

impl Order {
    pub(super) fn new(request: &mut Request) -> Self {
        let call = *request.call();
        let memory = match call {
            SystemCall::Read { .. } => NonNull::from(request.destination()),
            // Only read from: `execute` makes a shared slice of it.
            _ => NonNull::from(request.source()),
        };
        Self {
            file: request.descriptor().as_raw_fd(),
            call,
            length: memory.len(),
            memory: memory.cast(),
        }
    }

    /// Makes the call and waits for its end.
    pub(super) fn execute(self) -> io::Result<usize> {
        // SAFETY: the descriptor is open until the result is there.
        let file = unsafe { BorrowedFd::borrow_raw(self.file) };
        match self.call {
            SystemCall::Read { offset, .. } => {
                // SAFETY: the memory is that of a slice, and ours alone until the result is there.
                let room =
                    unsafe { std::slice::from_raw_parts_mut(self.memory.as_ptr(), self.length) };
                let mut pieces = [IoSliceMut::new(room)];
                let flags = ReadWriteFlags::empty();
                Ok(rustix::io::preadv2(file, &mut pieces, offset, flags)?)
            }
            SystemCall::Write { offset, stable, .. } => {
                // SAFETY: the memory is that of a slice, and nobody writes to it until the result
                // is there.
                let data = unsafe { std::slice::from_raw_parts(self.memory.as_ptr(), self.length) };
                let mut flags = ReadWriteFlags::empty();
                flags.set(ReadWriteFlags::DSYNC, stable);
                let pieces = [IoSlice::new(data)];
                Ok(rustix::io::pwritev2(file, &pieces, offset, flags)?)
            }
            SystemCall::Sync => Ok(rustix::fs::fdatasync(file).map(|()| 0)?),
            SystemCall::SyncAll => Ok(rustix::fs::fsync(file).map(|()| 0)?),
            SystemCall::Allocate {
                mode,
                offset,
                length,
            } => {
                let mode = FallocateFlags::from_bits_retain(mode);
                Ok(rustix::fs::fallocate(file, mode, offset, length).map(|()| 0)?)
            }
        }
    }
}
