//! The `selinux` provider: what it needs, and what it knows.

use std::io::ErrorKind;

use labelgate_mac::selinux::{
    AccessError, Class, ContextError, Kernel, Status, Unavailable, own_context,
};
use labelgate_mac::{Context, Level};

use super::requirements::faults;
use super::right::NoRight;
use super::{Domains, PolicyFault, Right};
use crate::image::lock_table;

/// The kernel's SELinux, with labelgate's policy module.
#[derive(Debug)]
pub struct Selinux {
    kernel: Kernel,
    domains: Domains,
    allow_permissive: bool,
    /// What the kernel was like before anything was checked.
    start: Status,
    /// The number of the policy that is loaded while the status has none.
    first_policy: u32,
}

/// Why the kernel cannot be left to enforce labels.
#[derive(Debug, thiserror::Error)]
pub enum SelinuxError {
    /// The kernel's SELinux is not there or does not enforce.
    #[error("provider \"selinux\": {0}")]
    Unavailable(#[from] Unavailable),
    /// The policy module is missing, is not the one that is needed, or has been undermined.
    #[error("provider \"selinux\": {0}")]
    Policy(#[from] PolicyFault),
    /// The supervisor does not know its own context.
    #[error("provider \"selinux\": labelgated: {0}")]
    Own(#[from] ContextError),
    /// It cannot be seen who holds an image.
    #[error("provider \"selinux\": /proc/locks: {0}")]
    Locks(std::io::Error),
    /// The supervisor runs in another domain.
    #[error(
        "provider \"selinux\": labelgated runs as {context} and must run in domain {expected} at \
         level s0; label its program (restorecon -v /usr/sbin/labelgated) and start it with \
         systemctl",
        expected = Domains::SUPERVISOR
    )]
    Domain {
        /// What it runs as.
        context: Box<Context>,
    },
}

impl Selinux {
    /// Checks that everything is there.
    ///
    /// # Errors
    /// [`SelinuxError`], with what mends it.
    pub fn start(allow_permissive: bool) -> Result<Self, SelinuxError> {
        let kernel = Kernel::find()?;
        lock_table::check().map_err(SelinuxError::Locks)?;
        let start = kernel.status()?;
        let own = own_context()?;
        let mut selinux = Self {
            kernel,
            domains: Domains::new(own),
            allow_permissive,
            start,
            first_policy: 0,
        };
        selinux.check_enforcing(start)?;
        Class::find(Right::CLASS).map_err(PolicyFault::from)?;
        selinux.check_domain()?;
        selinux.number_policy()?;
        selinux.check_policy()?;
        if !start.enforcing {
            tracing::warn!(
                "SELinux is permissive and refuses nothing; the gateway serves all the same, \
                 because allow_permissive is set: this is for finding out what a policy lacks"
            );
        }
        Ok(selinux)
    }

    /// What is wrong on this machine, and which checks could not be made by this process.
    #[must_use]
    pub fn examine(allow_permissive: bool) -> (Vec<SelinuxError>, Vec<String>) {
        let (mut wrong, mut unmade) = (Vec::new(), Vec::new());
        let kernel = match Kernel::find() {
            Ok(kernel) => kernel,
            Err(error) => return (vec![error.into()], unmade),
        };
        if !allow_permissive && let Err(error) = kernel.check_enforcing() {
            wrong.push(error.into());
        }
        let expected = "system_u:system_r:labelgate_t:s0";
        unmade.push(format!(
            "whether the service runs as {expected} (ps -eZ shows it when it runs)"
        ));
        let expected = expected.parse().expect("a context");
        for fault in faults(&Domains::new(expected)) {
            match fault {
                PolicyFault::Ask(AccessError::Ask(error))
                    if error.kind() == ErrorKind::PermissionDenied =>
                {
                    unmade.push(format!("what the loaded policy allows: {error}"));
                }
                fault => wrong.push(fault.into()),
            }
        }
        (wrong, unmade)
    }

    /// What the kernel is like now.
    ///
    /// # Errors
    /// [`Unavailable::Status`]
    pub fn status(&self) -> Result<Status, Unavailable> {
        let mut status = self.kernel.status()?;
        if status.policy_loads == 0 {
            status.policy_loads = self.first_policy;
        }
        Ok(status)
    }

    /// Finds out which policy is loaded, so that how many follow can be told.
    fn number_policy(&mut self) -> Result<(), SelinuxError> {
        let own = self.domains.own();
        let ask = || -> Result<u32, AccessError> {
            let class = Class::find("process")?;
            let fork = class.permission("fork")?;
            Ok(class.decide(own, own, fork)?.policy)
        };
        self.first_policy = ask().map_err(PolicyFault::from)?;
        if self.start.policy_loads == 0 {
            self.start.policy_loads = self.first_policy;
        }
        Ok(())
    }

    /// What it was like when the gateway started.
    #[must_use]
    pub const fn status_at_start(&self) -> Status {
        self.start
    }

    /// Whether the gateway serves only while the kernel enforces.
    #[must_use]
    pub const fn must_enforce(&self) -> bool {
        !self.allow_permissive
    }

    /// Whether this is a status to serve in.
    ///
    /// # Errors
    /// [`Unavailable::Permissive`], unless that is allowed.
    pub const fn check_enforcing(&self, status: Status) -> Result<(), Unavailable> {
        match status.enforcing || !self.must_enforce() {
            true => Ok(()),
            false => Err(Unavailable::Permissive),
        }
    }

    /// Whether the loaded policy is one to serve under. Where the kernel need not enforce, that is
    /// said in the log, and whatever can be tried may be.
    ///
    /// # Errors
    /// The first of its faults; the log has all.
    pub fn check_policy(&self) -> Result<(), PolicyFault> {
        let faults = faults(&self.domains);
        for fault in &faults {
            tracing::warn!("{fault}");
        }
        let counts = |fault: &PolicyFault| !self.allow_permissive || fault.keeps_from_starting();
        faults.into_iter().find(counts).map_or(Ok(()), Err)
    }

    /// Whether the supervisor is where it must be.
    fn check_domain(&self) -> Result<(), SelinuxError> {
        let own = self.domains.own();
        let single = own.range().single() == Some(&Level::lowest());
        if own.type_name() == Domains::SUPERVISOR && single {
            return Ok(());
        }
        let context = Box::new(own.clone());
        Err(SelinuxError::Domain { context })
    }

    /// Asks the policy that is loaded now whether an admin may do something; nothing is kept.
    ///
    /// # Errors
    /// [`NoRight`]: he may not.
    pub fn authorise(&self, caller: Option<&Context>, right: Right) -> Result<(), NoRight> {
        right.check(caller, self.domains.own())
    }

    /// The contexts of what the gateway starts and makes.
    #[must_use]
    pub const fn domains(&self) -> &Domains {
        &self.domains
    }
}
