//! What a worker died of.

use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use rustix::process::Signal;

use crate::metrics::Cause;

/// What a worker died of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Death {
    /// It had been asked to end, and did.
    Orderly,
    /// The supervisor killed it.
    Killed(String),
    /// The kernel killed it, because its cgroup had used up its memory.
    Memory,
    /// It ended on its own account.
    Exit(i32),
    /// A signal ended it that was not the supervisor's.
    Signal(i32),
}

impl Death {
    /// The death of a worker that ended with `status`. `asked` says whether it was to end, and
    /// `killed` why the supervisor killed it, if it did.
    #[must_use]
    pub fn new(status: ExitStatus, asked: bool, killed: Option<String>) -> Self {
        match (status.code(), status.signal()) {
            (Some(0), _) if asked => Self::Orderly,
            // It may have died of something else just before it would have been killed.
            (None, Some(signal)) if signal != Signal::KILL.as_raw() => Self::Signal(signal),
            (Some(code), _) => Self::Exit(code),
            (None, signal) => match killed {
                Some(why) => Self::Killed(why),
                None => Self::Signal(signal.unwrap_or_default()),
            },
        }
    }
}

impl Death {
    /// The same, of a worker in whose cgroup the kernel has killed for want of memory.
    #[must_use]
    pub fn of_starved(self) -> Self {
        match self {
            Self::Signal(signal) if signal == Signal::KILL.as_raw() => Self::Memory,
            other => other,
        }
    }

    /// What it is counted as.
    #[must_use]
    pub fn cause(&self) -> Cause {
        match self {
            Self::Orderly => Cause::Orderly,
            Self::Killed(_) => Cause::Killed,
            Self::Memory => Cause::Memory,
            Self::Exit(_) => Cause::Exit,
            Self::Signal(signal) if *signal == Signal::SYS.as_raw() => Cause::Seccomp,
            Self::Signal(_) => Cause::Signal,
        }
    }
}

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Orderly => f.write_str("ended as it was asked to"),
            Self::Killed(why) => write!(f, "killed by the supervisor: {why}"),
            Self::Memory => f.write_str(
                "killed by the kernel, for it had used up its memory (worker_memory_mib)",
            ),
            Self::Exit(0) => f.write_str("ended without being asked to (exit code 0)"),
            Self::Exit(code) => write!(f, "exit code {code}"),
            Self::Signal(signal) => match meaning(*signal) {
                Some(meaning) => write!(f, "{meaning} (signal {signal})"),
                None => write!(f, "signal {signal}"),
            },
        }
    }
}

/// What a signal says about a worker that died of it.
fn meaning(signal: i32) -> Option<&'static str> {
    let meanings = [
        (Signal::SYS, "tried a forbidden system call"),
        (
            Signal::KILL,
            "killed, by the kernel for want of memory or by an admin",
        ),
        (Signal::SEGV, "touched memory that is not its own"),
        (Signal::BUS, "touched memory that has nothing behind it"),
        (Signal::ABORT, "gave up after a fault of its own"),
        (Signal::ILL, "executed an illegal instruction"),
        (Signal::XCPU, "used up its processor time"),
        (Signal::XFSZ, "wrote a file larger than it may"),
        (Signal::TERM, "was asked to end by someone else"),
        (Signal::INT, "was asked to end by someone else"),
    ];
    let known = meanings
        .into_iter()
        .find(|(known, _)| known.as_raw() == signal);
    known.map(|(_, meaning)| meaning)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn death(raw: i32, asked: bool, killed: Option<&str>) -> String {
        let status = ExitStatus::from_raw(raw);
        Death::new(status, asked, killed.map(str::to_owned)).to_string()
    }

    #[test]
    fn each_cause_is_counted_as_itself() {
        let cause = |raw, asked, killed: Option<&str>, starved| {
            let status = ExitStatus::from_raw(raw);
            let death = Death::new(status, asked, killed.map(str::to_owned));
            let death = if starved { death.of_starved() } else { death };
            death.cause()
        };
        assert_eq!(cause(0, true, None, false), Cause::Orderly);
        assert_eq!(cause(0, false, None, false), Cause::Exit);
        assert_eq!(cause(31, false, None, false), Cause::Seccomp);
        assert_eq!(cause(9, false, Some("x"), true), Cause::Killed);
        assert_eq!(cause(9, false, None, true), Cause::Memory);
        assert_eq!(cause(9, false, None, false), Cause::Signal);
        assert_eq!(cause(11, false, None, true), Cause::Signal);
    }

    #[test]
    fn causes_are_told_apart() {
        assert_eq!(death(0, true, None), "ended as it was asked to");
        assert_eq!(
            death(0, false, None),
            "ended without being asked to (exit code 0)"
        );
        assert_eq!(death(3 << 8, true, None), "exit code 3");
        assert_eq!(
            death(31, false, None),
            "tried a forbidden system call (signal 31)"
        );
        assert_eq!(
            death(9, false, None),
            "killed, by the kernel for want of memory or by an admin (signal 9)"
        );
        assert_eq!(
            death(9, true, Some("too slow")),
            "killed by the supervisor: too slow"
        );
        // What it really died of is more telling than that we were about to kill it.
        assert_eq!(
            death(11, false, Some("closed its control socket")),
            "touched memory that is not its own (signal 11)"
        );
        assert_eq!(
            death(3 << 8, false, Some("closed its control socket")),
            "exit code 3"
        );
    }
}
