//! The `selinux` provider: what it needs, and what it knows.

use labelgate_mac::selinux::{
    AccessError, Class, ContextError, Kernel, Status, Unavailable, own_context,
};

use super::Domains;

/// The kernel's SELinux, with labelgate's policy module.
#[derive(Debug)]
pub struct Selinux {
    kernel: Kernel,
    domains: Domains,
    allow_permissive: bool,
}

/// Why the kernel cannot be left to enforce labels.
#[derive(Debug, thiserror::Error)]
pub enum SelinuxError {
    /// The kernel's SELinux is not there or does not enforce.
    #[error("provider \"selinux\": {0}")]
    Unavailable(Unavailable),
    /// The policy module is missing, or another version of it is loaded.
    #[error("provider \"selinux\": {0}")]
    Policy(#[from] AccessError),
    /// The supervisor does not know its own context.
    #[error("provider \"selinux\": labelgated: {0}")]
    Own(#[from] ContextError),
    /// The supervisor runs in another domain.
    #[error(
        "provider \"selinux\": labelgated runs as {context} and must run in domain {expected}; \
         label its program (restorecon -v /usr/sbin/labelgated) and start it with systemctl",
        expected = Domains::SUPERVISOR
    )]
    Domain {
        /// What it runs as.
        context: String,
    },
}

impl Selinux {
    /// The class of what admins do, which only labelgate's policy module has.
    pub const CLASS: &str = "labelgate";

    /// Checks that everything is there.
    ///
    /// # Errors
    /// [`SelinuxError`], with what mends it.
    pub fn start(allow_permissive: bool) -> Result<Self, SelinuxError> {
        let kernel = Kernel::find()?;
        Class::find(Self::CLASS)?;
        let own = own_context()?;
        if own.type_name() != Domains::SUPERVISOR {
            let context = own.to_string();
            return Err(SelinuxError::Domain { context });
        }
        let selinux = Self {
            kernel,
            domains: Domains::new(own),
            allow_permissive,
        };
        selinux.check()?;
        Ok(selinux)
    }

    /// Whether it enforces, or need not.
    ///
    /// # Errors
    /// [`Unavailable`]
    pub fn check(&self) -> Result<Status, Unavailable> {
        match self.allow_permissive {
            true => self.kernel.status(),
            false => self.kernel.check_enforcing(),
        }
    }

    /// The contexts of what the gateway starts and makes.
    #[must_use]
    pub const fn domains(&self) -> &Domains {
        &self.domains
    }
}
