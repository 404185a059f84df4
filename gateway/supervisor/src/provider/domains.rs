//! The contexts of what the gateway starts and makes. The policy module, `mac/policy`, has the same
//! names.

use labelgate_mac::{Context, Label, Level, Range};

/// A kind of process that the gateway starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Serves a label.
    Worker,
    /// Fills an image.
    Importer,
    /// Holds a label's images of one store for its worker.
    Keeper,
}

/// What a host that asks over the network may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemotePart {
    /// What admins may.
    Admin,
    /// Say where machines run.
    Hypervisor,
    /// Look.
    Monitor,
}

/// The contexts of what the gateway starts and makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domains {
    own: Context,
}

impl Domains {
    /// The domain of the supervisor.
    pub const SUPERVISOR: &str = "labelgate_t";
    /// The type of images.
    pub const IMAGE: &str = "labelgate_image_t";
    /// The type of content.
    pub const CONTENT: &str = "labelgate_content_t";

    /// Those that belong to a supervisor of this context.
    #[must_use]
    pub const fn new(own: Context) -> Self {
        Self { own }
    }

    /// The supervisor's own.
    #[must_use]
    pub const fn own(&self) -> &Context {
        &self.own
    }

    /// A process that serves, or fills, what has this label.
    #[must_use]
    pub fn process(&self, role: Role, label: &Label) -> Context {
        let domain = match role {
            Role::Worker => "labelgate_worker_t",
            Role::Importer => "labelgate_importer_t",
            Role::Keeper => "labelgate_keeper_t",
        };
        self.domain(domain, label.level().clone())
    }

    /// An importer that fills what becomes content. It writes drafts and nothing else.
    #[must_use]
    pub fn content_importer(&self) -> Context {
        self.domain("labelgate_content_importer_t", Level::lowest())
    }

    /// A greeter.
    #[must_use]
    pub fn greeter(&self) -> Context {
        self.domain("labelgate_greeter_t", Level::lowest())
    }

    /// A greeter that stays: it answers datagrams, on sockets of the login listener's context, or
    /// enters programs with the system's port mapper.
    #[must_use]
    pub fn port_mapper(&self) -> Context {
        self.domain("labelgate_portmap_t", Level::lowest())
    }

    /// Keepers, whatever their labels: a context to ask about, which no process has.
    #[must_use]
    pub fn keepers(&self) -> Context {
        self.domain("labelgate_keeper_t", Level::lowest())
    }

    /// A keysmith: it has the key of a store, and serves no label.
    #[must_use]
    pub fn keysmith(&self) -> Context {
        self.domain("labelgate_keysmith_t", Level::lowest())
    }

    /// The socket that clients connect to whose label the network does not tell.
    #[must_use]
    pub fn login_listener(&self) -> Context {
        self.domain("labelgate_login_t", Level::lowest())
    }

    /// The socket that clients connect to whose label the network tells. The kernel gives each
    /// accepted one the level of its client, which the listener's must dominate.
    #[must_use]
    pub fn labelled_listener(&self) -> Context {
        self.domain(Self::SUPERVISOR, Level::highest())
    }

    /// A connection of the login listener whose label is known by now: what the extended attribute
    /// `security.selinux` of its socket is set to, once, before a worker is handed it. Then the kernel
    /// lets only that label's worker be handed it, and nobody sets it again. What the listener
    /// accepts is given `O_APPEND` (`F_SETFL`; it means nothing to a socket): the policy lets no
    /// worker be handed a socket with that flag which has not been labelled.
    #[must_use]
    pub fn connection(&self, label: &Label) -> Context {
        self.domain("labelgate_connection_t", label.level().clone())
    }

    /// The socket that metrics are read from. On it and [`Self::remote_listener`] alone the
    /// supervisor may read.
    #[must_use]
    pub fn metrics_listener(&self) -> Context {
        self.domain("labelgate_metrics_t", Level::lowest())
    }

    /// The socket that hosts ask over the network. The supervisor speaks on it itself, and so has
    /// one of its own.
    #[must_use]
    pub fn remote_listener(&self) -> Context {
        self.domain("labelgate_remote_t", Level::lowest())
    }

    /// Who asks over the network, for the policy: the kernel knows no context of theirs.
    #[must_use]
    pub fn remote(&self, part: RemotePart) -> Context {
        let name = match part {
            RemotePart::Admin => "labelgate_remote_admin_t",
            RemotePart::Hypervisor => "labelgate_remote_hypervisor_t",
            RemotePart::Monitor => "labelgate_remote_monitor_t",
        };
        self.domain(name, Level::lowest())
    }

    /// An image of this label.
    #[must_use]
    pub fn image(&self, label: &Label) -> Context {
        image_context(label)
    }

    /// The anchor of an image of this label.
    #[must_use]
    pub fn anchor(&self, label: &Label) -> Context {
        Context::object("labelgate_anchor_t", label.level().clone())
    }

    /// What is in the tree of this label.
    #[must_use]
    pub fn tree(&self, label: &Label) -> Context {
        Context::object("labelgate_tree_t", label.level().clone())
    }

    /// What becomes content when it is complete, by being relabelled: nobody writes content.
    #[must_use]
    pub fn draft(&self) -> Context {
        Context::object("labelgate_draft_t", Level::lowest())
    }

    /// Content.
    #[must_use]
    pub fn content(&self) -> Context {
        Context::object(Self::CONTENT, Level::lowest())
    }

    /// With the user and the role that the supervisor was started with.
    fn domain(&self, name: &str, range: impl Into<Range>) -> Context {
        self.own.clone().with_type(name).with_range(range)
    }
}

/// What an image of this label is labelled with, wherever it is.
#[must_use]
pub fn image_context(label: &Label) -> Context {
    Context::object(Domains::IMAGE, label.level().clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_context_is_of_one_level() {
        let own = "system_u:system_r:labelgate_t:s0".parse().unwrap();
        let domains = Domains::new(own);
        let label: Label = "s0:c1,c2".parse().unwrap();

        let worker = domains.process(Role::Worker, &label).to_string();
        assert_eq!(worker, "system_u:system_r:labelgate_worker_t:s0:c1,c2");
        let keeper = domains.process(Role::Keeper, &label).to_string();
        assert_eq!(keeper, "system_u:system_r:labelgate_keeper_t:s0:c1,c2");
        let keysmith = domains.keysmith().to_string();
        assert_eq!(keysmith, "system_u:system_r:labelgate_keysmith_t:s0");
        let anchor = domains.anchor(&label).to_string();
        assert_eq!(anchor, "system_u:object_r:labelgate_anchor_t:s0:c1,c2");
        let image = domains.image(&label).to_string();
        assert_eq!(image, "system_u:object_r:labelgate_image_t:s0:c1,c2");
        let greeter = domains.greeter().to_string();
        assert_eq!(greeter, "system_u:system_r:labelgate_greeter_t:s0");
        let port_mapper = domains.port_mapper().to_string();
        assert_eq!(port_mapper, "system_u:system_r:labelgate_portmap_t:s0");
        let connection = domains.connection(&label).to_string();
        assert_eq!(
            connection,
            "system_u:system_r:labelgate_connection_t:s0:c1,c2"
        );
        let remote = domains.remote(RemotePart::Hypervisor).to_string();
        assert_eq!(remote, "system_u:system_r:labelgate_remote_hypervisor_t:s0");
        let labelled = domains.labelled_listener().to_string();
        assert_eq!(labelled, "system_u:system_r:labelgate_t:s0:c0.c1023");
    }
}
