//! What a worker or a greeter does to itself right after its start, before it sees a guest's byte.
//!
//! The layers, in the order in which they go on. Each holds alone; each is tested alone.
//!
//! 1. [`identity`]: a UID and GID of its own, no supplementary group; the supervisor starts it so.
//!    Or root's, in a user namespace where they are nobody's else ([`namespace`]).
//! 2. [`capabilities`]: none (there, those for files), and no way to gain any (`no_new_privs`); not dumpable.
//! 3. [`filesystem`]: a Landlock domain that grants nothing (or, see [`Reach`], little): no path can be opened, no TCP port
//!    bound or connected to, no process outside signalled or traced, as far as the kernel's
//!    Landlock goes, which the [`Report`] says.
//! 4. [`limits`]: memory, descriptors, tasks, no core dump.
//! 5. [`syscalls`]: seccomp. Anything but the few system calls that its role needs kills the process.
//!
//! What is left are the descriptors it holds and those it is sent. It inherits none but the
//! standard ones: [`descriptors`].
//!
//! [`confine`] does it all. A driver with helper threads calls [`restrict`] while it is still the
//! only thread, starts them (they inherit everything so far), waits until each of them runs its
//! own code, and calls [`Restricted::seal`].
//!
//! Under SELinux the same layers apply, and the kernel's type enforcement on top of them.

mod allocator;
pub mod capabilities;
pub mod cgroup;
pub mod descriptors;
mod error;
pub mod filesystem;
pub mod identity;
pub mod limits;
pub mod name;
pub mod namespace;
mod oom;
mod profile;
mod report;
pub mod syscalls;

use rustix::process::{DumpableBehavior, set_dumpable_behavior};

pub use error::ConfinementError;
pub use profile::{DriverKind, Identity, Profile, Reach, Role};
pub use report::Report;

/// Confines this process, which must still have only one thread.
///
/// # Errors
///
/// The first layer that could not be had. The process must then end: it is confined in part.
pub fn confine(profile: &Profile<'_>) -> Result<Report, ConfinementError> {
    restrict(profile)?.seal()
}

/// Everything but limits and seccomp, while the process has one thread: credentials, Landlock
/// domains and `no_new_privs` belong to a thread, and only threads started later inherit them.
///
/// # Errors
///
/// As [`confine`].
pub fn restrict<'a>(profile: &Profile<'a>) -> Result<Restricted<'a>, ConfinementError> {
    check_single_thread()?;
    allocator::use_one_arena();
    let mut report = Report::new();
    // It protects nobody but the supervisor: without it, this one is as confined as with it.
    match oom::give_up_protection() {
        Ok(true) => report.push("not spared when memory runs out".to_owned()),
        Ok(false) => {}
        Err(_) => report.push("spared when memory runs out, as whoever started it".to_owned()),
    }
    report.push(identity::check(profile.identity)?.to_string());
    report.push(match profile.identity {
        Identity::Mapped => capabilities::keep_those_for_files()?.to_owned(),
        Identity::Own | Identity::Shared => capabilities::drop_all()?.to_string(),
    });
    capabilities::set_no_new_privileges()?;
    report.push("no_new_privs".to_owned());
    // Otherwise it could not name its threads, which Gluster's library does not survive.
    if profile.role != Role::GlusterKeeper {
        make_undumpable(&mut report)?;
    }
    let domain = match profile.role {
        Role::Keeper | Role::GlusterKeeper | Role::Keysmith => {
            filesystem::deny_all_but_connections(profile.reach)?
        }
        Role::Worker(_) | Role::Greeter | Role::Portmap | Role::Importer => {
            filesystem::deny_all_but(profile.reach)?
        }
    };
    report.push(domain.to_string());
    Ok(Restricted {
        profile: *profile,
        report,
    })
}

/// A process that has everything but limits and seccomp. Dropping it would leave it so.
#[derive(Debug)]
#[must_use = "a process is not confined before it is sealed"]
pub struct Restricted<'a> {
    profile: Profile<'a>,
    report: Report,
}

impl Restricted<'_> {
    /// Sets the limits and, for all threads, the seccomp filter.
    ///
    /// Each helper thread must have said that it runs: a thread's own start needs system calls
    /// (its name, its signal stack) that are forbidden from here on.
    ///
    /// # Errors
    ///
    /// As [`confine`].
    pub fn seal(mut self) -> Result<Report, ConfinementError> {
        if self.profile.role == Role::GlusterKeeper {
            make_undumpable(&mut self.report)?;
        }
        let limits = limits::apply(&self.profile)?;
        self.report.push(limits.to_string());
        let Profile {
            role,
            reach,
            identity,
            ..
        } = self.profile;
        let filter = syscalls::install(role, reach, identity)?;
        self.report.push(filter.to_string());
        Ok(self.report)
    }
}

/// Nobody of the same UID traces it, or looks into its memory.
fn make_undumpable(report: &mut Report) -> Result<(), ConfinementError> {
    set_dumpable_behavior(DumpableBehavior::NotDumpable)
        .map_err(|source| ConfinementError::Dumpable(source.into()))?;
    report.push("not dumpable".to_owned());
    Ok(())
}

/// Counts the threads of this process. `/proc` must be there; without it nothing is believed.
fn check_single_thread() -> Result<(), ConfinementError> {
    let tasks = std::fs::read_dir("/proc/self/task").map_err(ConfinementError::Threads)?;
    match tasks.count() {
        1 => Ok(()),
        count => Err(ConfinementError::NotAlone { count }),
    }
}
