//! What the loaded policy must allow, and what it must not.
//!
//! A policy that lacks a rule would be noticed at the first client, one that has a rule too many
//! never. So the kernel is asked for both, by the interface that answers what it would decide
//! (`/sys/fs/selinux/access`), when the gateway starts and whenever a policy is loaded.

use labelgate_mac::selinux::{AccessError, Class, is_known};
use labelgate_mac::{Context, Label, Level};

use super::{Domains, RemotePart, Right, Role};

/// What is wrong with the loaded policy.
#[derive(Debug, thiserror::Error)]
pub enum PolicyFault {
    /// It has no such context.
    #[error(
        "the loaded policy has no context {0}; load labelgate's policy module: semodule -X 400 -i /usr/share/labelgate/policy/*.cil"
    )]
    Unknown(Box<Context>),
    /// It does not allow what the gateway does.
    #[error(
        "the loaded policy does not allow {0}; load the policy module that belongs to this version of labelgate: semodule -X 400 -i /usr/share/labelgate/policy/*.cil"
    )]
    Lacks(Box<Access>),
    /// It allows what must never be.
    #[error(
        "the loaded policy allows {0}, so a label protects nothing; find the rule (sesearch -A -s {source_type} -t {target_type} -c {class}) and remove its module (semodule -r)",
        source_type = .0.source.type_name(), target_type = .0.target.type_name(), class = .0.class
    )]
    Allows(Box<Access>),
    /// It enforces nothing on one of labelgate's domains.
    #[error(
        "the domain {0} is permissive, so the kernel refuses it nothing; run: semanage permissive -d {0}"
    )]
    Permissive(Box<str>),
    /// It cannot be asked.
    #[error(transparent)]
    Ask(#[from] AccessError),
}

impl PolicyFault {
    /// Whether nothing can even be tried.
    #[must_use]
    pub const fn keeps_from_starting(&self) -> bool {
        match self {
            Self::Unknown(_) | Self::Ask(_) => true,
            Self::Lacks(_) | Self::Allows(_) | Self::Permissive(_) => false,
        }
    }
}

/// Something that somebody does to something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    source: Context,
    target: Context,
    class: &'static str,
    permission: &'static str,
}

impl std::fmt::Display for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            source,
            target,
            class,
            permission,
        } = self;
        write!(f, "{source} to {permission} {target} (class {class})")
    }
}

/// Everything that is wrong with the loaded policy; the first fault says most.
pub(super) fn faults(domains: &Domains) -> Vec<PolicyFault> {
    let contexts = Contexts::of(domains);
    // Without its contexts and its class there is no module, and nothing more to be said.
    let unknown = contexts.unknown();
    if !unknown.is_empty() {
        return unknown;
    }
    let mut faults = lacking_rights();
    faults.extend(
        contexts
            .must_be()
            .into_iter()
            .filter_map(|access| match access.decide() {
                Ok(decision) if decision.allowed => None,
                Ok(_) => Some(PolicyFault::Lacks(Box::new(access))),
                Err(error) => Some(error.into()),
            }),
    );
    faults.extend(
        contexts
            .must_not_be()
            .into_iter()
            .filter_map(|access| match access.decide() {
                Ok(decision) if decision.allowed => Some(PolicyFault::Allows(Box::new(access))),
                Ok(_) => None,
                Err(error) => Some(error.into()),
            }),
    );
    faults.extend(contexts.permissive());
    faults
}

/// The rights of admins that the policy does not have.
fn lacking_rights() -> Vec<PolicyFault> {
    let class = match Class::find(Right::CLASS) {
        Ok(class) => class,
        Err(error) => return vec![error.into()],
    };
    let lacking = Right::ALL.iter().filter_map(|right| {
        let found = class.permission(right.name());
        found.err().map(PolicyFault::from)
    });
    lacking.collect()
}

/// The contexts that the gateway makes, with two labels that stand for all.
struct Contexts {
    own: Context,
    worker: Context,
    /// A worker that would be at every level at once.
    worker_of_all: Context,
    importer: Context,
    content_importer: Context,
    greeter: Context,
    port_mapper: Context,
    keeper: Context,
    /// A keeper that would be at every level at once.
    keeper_of_all: Context,
    keysmith: Context,
    image: Context,
    other_image: Context,
    anchor: Context,
    other_anchor: Context,
    content: Context,
    draft: Context,
    listeners: [Context; 4],
    remote: [Context; 3],
    connection: Context,
}

impl Contexts {
    fn of(domains: &Domains) -> Self {
        let label = |text: &str| text.parse::<Label>().expect("a label");
        let (one, other) = (label("s0:c1,c2"), label("s0:c3,c4"));
        let worker = domains.process(Role::Worker, &one);
        let keeper = domains.process(Role::Keeper, &one);
        Self {
            own: domains.own().clone(),
            worker_of_all: worker.clone().with_range(Level::highest()),
            worker,
            importer: domains.process(Role::Importer, &one),
            content_importer: domains.content_importer(),
            greeter: domains.greeter(),
            port_mapper: domains.port_mapper(),
            keeper_of_all: keeper.clone().with_range(Level::highest()),
            keeper,
            keysmith: domains.keysmith(),
            image: domains.image(&one),
            other_image: domains.image(&other),
            anchor: domains.anchor(&one),
            other_anchor: domains.anchor(&other),
            content: domains.content(),
            draft: domains.draft(),
            listeners: [
                domains.login_listener(),
                domains.labelled_listener(),
                domains.metrics_listener(),
                domains.remote_listener(),
            ],
            remote: [
                RemotePart::Admin,
                RemotePart::Hypervisor,
                RemotePart::Monitor,
            ]
            .map(|part| domains.remote(part)),
            connection: domains.connection(&one),
        }
    }

    fn offline(&self) -> [&Context; 5] {
        [
            &self.worker,
            &self.importer,
            &self.content_importer,
            &self.greeter,
            &self.port_mapper,
        ]
    }

    /// Those that may have a network of their own, where an admin has said so.
    fn online(&self) -> [&Context; 2] {
        [&self.keeper, &self.keysmith]
    }

    fn processes(&self) -> impl Iterator<Item = &Context> {
        self.offline().into_iter().chain(self.online())
    }

    fn unknown(&self) -> Vec<PolicyFault> {
        let mut all = vec![
            &self.own,
            &self.image,
            &self.anchor,
            &self.content,
            &self.draft,
        ];
        all.extend(self.processes());
        all.extend(&self.listeners);
        all.extend(&self.remote);
        all.push(&self.connection);
        let unknown = all
            .into_iter()
            .filter_map(|context| match is_known(context) {
                Ok(true) => None,
                Ok(false) => Some(PolicyFault::Unknown(Box::new(context.clone()))),
                Err(error) => Some(AccessError::from(error).into()),
            });
        unknown.collect()
    }

    /// What the gateway does.
    fn must_be(&self) -> Vec<Access> {
        let mut all = Vec::new();
        let own = &self.own;
        for permission in ["setexec", "setfscreate", "setsockcreate"] {
            all.push(access(own, own, "process", permission));
        }
        for process in self.processes() {
            all.push(access(own, process, "process", "transition"));
            all.push(access(own, process, "process", "sigkill"));
            all.push(access(own, process, "process", "getattr"));
            all.push(access(process, own, "fd", "use"));
        }
        for permission in ["open", "read", "write"] {
            all.push(access(&self.worker, &self.image, "file", permission));
            all.push(access(&self.importer, &self.image, "file", permission));
        }
        for permission in ["create", "relabelfrom", "relabelto"] {
            all.push(access(own, &self.image, "file", permission));
        }
        for permission in ["open", "read"] {
            all.push(access(&self.keeper, &self.anchor, "file", permission));
        }
        for permission in ["relabelto", "rename", "unlink", "setattr"] {
            all.push(access(own, &self.anchor, "file", permission));
        }
        all.push(access(&self.worker, &self.content, "file", "read"));
        all
    }

    /// What labels are there to prevent.
    fn must_not_be(&self) -> Vec<Access> {
        let mut all = Vec::new();
        for permission in ["open", "read", "write", "append"] {
            for (source, target) in [
                (&self.worker, &self.other_image),
                (&self.worker_of_all, &self.image),
                (&self.importer, &self.other_image),
                (&self.greeter, &self.image),
                (&self.port_mapper, &self.image),
                (&self.content_importer, &self.image),
                (&self.own, &self.image),
                (&self.keeper, &self.image),
                (&self.keysmith, &self.image),
                (&self.keeper, &self.other_anchor),
                (&self.keeper_of_all, &self.anchor),
                (&self.worker, &self.anchor),
                (&self.keysmith, &self.anchor),
                (&self.own, &self.anchor),
            ] {
                all.push(access(source, target, "file", permission));
            }
        }
        // A mapping outlives every revocation.
        all.push(access(&self.worker, &self.image, "file", "map"));
        all.push(access(&self.worker, &self.content, "file", "write"));
        for process in self.offline() {
            all.push(access(process, process, "tcp_socket", "create"));
        }
        for process in self.online() {
            all.push(access(process, process, "tcp_socket", "listen"));
        }
        all.push(access(&self.worker, &self.keysmith, "fd", "use"));
        for process in self.processes() {
            all.push(access(process, process, "udp_socket", "create"));
            all.push(access(process, process, "process", "setexec"));
            all.push(access(process, process, "process", "setcurrent"));
            all.push(access(process, process, "process", "ptrace"));
        }
        all
    }

    /// The domains on which nothing is enforced.
    fn permissive(&self) -> Vec<PolicyFault> {
        let mut faults = Vec::new();
        for domain in [&self.own].into_iter().chain(self.processes()) {
            match access(domain, &self.image, "file", "read").decide() {
                Ok(decision) if decision.permissive => {
                    faults.push(PolicyFault::Permissive(domain.type_name().into()));
                }
                Ok(_) => {}
                Err(error) => faults.push(error.into()),
            }
        }
        faults
    }
}

pub(super) fn access(
    source: &Context,
    target: &Context,
    class: &'static str,
    permission: &'static str,
) -> Access {
    Access {
        source: source.clone(),
        target: target.clone(),
        class,
        permission,
    }
}

impl Access {
    pub(super) fn decide(&self) -> Result<labelgate_mac::selinux::Decision, AccessError> {
        let class = Class::find(self.class)?;
        let permission = class.permission(self.permission)?;
        class.decide(&self.source, &self.target, permission)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contexts() -> Contexts {
        let own = "system_u:system_r:labelgate_t:s0".parse().unwrap();
        Contexts::of(&Domains::new(own))
    }

    #[test]
    fn nothing_is_both_needed_and_forbidden() {
        let forbidden = contexts().must_not_be();
        for needed in contexts().must_be() {
            assert!(!forbidden.contains(&needed), "{needed}");
        }
    }

    #[test]
    fn each_fault_names_what_mends_it() {
        let contexts = contexts();
        let example = || {
            let access = access(&contexts.worker, &contexts.other_image, "file", "read");
            Box::new(access)
        };
        let text = PolicyFault::Allows(example()).to_string();
        assert_eq!(
            text,
            "the loaded policy allows system_u:system_r:labelgate_worker_t:s0:c1,c2 to read \
             system_u:object_r:labelgate_image_t:s0:c3,c4 (class file), so a label protects \
             nothing; find the rule (sesearch -A -s labelgate_worker_t -t labelgate_image_t \
             -c file) and remove its module (semodule -r)"
        );
        let text = PolicyFault::Lacks(example()).to_string();
        assert!(text.contains("semodule -X 400 -i"), "{text}");
        let text = PolicyFault::Unknown(Box::new(contexts.draft)).to_string();
        assert!(text.contains("labelgate_draft_t:s0; load"), "{text}");
        let text = PolicyFault::Permissive("labelgate_worker_t".into()).to_string();
        assert!(
            text.contains("semanage permissive -d labelgate_worker_t"),
            "{text}"
        );
    }
}
