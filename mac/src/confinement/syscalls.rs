//! The fifth layer: a seccomp filter that lets through what the data path needs.
//!
//! Everything else kills the process (`SECCOMP_RET_KILL_PROCESS`), which its parent sees as
//! death by `SIGSYS`: no correct worker makes such a call, so whoever does is not one any more.
//!
//! Three rules shape the list. No call takes a path: `statx` and `newfstatat` are missing because
//! a filter cannot see whether their path is empty, and Landlock does not cover them; `fstat`
//! does the same for a descriptor (`rustix::fs::fstat` calls it, [`std::fs::File::metadata`] does
//! not). No call makes a descriptor, except `recvmsg` from the supervisor. No memory becomes
//! executable, and none is mapped from a file: an image that is mapped escapes revocation.

use std::collections::BTreeMap;
use std::fmt;

use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition,
    SeccompFilter, SeccompRule,
};

use super::{ConfinementError, DriverKind};

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

/// An installed filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filter {
    driver: DriverKind,
    calls: usize,
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let driver = match self.driver {
            DriverKind::Ring => "ring",
            DriverKind::Epoll => "epoll",
        };
        write!(
            f,
            "seccomp: {} system calls ({driver}), others kill",
            self.calls
        )
    }
}

/// Installs the filter in every thread of this process. Sets `no_new_privs`.
///
/// # Errors
///
/// [`ConfinementError::Filter`] on an architecture other than x86_64 and aarch64,
/// [`ConfinementError::Seccomp`] if the kernel refuses, for instance because one thread has a
/// filter of its own.
pub fn install(driver: DriverKind) -> Result<Filter, ConfinementError> {
    let rules = rules(driver, std::process::id())?;
    let calls = rules.len();
    let program = compile(rules)?;
    seccompiler::apply_filter_all_threads(&program)?;
    Ok(Filter { driver, calls })
}

fn compile(rules: BTreeMap<i64, Vec<SeccompRule>>) -> Result<BpfProgram, BackendError> {
    let architecture = std::env::consts::ARCH.try_into()?;
    let (other, listed) = (SeccompAction::KillProcess, SeccompAction::Allow);
    SeccompFilter::new(rules, other, listed, architecture)?.try_into()
}

/// The rules by system call; a call with no rule of its own passes with any arguments.
fn rules(driver: DriverKind, pid: u32) -> Result<BTreeMap<i64, Vec<SeccompRule>>, BackendError> {
    let driver = match driver {
        DriverKind::Ring => RING,
        DriverKind::Epoll => EPOLL,
    };
    let mut rules = BTreeMap::new();
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
    // Shared memory without a file counts as no process's own, so no limit but the address space's
    // would hold it.
    let sharing = libc::MAP_TYPE | libc::MAP_ANONYMOUS;
    let private = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    Ok([
        (
            libc::SYS_fcntl,
            fcntl.into_iter().collect::<Result<_, _>>()?,
        ),
        (
            libc::SYS_mmap,
            vec![all([
                without_exec(),
                masked(3, sharing.unsigned_abs(), private.unsigned_abs()),
            ])?],
        ),
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
        // abort(), so that a panic looks like one to the supervisor and not like an attack.
        (
            libc::SYS_tgkill,
            vec![all([
                equals(0, pid.into()),
                equals(2, libc::SIGABRT.unsigned_abs().into()),
            ])?],
        ),
    ])
}

type Condition = Result<SeccompCondition, BackendError>;

fn all<const N: usize>(conditions: [Condition; N]) -> Result<SeccompRule, BackendError> {
    SeccompRule::new(conditions.into_iter().collect::<Result<_, _>>()?)
}

/// The argument is an `int` or `unsigned int` of this value.
fn equals(argument: u8, value: u64) -> Condition {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, value)
}

/// Of these bits of the argument, an `int`, exactly those of the value are set.
fn masked(argument: u8, bits: u32, value: u32) -> Condition {
    SeccompCondition::new(
        argument,
        SeccompCmpArgLen::Dword,
        SeccompCmpOp::MaskedEq(bits.into()),
        value.into(),
    )
}

/// The third argument, a protection, lacks `PROT_EXEC`.
fn without_exec() -> Condition {
    let exec = libc::PROT_EXEC.unsigned_abs().into();
    SeccompCondition::new(2, SeccompCmpArgLen::Qword, SeccompCmpOp::MaskedEq(exec), 0)
}
