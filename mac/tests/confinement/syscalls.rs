//! The list of system calls, from the outside.

use std::collections::BTreeSet;

use libtest_mimic::Trial;

use crate::run::{End, probe};
use crate::trial;

const KILLED: End = End::Killed(libc::SIGSYS);

pub fn trials() -> Vec<Trial> {
    vec![
        trial("ring: every other system call kills", || {
            others_kill("ring", &[&BOTH, &RING])
        }),
        trial("epoll: every other system call kills", || {
            others_kill("epoll", &[&BOTH, &EPOLL])
        }),
        trial("arguments decide", arguments_decide),
        trial("executable and file memory", memory),
        trial("abort is not an attack", abort),
    ]
}

/// What may pass, written down a second time: a call that slips onto the list shows here.
#[rustfmt::skip]
#[allow(clippy::wildcard_imports, reason = "a table of one module's constants")]
pub const BOTH: [i64; 45] = {
    use libc::*;
    [
        SYS_read, SYS_write, SYS_readv, SYS_writev, SYS_pread64, SYS_pwrite64, SYS_preadv,
        SYS_pwritev, SYS_preadv2, SYS_pwritev2, SYS_lseek, SYS_fallocate, SYS_ftruncate, SYS_fsync,
        SYS_fdatasync, SYS_fstat, SYS_fstatfs, SYS_recvmsg, SYS_sendmsg, SYS_shutdown, SYS_close, SYS_munmap,
        SYS_mremap, SYS_madvise, SYS_brk, SYS_futex, SYS_sched_yield, SYS_clock_gettime,
        SYS_clock_nanosleep, SYS_nanosleep, SYS_restart_syscall, SYS_getrandom, SYS_getpid,
        SYS_gettid, SYS_rt_sigaction, SYS_rt_sigreturn, SYS_rt_sigprocmask, SYS_sigaltstack, SYS_exit,
        SYS_exit_group,
        // With some arguments; tried below.
        SYS_fcntl, SYS_mmap, SYS_mprotect, SYS_ioctl, SYS_getsockopt,
    ]
};
pub const RING: [i64; 1] = [libc::SYS_io_uring_enter];
#[cfg(target_arch = "x86_64")]
const EPOLL: [i64; 6] = [
    libc::SYS_epoll_wait,
    libc::SYS_epoll_pwait,
    libc::SYS_epoll_pwait2,
    libc::SYS_epoll_ctl,
    libc::SYS_recvfrom,
    libc::SYS_sendto,
];
#[cfg(not(target_arch = "x86_64"))]
const EPOLL: [i64; 5] = [
    libc::SYS_epoll_pwait,
    libc::SYS_epoll_pwait2,
    libc::SYS_epoll_ctl,
    libc::SYS_recvfrom,
    libc::SYS_sendto,
];

/// `uretprobe` and `uprobe` on x86_64, which the kernel keeps from filters and, unless it has
/// placed the probe itself, refuses (ENXIO, SIGILL).
const UPROBES: &[i64] = if cfg!(target_arch = "x86_64") {
    &[335, 336]
} else {
    &[]
};

/// Beyond the newest call of any kernel so far, so that the unknown is tried too.
const NUMBERS: std::ops::Range<i64> = 0..480;

pub fn others_kill(layers: &str, lists: &[&[i64]]) {
    others_kill_given(layers, lists, &[]);
}

/// The same with more arguments for the probe.
pub fn others_kill_given(layers: &str, lists: &[&[i64]], more: &[&str]) {
    let ends = |number: i64| {
        let number = number.to_string();
        let mut action = vec!["system-call", &number];
        action.extend(more);
        probe(layers, &action)
    };
    let listed: BTreeSet<i64> = lists.concat().into_iter().collect();
    for number in NUMBERS.filter(|number| !listed.contains(number)) {
        let end = ends(number);
        if UPROBES.contains(&number) {
            assert_ne!(end, End::Done, "system call {number}");
        } else {
            assert_eq!(end, KILLED, "system call {number}");
        }
    }
    // The other calling conventions of this kernel: x32 on x86_64.
    let end = ends(0x4000_0000_i64 + libc::SYS_getpid);
    assert_eq!(end, KILLED);
}

fn arguments_decide() {
    let ends = |call: i64, arguments: [i32; 3]| {
        let text = [call.to_string()].into_iter();
        let text: Vec<_> = text
            .chain(arguments.map(|argument| argument.to_string()))
            .collect();
        let mut action = vec!["system-call"];
        action.extend(text.iter().map(String::as_str));
        probe("ring", &action)
    };
    use libc::{F_DUPFD, F_GETFD, F_GETFL, F_SETFL, F_SETLK, F_SETOWN, SYS_fcntl};
    assert_eq!(ends(SYS_fcntl, [1, F_GETFD, 0]), End::Done);
    assert_eq!(ends(SYS_fcntl, [1, F_GETFL, 0]), End::Done);
    assert_eq!(ends(SYS_fcntl, [1, F_SETFL, libc::O_NONBLOCK]), End::Done);
    for command in [
        F_DUPFD,
        F_SETOWN,
        F_SETLK,
        libc::F_DUPFD_CLOEXEC,
        libc::F_ADD_SEALS,
    ] {
        assert_eq!(ends(SYS_fcntl, [1, command, 1]), KILLED, "fcntl {command}");
    }
    let requests = [libc::TIOCSTI, libc::FIOASYNC, libc::FIOCLEX, libc::FIONREAD];
    for request in requests.map(|request| i32::try_from(request).expect("small")) {
        assert_eq!(
            ends(libc::SYS_ioctl, [1, request, 0]),
            KILLED,
            "ioctl {request:#x}"
        );
    }
    let request = i32::try_from(libc::FIONBIO).expect("small");
    assert_eq!(
        ends(libc::SYS_ioctl, [1, request, 0]),
        End::Refused(libc::EFAULT)
    );
    let option = |option| ends(libc::SYS_getsockopt, [1, libc::SOL_SOCKET, option]);
    assert_eq!(option(libc::SO_ERROR), End::Refused(libc::ENOTSOCK));
    assert_eq!(option(libc::SO_PEERSEC), KILLED);
    assert_eq!(
        ends(libc::SYS_getsockopt, [1, libc::IPPROTO_TCP, libc::SO_ERROR]),
        KILLED
    );
}

fn memory() {
    use libc::{PROT_EXEC, PROT_READ, PROT_WRITE};
    let map = |protection: i32, of_file: i32| {
        probe(
            "ring",
            &["map", &protection.to_string(), &of_file.to_string()],
        )
    };
    assert_eq!(probe("none", &["map", "7", "0"]), End::Done);
    assert_eq!(map(PROT_READ | PROT_WRITE, 0), End::Done);
    assert_eq!(map(PROT_READ | PROT_EXEC, 0), KILLED);
    assert_eq!(map(PROT_READ | PROT_WRITE | PROT_EXEC, 0), KILLED);
    assert_eq!(probe("none", &["map", "1", "1"]), End::Done);
    assert_eq!(map(PROT_READ, 1), KILLED);
    let protect = |protection: i32| probe("ring", &["protect", &protection.to_string()]);
    assert_eq!(probe("none", &["protect", "5"]), End::Done);
    assert_eq!(protect(PROT_READ | PROT_WRITE), End::Done);
    assert_eq!(protect(PROT_READ | PROT_EXEC), KILLED);
}

/// A panic ends in `abort`, which raises SIGABRT in its own thread; no other signal passes.
fn abort() {
    for layers in ["ring", "epoll"] {
        assert_eq!(probe(layers, &["abort"]), End::Killed(libc::SIGABRT));
        assert_eq!(probe(layers, &["tgkill", "6"]), End::Killed(libc::SIGABRT));
        assert_eq!(probe(layers, &["tgkill", "9"]), KILLED);
        assert_eq!(probe(layers, &["tgkill", "0"]), KILLED);
    }
}
