//! What a worker's data path needs.

use seccompiler::{BackendError, SeccompRule};

use super::{Rules, all, equals, own_abort, own_memory, without_exec};
use crate::confinement::DriverKind;

/// What every worker needs, with any arguments.
const ALWAYS: &[i64] = &[
    // Images, and the control socket's bytes.
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_readv,
    libc::SYS_writev,
    libc::SYS_pread64,
    libc::SYS_pwrite64,
    libc::SYS_preadv,
    libc::SYS_pwritev,
    libc::SYS_preadv2,
    libc::SYS_pwritev2,
    libc::SYS_lseek,
    libc::SYS_fallocate,
    libc::SYS_ftruncate,
    libc::SYS_fsync,
    libc::SYS_fdatasync,
    libc::SYS_fstat,
    libc::SYS_fstatfs,
    // Sockets that it was given.
    libc::SYS_recvmsg,
    libc::SYS_sendmsg,
    libc::SYS_shutdown,
    libc::SYS_close,
    // Memory that is already there or anonymous.
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    libc::SYS_brk,
    // Time, waiting, chance.
    libc::SYS_futex,
    libc::SYS_sched_yield,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_restart_syscall,
    libc::SYS_getrandom,
    // Itself, and its end.
    libc::SYS_getpid,
    libc::SYS_gettid,
    // A crash is a crash and no attack: the runtime's handler puts the default back.
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigreturn,
    libc::SYS_rt_sigprocmask,
    libc::SYS_sigaltstack,
    libc::SYS_exit,
    libc::SYS_exit_group,
];

/// The ring, which is there already and takes no further registration.
const RING: &[i64] = &[libc::SYS_io_uring_enter];

/// epoll instances and event descriptors that are there already.
const EPOLL: &[i64] = &[
    #[cfg(target_arch = "x86_64")]
    libc::SYS_epoll_wait,
    libc::SYS_epoll_pwait,
    libc::SYS_epoll_pwait2,
    libc::SYS_epoll_ctl,
    libc::SYS_recvfrom,
    libc::SYS_sendto,
];

/// The rules by system call; a call with no rule of its own passes with any arguments.
pub(super) fn rules(driver: DriverKind, pid: u32) -> Result<Rules, BackendError> {
    let driver = match driver {
        DriverKind::Ring => RING,
        DriverKind::Epoll => EPOLL,
    };
    let mut rules = Rules::new();
    for &call in ALWAYS.iter().chain(driver) {
        rules.insert(call, Vec::new());
    }
    rules.extend(conditional(pid)?);
    Ok(rules)
}

/// Calls that pass with some arguments only.
fn conditional(pid: u32) -> Result<[(i64, Vec<SeccompRule>); 6], BackendError> {
    use libc::{F_GET_SEALS, F_GETFD, F_GETFL, F_SETFD, F_SETFL};
    let commands = [F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GET_SEALS];
    let fcntl = commands.map(|command| all([equals(1, command.unsigned_abs().into())]));
    Ok([
        (
            libc::SYS_fcntl,
            fcntl.into_iter().collect::<Result<_, _>>()?,
        ),
        (libc::SYS_mmap, vec![own_memory()?]),
        (libc::SYS_mprotect, vec![all([without_exec()])?]),
        // Non-blocking mode: the standard library sets it with an ioctl.
        (libc::SYS_ioctl, vec![all([equals(1, libc::FIONBIO)])?]),
        // The error of a socket that epoll or a completion has flagged.
        (
            libc::SYS_getsockopt,
            vec![all([
                equals(1, libc::SOL_SOCKET.unsigned_abs().into()),
                equals(2, libc::SO_ERROR.unsigned_abs().into()),
            ])?],
        ),
        (libc::SYS_tgkill, vec![own_abort(pid)?]),
    ])
}
