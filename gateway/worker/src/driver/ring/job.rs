//! One system call of an image operation.

use std::os::fd::AsRawFd;

use io_uring::squeue::Entry;
use io_uring::{opcode, types};
use labelgate_backends::{Request, SystemCall};

use crate::driver::handler::Ticket;

/// A request in the kernel, and whose it is.
pub(super) struct Job {
    pub(super) ticket: Ticket,
    pub(super) request: Request,
}

impl Job {
    /// The entry for the call. It points into the request's buffer and names its descriptor.
    pub(super) fn entry(&mut self) -> Entry {
        let file = types::Fd(self.request.descriptor().as_raw_fd());
        match *self.request.call() {
            SystemCall::Read { offset, .. } => {
                let room = self.request.destination();
                opcode::Read::new(file, room.as_mut_ptr(), length(room.len()))
                    .offset(offset)
                    .build()
            }
            SystemCall::Write { offset, stable, .. } => {
                let data = self.request.source();
                opcode::Write::new(file, data.as_ptr(), length(data.len()))
                    .offset(offset)
                    .rw_flags(if stable { libc::RWF_DSYNC } else { 0 })
                    .build()
            }
            SystemCall::Sync => opcode::Fsync::new(file)
                .flags(types::FsyncFlags::DATASYNC)
                .build(),
            SystemCall::SyncAll => opcode::Fsync::new(file).build(),
            SystemCall::Allocate {
                mode,
                offset,
                length,
            } => opcode::Fallocate::new(file, length)
                .offset(offset)
                .mode(mode.cast_signed())
                .build(),
        }
    }
}

/// What is over the limit is left for the next call: short transfers are the image's to continue.
fn length(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(1 << 30)
}
