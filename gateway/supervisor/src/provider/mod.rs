//! What enforces labels: `gateway.provider`.

mod domains;
mod selinux;

use labelgate_mac::selinux::Unavailable;

pub use domains::{Domains, Role};
pub use selinux::{Selinux, SelinuxError};

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
}

impl From<Unavailable> for SelinuxError {
    fn from(unavailable: Unavailable) -> Self {
        Self::Unavailable(unavailable)
    }
}
