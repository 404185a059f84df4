//! Whether the loaded policy lets keepers and keysmiths connect to a backend, which admins decide.
//!
//! The kernel would refuse it anyway, to a library that then tries for as long as it may and says
//! that nobody answers. So the policy is asked first, and what mends it is said at once.

use std::fmt;

use labelgate_mac::selinux::{AccessError, Unavailable};
use labelgate_mac::{Context, Level};

use super::requirements::access;
use super::{Provider, Selinux};

/// What a keeper or a keysmith connects to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// The monitors and the OSDs of a cluster.
    Ceph,
    /// The servers of a volume, and its bricks.
    Gluster,
    /// An upstream target.
    Iscsi,
    /// An upstream NFS server.
    Nfs,
}

impl Network {
    /// What it listens on.
    const fn port(self) -> &'static str {
        match self {
            Self::Ceph => "labelgate_ceph_port_t",
            // Where bricks are: the servers' own port has a name in each distribution.
            Self::Gluster => "virt_migration_port_t",
            Self::Iscsi => "iscsi_port_t",
            Self::Nfs => "nfs_port_t",
        }
    }

    const fn boolean(self) -> &'static str {
        match self {
            Self::Ceph => "labelgate_use_ceph",
            Self::Gluster => "labelgate_use_gluster",
            Self::Iscsi => "labelgate_use_iscsi",
            Self::Nfs => "labelgate_use_nfs",
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ceph => "Ceph",
            Self::Gluster => "Gluster",
            Self::Iscsi => "upstream iSCSI targets",
            Self::Nfs => "upstream NFS servers",
        })
    }
}

/// Why nobody is started who would connect to a backend.
#[derive(Debug, thiserror::Error)]
pub enum NoReach {
    /// The policy does not allow it.
    #[error(
        "the policy lets no {} connect to {to} (boolean {boolean}); to allow it, run: setsebool -P {boolean} on",
        .who.type_name(), boolean = .to.boolean()
    )]
    Refused {
        /// Whom.
        who: Box<Context>,
        /// To what.
        to: Network,
    },
    /// The policy cannot be asked.
    #[error(transparent)]
    Ask(#[from] AccessError),
    /// Whether it is enforced is not known.
    #[error(transparent)]
    Status(#[from] Unavailable),
}

impl Provider {
    /// Whether a process of this context may connect to such a backend, where a provider decides that.
    ///
    /// # Errors
    /// [`NoReach`]: it would be in vain.
    pub fn check_reach(&self, who: Option<&Context>, to: Network) -> Result<(), NoReach> {
        match (self.selinux(), who) {
            (Some(selinux), Some(who)) => selinux.check_reach(who, to),
            _ => Ok(()),
        }
    }
}

impl Selinux {
    fn check_reach(&self, who: &Context, to: Network) -> Result<(), NoReach> {
        if !self.status()?.enforcing {
            return Ok(());
        }
        let port = Context::object(to.port(), Level::lowest());
        for (target, permission) in [(who, "create"), (&port, "name_connect")] {
            let asked = access(who, target, "tcp_socket", permission);
            if !asked.decide()?.allowed {
                let who = Box::new(who.clone());
                return Err(NoReach::Refused { who, to });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_mends_it_is_said() {
        let keeper = "system_u:system_r:labelgate_keeper_t:s0:c1,c2".parse();
        let who: Box<Context> = Box::new(keeper.unwrap());
        let refused = |to| {
            NoReach::Refused {
                who: who.clone(),
                to,
            }
            .to_string()
        };
        let text = refused(Network::Ceph);
        assert_eq!(
            text,
            "the policy lets no labelgate_keeper_t connect to Ceph (boolean labelgate_use_ceph); \
             to allow it, run: setsebool -P labelgate_use_ceph on"
        );
        let text = refused(Network::Iscsi);
        assert!(
            text.ends_with("run: setsebool -P labelgate_use_iscsi on"),
            "{text}"
        );
        assert!(Provider::Landlock.check_reach(None, Network::Ceph).is_ok());
    }
}
