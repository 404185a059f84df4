//! What admins may do, as the policy has it.

use labelgate_mac::Context;
use labelgate_mac::selinux::{AccessError, Class};

/// Declares the rights once: variant, name and meaning cannot disagree.
macro_rules! rights {
    ($($variant:ident, $name:literal, $meaning:literal;)*) => {
        /// What admins may do: the permissions of the class [`Right::CLASS`] of the policy module.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Right {
            $(#[doc = $meaning] $variant,)*
        }

        impl Right {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// As the policy calls it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

rights! {
    Status, "status", "To look at what there is, and at what is counted.";
    Audit, "audit", "To read the audit trail.";
    Manage, "manage", "To make, fill, change and remove stores and images.";
    Relabel, "relabel", "To change the label of an image.";
    Grant, "grant", "To give access: identities, members, levels, hosts.";
    Revoke, "revoke", "To take access away, and to end a worker.";
    Lease, "lease", "To say where machines run: to start and to end leases.";
    Registry, "registry", "To copy out, replace and reload what is in force, secrets included.";
}

/// The policy does not let somebody do something.
#[derive(Debug, thiserror::Error)]
pub enum NoRight {
    /// It says so.
    #[error(
        "the SELinux policy does not let {caller} do this: it needs the permission {right} of class {class} on {own}",
        right = .right.name(), class = Right::CLASS
    )]
    Refused {
        /// Who asks.
        caller: Box<Context>,
        /// What it needs.
        right: Right,
        /// The gateway's own context.
        own: Box<Context>,
    },
    /// Nobody knows who asks.
    #[error("who asks has no SELinux context that the kernel tells")]
    Unknown,
    /// It cannot be asked.
    #[error(transparent)]
    Ask(#[from] AccessError),
}

impl Right {
    /// The class of what admins do, which only labelgate's policy module has.
    pub const CLASS: &str = "labelgate";

    /// Asks the policy that is loaded now whether `caller` has this right over the gateway.
    pub(super) fn check(self, caller: Option<&Context>, own: &Context) -> Result<(), NoRight> {
        let caller = caller.ok_or(NoRight::Unknown)?;
        let class = Class::find(Self::CLASS)?;
        let permission = class.permission(self.name())?;
        if class.allows(caller, own, permission)? {
            return Ok(());
        }
        let (caller, own) = (Box::new(caller.clone()), Box::new(own.clone()));
        Err(NoRight::Refused {
            caller,
            right: self,
            own,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_the_context_the_class_and_the_permission() {
        let refused = NoRight::Refused {
            caller: Box::new("staff_u:staff_r:staff_t:s0".parse().unwrap()),
            right: Right::Relabel,
            own: Box::new("system_u:system_r:labelgate_t:s0".parse().unwrap()),
        };
        assert_eq!(
            refused.to_string(),
            "the SELinux policy does not let staff_u:staff_r:staff_t:s0 do this: it needs the \
             permission relabel of class labelgate on system_u:system_r:labelgate_t:s0"
        );
    }

    #[test]
    fn who_is_not_known_may_do_nothing() {
        let own = "system_u:system_r:labelgate_t:s0".parse().unwrap();
        for right in Right::ALL {
            assert!(matches!(right.check(None, &own), Err(NoRight::Unknown)));
        }
    }
}
