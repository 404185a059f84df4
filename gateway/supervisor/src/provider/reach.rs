//! Whether the loaded policy lets keepers and keysmiths connect to a backend, which admins decide.
//!
//! The kernel would refuse it anyway, to a library that then tries for as long as it may and says
//! that nobody answers. So the policy is asked first, and what mends it is said at once.

use labelgate_mac::selinux::{AccessError, Unavailable};
use labelgate_mac::{Context, Level};

use super::requirements::access;
use super::{Provider, Selinux};

/// What the monitors and the OSDs of a cluster listen on.
const PORT: &str = "labelgate_ceph_port_t";

/// Why nobody is started who would connect to a backend.
#[derive(Debug, thiserror::Error)]
pub enum NoReach {
    /// The policy does not allow it.
    #[error(
        "the policy lets no {} connect to Ceph (boolean labelgate_use_ceph); to allow it, run: setsebool -P labelgate_use_ceph on",
        .0.type_name()
    )]
    Refused(Box<Context>),
    /// The policy cannot be asked.
    #[error(transparent)]
    Ask(#[from] AccessError),
    /// Whether it is enforced is not known.
    #[error(transparent)]
    Status(#[from] Unavailable),
}

impl Provider {
    /// Whether a process of this context may connect to a cluster, where a provider decides that.
    ///
    /// # Errors
    /// [`NoReach`]: it would be in vain.
    pub fn check_reach(&self, who: Option<&Context>) -> Result<(), NoReach> {
        match (self.selinux(), who) {
            (Some(selinux), Some(who)) => selinux.check_reach(who),
            _ => Ok(()),
        }
    }
}

impl Selinux {
    fn check_reach(&self, who: &Context) -> Result<(), NoReach> {
        if !self.status()?.enforcing {
            return Ok(());
        }
        let port = Context::object(PORT, Level::lowest());
        for (target, permission) in [(who, "create"), (&port, "name_connect")] {
            let asked = access(who, target, "tcp_socket", permission);
            if !asked.decide()?.allowed {
                return Err(NoReach::Refused(Box::new(who.clone())));
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
        let text = NoReach::Refused(Box::new(keeper.unwrap())).to_string();
        assert_eq!(
            text,
            "the policy lets no labelgate_keeper_t connect to Ceph (boolean labelgate_use_ceph); \
             to allow it, run: setsebool -P labelgate_use_ceph on"
        );
        assert!(Provider::Landlock.check_reach(None).is_ok());
    }
}
