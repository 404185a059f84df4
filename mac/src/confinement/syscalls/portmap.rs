//! What a port mapper needs: messages from and to sockets, to wait for them, and to end.
//!
//! It is a greeter that stays, with less: no call here names a file, makes, binds or connects a
//! socket, or changes one. Whom a datagram goes to is an argument in memory, which a filter does not
//! see: where it may not be sent is for the network to say.

use seccompiler::{BackendError, SeccompRule};

use super::{Rules, all, equals, own_abort, own_memory};

/// With any arguments.
const ALWAYS: &[i64] = &[
    // The control socket; the sockets that are questioned.
    libc::SYS_recvmsg,
    libc::SYS_sendmsg,
    libc::SYS_close,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_poll,
    libc::SYS_ppoll,
    libc::SYS_clock_gettime,
    // A poll that a stop has interrupted goes on.
    libc::SYS_restart_syscall,
    // Memory that is there or anonymous.
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_brk,
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
    let standard_error = libc::STDERR_FILENO.unsigned_abs().into();
    let get_flags = libc::F_GETFD.unsigned_abs().into();
    Ok([
        // The standard library's debug builds look whether a descriptor is there before closing it.
        (libc::SYS_fcntl, vec![all([equals(1, get_flags)])?]),
        // What the supervisor logs.
        (libc::SYS_write, vec![all([equals(0, standard_error)])?]),
        (libc::SYS_mmap, vec![own_memory()?]),
        (libc::SYS_tgkill, vec![own_abort(pid)?]),
    ])
}
