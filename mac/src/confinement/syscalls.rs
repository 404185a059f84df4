//! The fifth layer: a seccomp filter that lets through what a role needs.
//!
//! Everything else kills the process (`SECCOMP_RET_KILL_PROCESS`), which its parent sees as
//! death by `SIGSYS`: no correct process of ours makes such a call, so whoever does is not one any
//! more.
//!
//! Three rules shape the lists. No call takes a path: `statx` and `newfstatat` are missing because
//! a filter cannot see whether their path is empty, and Landlock does not cover them; `fstat`
//! does the same for a descriptor (`rustix::fs::fstat` calls it, [`std::fs::File::metadata`] does
//! not). No call makes a descriptor, except `recvmsg` from the supervisor, and, in a process that
//! opens its files itself, `openat` of what is there: see [`opening`]. A worker that serves a tree
//! needs names as well, for which [`tree`] has its own list, and [`acting`] what it needs to be its
//! callers. No memory becomes
//! executable, and none is mapped from a file: an image that is mapped escapes revocation.

mod acting;
mod gluster;
mod greeter;
mod importer;
mod keeper;
mod opening;
mod portmap;
mod tree;
mod worker;

use std::collections::BTreeMap;
use std::fmt;

use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition,
    SeccompFilter, SeccompRule,
};

use super::{ConfinementError, DriverKind, Identity, Reach, Role};

/// A call and, if it passes with some arguments only, which: any of these rules will do.
type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// An installed filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filter {
    role: Role,
    opens: bool,
    serves_trees: bool,
    acts: bool,
    calls: usize,
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let role = match self.role {
            Role::Worker(DriverKind::Ring) => "ring",
            Role::Worker(DriverKind::Epoll) => "epoll",
            Role::Greeter => "greeter",
            Role::Portmap => "portmap",
            Role::Importer => "importer",
            Role::Keeper => "keeper",
            Role::GlusterKeeper => "gluster keeper",
            Role::Keysmith => "keysmith",
        };
        let does = match (self.opens, self.serves_trees) {
            (false, false) => "",
            (true, false) => " that opens files",
            (false, true) => " that serves trees",
            (true, true) => " that opens files and serves trees",
        };
        let acts = if self.acts { " as others" } else { "" };
        write!(
            f,
            "seccomp: {} system calls ({role}{does}{acts}), others kill",
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
pub fn install(
    role: Role,
    reach: Reach<'_>,
    identity: Identity,
) -> Result<Filter, ConfinementError> {
    let acts = identity == Identity::Mapped && reach.serves_trees();
    let pid = std::process::id();
    let mut rules = match role {
        Role::Worker(driver) => worker::rules(driver, pid)?,
        Role::Greeter => greeter::rules(pid)?,
        Role::Portmap => portmap::rules(pid)?,
        Role::Importer => importer::rules(pid)?,
        Role::Keeper | Role::Keysmith => {
            keeper::install_first()?;
            keeper::rules(pid)?
        }
        Role::GlusterKeeper => {
            keeper::install_first()?;
            gluster::install_first()?;
            gluster::rules(pid)?
        }
    };
    if reach.opens() {
        match role {
            Role::Keeper | Role::GlusterKeeper | Role::Keysmith => {
                rules.extend([opening::for_reading()?])
            }
            _ => rules.extend(opening::rules()?),
        }
    }
    if reach.serves_trees() {
        rules.extend(tree::rules()?);
    }
    if acts {
        rules.extend(acting::rules()?);
    }
    let calls = rules.len();
    let program = compile(rules)?;
    seccompiler::apply_filter_all_threads(&program)?;
    Ok(Filter {
        role,
        opens: reach.opens(),
        serves_trees: reach.serves_trees(),
        acts,
        calls,
    })
}

fn compile(rules: Rules) -> Result<BpfProgram, BackendError> {
    let architecture = std::env::consts::ARCH.try_into()?;
    let (other, listed) = (SeccompAction::KillProcess, SeccompAction::Allow);
    SeccompFilter::new(rules, other, listed, architecture)?.try_into()
}

/// Anonymous memory of its own that is not executable. Shared memory without a file counts as no
/// process's own, so no limit but the address space's would hold it.
fn own_memory() -> Result<SeccompRule, BackendError> {
    let sharing = libc::MAP_TYPE | libc::MAP_ANONYMOUS;
    let private = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    all([
        without_exec(),
        masked(3, sharing.unsigned_abs(), private.unsigned_abs()),
    ])
}

/// abort(), so that a panic looks like one to the supervisor and not like an attack.
fn own_abort(pid: u32) -> Result<SeccompRule, BackendError> {
    all([
        equals(0, pid.into()),
        equals(2, libc::SIGABRT.unsigned_abs().into()),
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
