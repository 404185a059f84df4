//! What enforces labels: `gateway.provider`.

mod connection;
mod domains;
mod reach;
mod requirements;
mod right;
mod selinux;
mod serving;
mod start;
mod watch;

use labelgate_mac::{Context, Label};

pub use domains::{Domains, RemotePart, Role, image_context};
pub use reach::{Network, NoReach};
pub use requirements::{Access, PolicyFault};
pub use right::{NoRight, Right};
pub use selinux::{Selinux, SelinuxError};
pub use serving::{Halted, Halts, MayServe};
pub use start::{WrongContext, confirm, spawn};
pub(crate) use watch::watch;

use crate::config;

/// What enforces labels.
#[derive(Debug)]
pub enum Provider {
    /// The supervisor compares labels and passes opened descriptors; Landlock and seccomp keep a
    /// worker to them.
    Landlock,
    /// The kernel decides whenever a worker opens, reads or writes an image.
    Selinux(Box<Selinux>),
}

impl Provider {
    /// What the configuration names, if it is there.
    ///
    /// # Errors
    /// The kernel or its policy is not what has been asked for, with what mends it.
    pub fn start(section: &config::GatewaySection) -> Result<Self, SelinuxError> {
        match section.provider {
            config::Provider::Landlock => Ok(Self::Landlock),
            config::Provider::Selinux => {
                let selinux = Selinux::start(section.allow_permissive)?;
                Ok(Self::Selinux(Box::new(selinux)))
            }
        }
    }

    /// SELinux, where it is what enforces labels.
    #[must_use]
    pub const fn selinux(&self) -> Option<&Selinux> {
        match self {
            Self::Landlock => None,
            Self::Selinux(selinux) => Some(selinux),
        }
    }

    /// What a label's worker runs as, where a provider has contexts.
    #[must_use]
    pub fn worker(&self, label: &Label) -> Option<Context> {
        let domains = self.selinux()?.domains();
        Some(domains.process(Role::Worker, label))
    }

    /// What a label's keepers run as.
    #[must_use]
    pub fn keeper(&self, label: &Label) -> Option<Context> {
        let domains = self.selinux()?.domains();
        Some(domains.process(Role::Keeper, label))
    }

    /// What keepers are, whatever their labels, to ask what the policy lets them: none runs as that.
    #[must_use]
    pub fn keepers(&self) -> Option<Context> {
        Some(self.selinux()?.domains().keepers())
    }

    /// What a store's keysmith runs as.
    #[must_use]
    pub fn keysmith(&self) -> Option<Context> {
        Some(self.selinux()?.domains().keysmith())
    }

    /// What an importer runs as that fills an image of this label, or content.
    #[must_use]
    pub fn importer(&self, label: Option<&Label>) -> Option<Context> {
        let domains = self.selinux()?.domains();
        Some(match label {
            Some(label) => domains.process(Role::Importer, label),
            None => domains.content_importer(),
        })
    }

    /// What a greeter runs as.
    #[must_use]
    pub fn greeter(&self) -> Option<Context> {
        Some(self.selinux()?.domains().greeter())
    }

    /// What a port mapper runs as.
    #[must_use]
    pub fn port_mapper(&self) -> Option<Context> {
        Some(self.selinux()?.domains().port_mapper())
    }
}
