//! Making a ring that can do what the worker needs, and nothing else.

use std::io;

use io_uring::register::Restriction;
use io_uring::{Builder, IoUring, opcode};

/// Entries of the submission queue; a turn that asks for more goes to the kernel twice.
const SUBMISSIONS: u32 = 256;

/// Entries of the completion queue. The kernel keeps what does not fit, and the worker asks again.
const COMPLETIONS: u32 = 4 * SUBMISSIONS;

/// Everything a worker ever submits. None of it opens, connects or makes a descriptor.
const OPERATIONS: [u8; 8] = [
    opcode::RecvMsg::CODE,
    opcode::SendMsg::CODE,
    opcode::Read::CODE,
    opcode::Write::CODE,
    opcode::Fsync::CODE,
    opcode::Fallocate::CODE,
    opcode::PollAdd::CODE,
    opcode::AsyncCancel::CODE,
];

/// Makes a ring for the calling thread alone, restricts it and enables it. After this the process
/// needs `io_uring_enter` and may be denied `io_uring_setup` and `io_uring_register`.
pub(super) fn restricted() -> io::Result<IoUring> {
    let ring = build()?;
    if !ring.params().is_feature_ext_arg() || !ring.params().is_feature_nodrop() {
        return Err(io::ErrorKind::Unsupported.into());
    }
    let mut restrictions = OPERATIONS.map(Restriction::sqe_op);
    // No flag of an entry (fixed files, links, drains, buffer selection) is listed, so none is
    // allowed; the same holds for every later registration.
    let submitter = ring.submitter();
    submitter.register_restrictions(&mut restrictions)?;
    submitter.register_enable_rings()?;
    Ok(ring)
}

fn build() -> io::Result<IoUring> {
    let deferred = builder()
        .setup_defer_taskrun()
        .setup_single_issuer()
        .build(SUBMISSIONS);
    match deferred {
        // Before 6.1 there is no deferral, before 6.0 no single issuer.
        Err(error) if error.raw_os_error() == Some(libc::EINVAL) => {
            builder().setup_coop_taskrun().build(SUBMISSIONS)
        }
        ring => ring,
    }
}

fn builder() -> Builder {
    let mut builder = IoUring::builder();
    builder
        .dontfork()
        .setup_r_disabled()
        .setup_submit_all()
        .setup_taskrun_flag()
        .setup_cqsize(COMPLETIONS);
    builder
}

#[cfg(test)]
mod tests {
    use io_uring::squeue::{Entry, Flags};
    use io_uring::{Probe, types};

    use super::*;

    fn result(ring: &mut IoUring, entry: &Entry) -> i32 {
        // SAFETY: the entries below point at no memory, or at a constant.
        unsafe { ring.submission().push(entry).unwrap() };
        ring.submit_and_wait(1).unwrap();
        ring.completion().next().unwrap().result()
    }

    #[test]
    fn what_is_not_listed_is_refused() {
        let mut ring = restricted().unwrap();
        let path = c"/";
        let refused = [
            opcode::Nop::new().build(),
            opcode::OpenAt::new(types::Fd(libc::AT_FDCWD), path.as_ptr()).build(),
            opcode::Socket::new(libc::AF_INET, libc::SOCK_STREAM, 0).build(),
            opcode::Fsync::new(types::Fd(0)).build().flags(Flags::ASYNC),
        ];
        for entry in refused {
            assert_eq!(result(&mut ring, &entry), -libc::EACCES, "{entry:?}");
        }
        let error = ring.submitter().register_probe(&mut Probe::new());
        assert_eq!(error.unwrap_err().raw_os_error(), Some(libc::EACCES));
        assert!(ring.submitter().register_files(&[0]).is_err());
    }

    #[test]
    fn what_is_listed_is_not() {
        let mut ring = restricted().unwrap();
        let entry = opcode::AsyncCancel::new(1).build();
        assert_eq!(result(&mut ring, &entry), -libc::ENOENT);
    }
}
