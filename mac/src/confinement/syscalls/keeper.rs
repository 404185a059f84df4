//! What a keeper needs: the library's sockets, threads and events, and its own queue.
//!
//! The library is large and not ours. It makes TCP sockets, which it connects to its cluster;
//! threads; pipes, event descriptors and epoll instances. It names files only to look how it might
//! do things better, which fails: Landlock lets it open none. Nothing is executed, traced, or written
//! to by its name; no memory becomes executable, and none is mapped from a file, so that no library
//! is loaded any more.

use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition,
    SeccompFilter, SeccompRule,
};

use super::{ConfinementError, Rules, all, equals, masked, own_abort, own_memory, without_exec};

/// With any arguments.
const ALWAYS: &[i64] = &[
    // Descriptors that are there.
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_readv,
    libc::SYS_writev,
    libc::SYS_close,
    libc::SYS_fstat,
    libc::SYS_lseek,
    // Sockets; which can be made is said below.
    libc::SYS_connect,
    libc::SYS_recvmsg,
    libc::SYS_sendmsg,
    libc::SYS_recvfrom,
    libc::SYS_sendto,
    libc::SYS_shutdown,
    libc::SYS_getsockname,
    libc::SYS_getpeername,
    libc::SYS_getsockopt,
    // Events.
    #[cfg(target_arch = "x86_64")]
    libc::SYS_poll,
    libc::SYS_ppoll,
    libc::SYS_epoll_create1,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_epoll_create,
    libc::SYS_epoll_ctl,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_epoll_wait,
    libc::SYS_epoll_pwait,
    libc::SYS_eventfd2,
    libc::SYS_timerfd_create,
    libc::SYS_timerfd_settime,
    libc::SYS_pipe2,
    // Memory that is there or anonymous.
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    libc::SYS_brk,
    // Threads; how they are made is said below.
    libc::SYS_clone3,
    libc::SYS_futex,
    libc::SYS_set_robust_list,
    libc::SYS_rseq,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_getcpu,
    // Time, chance.
    libc::SYS_clock_gettime,
    libc::SYS_clock_getres,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_gettimeofday,
    libc::SYS_restart_syscall,
    libc::SYS_getrandom,
    // What it is, and what it runs on.
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_getuid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getegid,
    libc::SYS_getrusage,
    libc::SYS_uname,
    libc::SYS_sysinfo,
    // Its end: abort() and the runtime's handler of crashes.
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
    // Turned away by the first filter, which a call has to pass as well.
    rules.extend(AWAY.iter().map(|&(call, _)| (call, Vec::new())));
    Ok(rules)
}

/// What is turned away with an error, since the library can do without and asks all the same.
const AWAY: &[(i64, i32)] = &[
    // A filter cannot see what clone3 is asked for: the C library then uses clone.
    (libc::SYS_clone3, libc::ENOSYS),
    // Files by their names, which are none of its business.
    (libc::SYS_statx, libc::EACCES),
    (libc::SYS_newfstatat, libc::EACCES),
    (libc::SYS_readlinkat, libc::EACCES),
    (libc::SYS_faccessat, libc::EACCES),
    (libc::SYS_faccessat2, libc::EACCES),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_stat, libc::EACCES),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_lstat, libc::EACCES),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_readlink, libc::EACCES),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_access, libc::EACCES),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_open, libc::EACCES),
];

/// How the C library gives a thread its name from another one: it opens a file below `/proc/self` for
/// reading and writing, with no flag. The threads then have no names.
fn names_thread() -> Result<SeccompRule, BackendError> {
    all([equals(2, libc::O_RDWR.unsigned_abs().into())])
}

/// How the C library looks, when it is given an address to connect to, which kinds of addresses this
/// machine has: it asks the kernel by a socket of its own. Turned away, it takes any.
fn asks_for_interfaces() -> Result<SeccompRule, BackendError> {
    all([equals(0, libc::AF_NETLINK.unsigned_abs().into())])
}

/// Installs the filter that turns away what need not kill. It is in force beside the list, and
/// lets through all that it does not name.
pub(super) fn install_first() -> Result<(), ConfinementError> {
    for errno in [libc::ENOSYS, libc::EACCES] {
        let with = AWAY.iter().filter(|&&(_, with)| with == errno);
        let mut rules: Rules = with.map(|&(call, _)| (call, Vec::new())).collect();
        if errno == libc::EACCES {
            rules.insert(libc::SYS_openat, vec![names_thread()?]);
            rules.insert(libc::SYS_socket, vec![asks_for_interfaces()?]);
        }
        let architecture = std::env::consts::ARCH.try_into()?;
        let away = SeccompAction::Errno(errno.unsigned_abs());
        let filter = SeccompFilter::new(rules, SeccompAction::Allow, away, architecture)?;
        let program: BpfProgram = filter.try_into()?;
        seccompiler::apply_filter_all_threads(&program)?;
    }
    Ok(())
}

/// The argument is a null pointer.
fn no_pointer(argument: u8) -> Result<SeccompCondition, BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Qword, SeccompCmpOp::Eq, 0)
}

/// Calls that pass with some arguments only.
fn conditional(pid: u32) -> Result<Vec<(i64, Vec<SeccompRule>)>, BackendError> {
    use libc::{F_GETFD, F_GETFL, F_SETFD, F_SETFL};
    let commands = [F_GETFD, F_SETFD, F_GETFL, F_SETFL];
    let fcntl = commands.map(|command| all([equals(1, command.unsigned_abs().into())]));
    // Streams of IPv4 and IPv6: the two flags that may come with the type do not matter.
    let kind = !(libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK);
    let stream = |family: i32| {
        all([
            equals(0, family.unsigned_abs().into()),
            masked(1, kind.cast_unsigned(), libc::SOCK_STREAM.unsigned_abs()),
        ])
    };
    let thread = (libc::CLONE_VM | libc::CLONE_THREAD).unsigned_abs();
    let option = |level: i32| all([equals(1, level.unsigned_abs().into())]);
    Ok(vec![
        (
            libc::SYS_fcntl,
            fcntl.into_iter().collect::<Result<_, _>>()?,
        ),
        (
            libc::SYS_socket,
            vec![
                stream(libc::AF_INET)?,
                stream(libc::AF_INET6)?,
                asks_for_interfaces()?,
            ],
        ),
        (
            libc::SYS_setsockopt,
            vec![
                option(libc::SOL_SOCKET)?,
                option(libc::IPPROTO_TCP)?,
                option(libc::IPPROTO_IP)?,
                option(libc::IPPROTO_IPV6)?,
            ],
        ),
        // Threads of this process, and no process.
        (libc::SYS_clone, vec![all([masked(0, thread, thread)])?]),
        // A thread's name.
        (
            libc::SYS_prctl,
            vec![all([equals(0, libc::PR_SET_NAME.unsigned_abs().into())])?],
        ),
        // Looking at its own limits.
        (
            libc::SYS_prlimit64,
            vec![all([equals(0, 0), no_pointer(2)])?],
        ),
        // For reading: Landlock says what, which is nothing unless it opens its anchors itself.
        (
            libc::SYS_openat,
            vec![
                all([masked(
                    2,
                    (libc::O_ACCMODE | libc::O_CREAT | libc::O_TRUNC | libc::O_PATH).unsigned_abs(),
                    0,
                )])?,
                names_thread()?,
            ],
        ),
        (libc::SYS_mmap, vec![own_memory()?]),
        (libc::SYS_mprotect, vec![all([without_exec()])?]),
        (libc::SYS_tgkill, vec![own_abort(pid)?]),
    ])
}
