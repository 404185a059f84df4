//! A port mapper: a greeter that stays, with less.

use std::io::{self, IoSlice, IoSliceMut};

use libtest_mimic::Trial;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{
    RecvAncillaryBuffer, RecvFlags, SendAncillaryBuffer, SendFlags, recvmsg, sendmsg_addr,
};

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
        SYS_recvmsg, SYS_sendmsg, SYS_close, #[cfg(target_arch = "x86_64")] SYS_poll,
        SYS_ppoll, SYS_clock_gettime, SYS_restart_syscall, SYS_munmap, SYS_mremap, SYS_brk,
        SYS_futex, SYS_getpid, SYS_gettid, SYS_rt_sigaction, SYS_rt_sigreturn, SYS_rt_sigprocmask,
        SYS_sigaltstack, SYS_exit, SYS_exit_group,
    ]
};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("portmap: what a worker must not, it must not either", tries),
        trial("portmap: every other system call kills", || {
            others_kill("portmap", &[LISTED])
        }),
        trial("portmap: limits alone", limits),
        trial("portmap: another process", neighbour),
        trial("portmap: answers datagrams", || {
            for layers in ["none", "seccomp-portmap", "portmap"] {
                assert_eq!(probe(layers, &["answer-datagrams"]), End::Done, "{layers}");
            }
        }),
        trial("portmap: abort is not an attack", || {
            assert_eq!(probe("portmap", &["abort"]), End::Killed(libc::SIGABRT));
            assert_eq!(probe("portmap", &["tgkill", "9"]), KILLED);
        }),
        trial("portmap: the report", report),
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
        assert_eq!(probe("seccomp-portmap", action), filtered, "{name}");
        assert_eq!(probe("portmap", action), whole, "{name}");
    }
}

fn limits() {
    let ends = |action: &[&str]| probe("portmap-limits", action);
    assert_eq!(ends(&["fork"]), End::Refused(libc::EAGAIN));
    assert_eq!(ends(&["allocate", "2"]), End::Done);
    assert_eq!(ends(&["allocate", "4"]), End::Refused(libc::ENOMEM));
    assert_eq!(ends(&["reserve", "32"]), End::Refused(libc::ENOMEM));
    assert_eq!(ends(&["descriptors", "24"]), End::Refused(libc::EMFILE));
}

fn neighbour() {
    let neighbour = Neighbour::start();
    for action in ["signal", "ptrace", "read-neighbour"] {
        let action = [action, &neighbour.pid()];
        assert_eq!(probe("none", &action), End::Done);
        assert_eq!(probe("portmap", &action), KILLED);
    }
}

fn report() {
    let outcome = probe_as(UID, "portmap", &["nothing"]);
    assert_eq!(outcome.end, End::Done);
    let limits = "limits: address space 32 MiB, data 4 MiB, 24 descriptors, no core, 0 tasks";
    assert!(outcome.report.contains(limits), "{}", outcome.report);
    let filter = outcome.report.split("; ").last().unwrap_or_default();
    assert!(filter.starts_with("seccomp: ") && filter.ends_with("(portmap), others kill"));
}

/// What a port mapper does, on a socket that is there already and has its question from itself.
pub fn answer(arranged: &Arranged) -> io::Result<()> {
    let socket = &arranged.datagrams;
    // As it was given its address before it was confined.
    let address = arranged.datagrams_address;
    let mut nothing = SendAncillaryBuffer::default();
    let parts = [IoSlice::new(b"hello")];
    sendmsg_addr(socket, &address, &parts, &mut nothing, SendFlags::DONTWAIT)?;
    let brief = Timespec {
        tv_sec: 1,
        tv_nsec: 0,
    };
    let mut waits = [PollFd::new(socket, PollFlags::IN)];
    assert_eq!(poll(&mut waits, Some(&brief))?, 1);
    let mut bytes = [0; 16];
    let mut parts = [IoSliceMut::new(&mut bytes)];
    let mut nothing = RecvAncillaryBuffer::default();
    let received = recvmsg(socket, &mut parts, &mut nothing, RecvFlags::DONTWAIT)?;
    assert_eq!(received.bytes, 5);
    Ok(())
}
