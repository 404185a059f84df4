//! A greeter: what it can still do, and how little that is.

use std::io;
use std::os::fd::AsFd;

use libtest_mimic::Trial;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{RecvFlags, SendFlags, Shutdown, recv, send, shutdown};

use crate::arrange::Arranged;
use crate::layers::TRIES;
use crate::run::{End, Neighbour, UID, probe, probe_as};
use crate::syscalls::others_kill;
use crate::trial;

const KILLED: End = End::Killed(libc::SIGSYS);

/// What may pass, written down a second time.
#[rustfmt::skip]
#[allow(clippy::wildcard_imports, reason = "a table of one module's constants")]
const LISTED: &[i64] = {
    use libc::*;
    &[
        SYS_recvmsg, SYS_sendmsg, SYS_recvfrom, SYS_shutdown, SYS_close,
        #[cfg(target_arch = "x86_64")] SYS_poll,
        SYS_ppoll, SYS_clock_gettime, SYS_restart_syscall, SYS_munmap, SYS_mremap, SYS_brk,
        SYS_futex, SYS_getpid, SYS_gettid, SYS_rt_sigaction, SYS_rt_sigreturn, SYS_rt_sigprocmask,
        SYS_sigaltstack, SYS_exit, SYS_exit_group,
        // With some arguments; tried below. With none, sendto has no address.
        SYS_sendto,
    ]
};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("greeter: what a worker must not, it must not either", tries),
        trial("greeter: every other system call kills", || {
            others_kill("greeter", &[LISTED])
        }),
        trial("greeter: arguments decide", arguments),
        trial("greeter: limits alone", limits),
        trial("greeter: another process", neighbour),
        trial("greeter: speaks, waits and ends", || {
            for layers in ["none", "seccomp-greeter", "greeter"] {
                assert_eq!(probe(layers, &["greet"]), End::Done, "{layers}");
            }
        }),
        trial("greeter: abort is not an attack", || {
            assert_eq!(probe("greeter", &["abort"]), End::Killed(libc::SIGABRT));
            assert_eq!(probe("greeter", &["tgkill", "9"]), KILLED);
        }),
        trial("greeter: the report", report),
    ]
}

fn tries() {
    for &(name, action, layer, error) in TRIES {
        // What only a limit stops is nothing that a filter could see.
        let quantity = layer == "limits" && error == libc::ENOMEM;
        let (filtered, whole) = if quantity {
            (End::Done, End::Refused(error))
        } else {
            (KILLED, KILLED)
        };
        assert_eq!(probe("seccomp-greeter", action), filtered, "{name}");
        assert_eq!(probe("greeter", action), whole, "{name}");
    }
}

fn arguments() {
    let ends = |numbers: &[i64]| {
        let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
        let mut action = vec!["system-call"];
        action.extend(numbers.iter().map(String::as_str));
        probe("greeter", &action)
    };
    // Nothing is written, to standard error or elsewhere.
    assert_eq!(ends(&[libc::SYS_write, 2, 0, 0]), End::Done);
    assert_eq!(ends(&[libc::SYS_write, 1, 0, 0]), KILLED);
    assert_eq!(ends(&[libc::SYS_write, 3, 0, 0]), KILLED);
    assert_eq!(probe("greeter", &["map", "3", "0"]), End::Done);
    assert_eq!(probe("greeter", &["map", "5", "0"]), KILLED);
    assert_eq!(probe("greeter", &["map", "1", "1"]), KILLED);
    assert_eq!(probe("greeter", &["protect", "1"]), KILLED);
}

fn limits() {
    let ends = |action: &[&str]| probe("greeter-limits", action);
    assert_eq!(ends(&["fork"]), End::Refused(libc::EAGAIN));
    assert_eq!(ends(&["allocate", "2"]), End::Done);
    assert_eq!(ends(&["allocate", "4"]), End::Refused(libc::ENOMEM));
    assert_eq!(ends(&["reserve", "32"]), End::Refused(libc::ENOMEM));
    assert_eq!(ends(&["descriptors", "8"]), End::Refused(libc::EMFILE));
}

fn neighbour() {
    let neighbour = Neighbour::start();
    for action in ["signal", "ptrace", "read-neighbour"] {
        let action = [action, &neighbour.pid()];
        assert_eq!(probe("none", &action), End::Done);
        assert_eq!(probe("greeter", &action), KILLED);
    }
}

fn report() {
    let outcome = probe_as(UID, "greeter", &["nothing"]);
    assert_eq!(outcome.end, End::Done);
    let limits = "limits: address space 32 MiB, data 4 MiB, 8 descriptors, no core, 0 tasks";
    assert!(outcome.report.contains(limits), "{}", outcome.report);
    let filter = outcome.report.split("; ").last().unwrap_or_default();
    assert!(filter.starts_with("seccomp: ") && filter.ends_with("(greeter), others kill"));
}

/// What a greeter does, on a connection that is there already.
pub fn greet(arranged: &Arranged) -> io::Result<()> {
    let (one, other) = (arranged.pair.0.as_fd(), arranged.pair.1.as_fd());
    let brief = Timespec {
        tv_sec: 0,
        tv_nsec: 1_000_000,
    };
    let mut waits = [PollFd::new(&one, PollFlags::IN)];
    assert_eq!(poll(&mut waits, Some(&brief))?, 0, "nothing is there yet");
    send(other, b"hello", SendFlags::NOSIGNAL)?;
    assert_eq!(poll(&mut waits, Some(&brief))?, 1);
    let mut bytes = [0; 16];
    let (_, length) = recv(one, &mut bytes, RecvFlags::DONTWAIT)?;
    assert_eq!(length, 5);
    let texts: Vec<Vec<u8>> = (0..100).map(|n| vec![1; n * 300]).collect();
    assert!(texts.iter().flatten().all(|&byte| byte == 1));
    shutdown(one, Shutdown::Write)?;
    Ok(())
}
