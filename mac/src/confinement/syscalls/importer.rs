//! What an importer needs: to read and write files that it was given, and to end.
//!
//! No call here names a file or makes a descriptor of any kind: it has all its files before it is
//! confined. `sendmsg` on the control socket is how it speaks.

use seccompiler::{BackendError, SeccompRule};

use super::{Rules, all, equals, own_abort, own_memory};

/// With any arguments.
const ALWAYS: &[i64] = &[
    // Its files, and the pipe that the image comes through.
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_pread64,
    libc::SYS_pwrite64,
    libc::SYS_copy_file_range,
    libc::SYS_lseek,
    libc::SYS_ftruncate,
    libc::SYS_fsync,
    libc::SYS_fstat,
    libc::SYS_close,
    // The control socket.
    libc::SYS_sendmsg,
    // Memory that is there or anonymous.
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    libc::SYS_brk,
    // Time, and waiting until the supervisor has listened.
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_restart_syscall,
    // Its end: abort() and the runtime's handler of crashes.
    libc::SYS_futex,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigreturn,
    libc::SYS_rt_sigprocmask,
    libc::SYS_sigaltstack,
    libc::SYS_exit,
    libc::SYS_exit_group,
];

/// The rules by system call; a call with no rule of its own passes with any arguments.
pub(super) fn rules(pid: u32) -> Result<Rules, BackendError> {
    let mut rules: Rules = ALWAYS.iter().map(|&call| (call, Vec::new())).collect();
    rules.extend(conditional(pid)?);
    Ok(rules)
}

/// Calls that pass with some arguments only.
fn conditional(pid: u32) -> Result<[(i64, Vec<SeccompRule>); 4], BackendError> {
    let get_flags = libc::F_GETFD.unsigned_abs().into();
    Ok([
        // A debug build of the standard library asks whether what it closes is open.
        (libc::SYS_fcntl, vec![all([equals(1, get_flags)])?]),
        // Sharing the blocks of an image that is copied. The request is an unsigned int.
        (libc::SYS_ioctl, vec![all([equals(1, libc::FICLONE)])?]),
        (libc::SYS_mmap, vec![own_memory()?]),
        (libc::SYS_tgkill, vec![own_abort(pid)?]),
    ])
}
