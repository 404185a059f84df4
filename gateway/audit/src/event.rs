//! What a record is about.

/// Declares the events once: variant, name and meaning cannot disagree.
macro_rules! events {
    ($($variant:ident, $name:literal, $meaning:literal;)*) => {
        /// What a record is about.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Event {
            $(#[doc = $meaning] $variant,)*
        }

        impl Event {
            /// All events, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// What `event` says in a record.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// What it means, in a sentence.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$variant => $meaning,)*
                }
            }
        }
    };
}

events! {
    GatewayStart, "gateway-start", "The gateway has begun to serve.";
    GatewayStop, "gateway-stop", "The gateway was told to stop.";
    GatewayHalt, "gateway-halt", "The gateway serves nobody, because what enforces labels has failed.";
    GatewayResume, "gateway-resume", "What enforces labels is there again, and so is the gateway.";
    SelinuxMode, "selinux-mode", "SELinux was made permissive, or enforcing.";
    SelinuxPolicy, "selinux-policy", "An SELinux policy was loaded, or a boolean of it was changed.";
    Reload, "reload", "A new configuration, taken or not.";
    Connection, "connection", "A connection, admitted or refused.";
    Authentication, "authentication", "A client proved who it is, or failed to.";
    Login, "login", "A login, accepted or refused by a worker.";
    Logout, "logout", "A logout.";
    SessionReinstated, "session-reinstated", "A session replaced by a new one of the same initiator.";
    ProtocolError, "protocol-error", "A client that broke its protocol.";
    Mount, "mount", "What an NFS client has mounted, or was refused.";
    HandleRefused, "handle-refused", "A file handle that its client was never given, or that is valid no more.";
    Revocation, "revocation", "Access was taken away, and everything that used it has ended.";
    Image, "image", "An image, opened for a worker or not.";
    ImagePoisoned, "image-poisoned", "An image of which a flush has failed.";
    ImageCleared, "image-cleared", "An image that an admin has declared sound again.";
    ImageRemoved, "image-removed", "An image that was taken away from a label.";
    ImageCreate, "image-create", "A new image, made by an admin.";
    ImageImport, "image-import", "An image filled from outside by an admin.";
    ImageClone, "image-clone", "An image copied from another by an admin.";
    ImageResize, "image-resize", "An image whose size an admin has changed.";
    ImageSnapshot, "image-snapshot", "A snapshot of an image, made by an admin.";
    ImageSnapshotDelete, "image-snapshot-delete", "A snapshot of an image that an admin has removed.";
    ImageRollback, "image-rollback", "An image that an admin has had rolled back to a snapshot.";
    ImageDelete, "image-delete", "An image that an admin has removed.";
    LabelChange, "label-change", "An image that went from one label to another.";
    StoreAdd, "store-add", "A new store.";
    StoreRekey, "store-rekey", "A store that got another key.";
    StoreRemove, "store-remove", "A store that is no longer used.";
    IdentityAdd, "identity-add", "A new identity.";
    IdentityRemove, "identity-remove", "An identity that is no longer valid.";
    IdentityRotate, "identity-rotate", "An identity that got a new secret or token.";
    GroupGrant, "group-grant", "An identity that may use a group label's images.";
    GroupRevoke, "group-revoke", "An identity that may no longer use a group label's images.";
    LevelAllocate, "level-allocate", "A label that was given out.";
    LevelRelease, "level-release", "A label that may be given out again.";
    LeaseStart, "lease-start", "A lease: a machine on a host is bound to a label.";
    LeaseEnd, "lease-end", "The end of a lease.";
    HostAdd, "host-add", "A host that may ask over the network.";
    HostChange, "host-change", "A host that got another certificate, or whose machines are others.";
    HostCertificate, "host-certificate", "A host's certificate ends soon, or has ended.";
    HostRemove, "host-remove", "A host that may ask no more.";
    WorkerStart, "worker-start", "A worker, started or not.";
    WorkerKill, "worker-kill", "A worker that an admin has ended.";
    WorkerEnd, "worker-end", "A worker's end.";
    GreeterStart, "greeter-start", "A greeter, started or not.";
    GreeterEnd, "greeter-end", "A greeter's end.";
    PortmapStart, "portmap-start", "The port mapper's process, or one that enters NFS with the system's, started or not.";
    PortmapEnd, "portmap-end", "The end of such a process.";
    PortmapEntry, "portmap-entry", "NFS was entered with the system's port mapper, was not, or was taken out.";
    KeeperStart, "keeper-start", "A keeper of a label's images in a store, started or not.";
    KeeperEnd, "keeper-end", "A keeper's end.";
    KeeperLost, "keeper-lost", "A label that has had no keeper for so long that its clients were told so.";
    KeeperFence, "keeper-fence", "A keeper's keys were taken back and it was shut out of its store, or could not be.";
    KeysmithStart, "keysmith-start", "The process that makes a store's keys, started or not.";
    KeysmithEnd, "keysmith-end", "The end of such a process.";
    ImporterStart, "importer-start", "An importer, started or not.";
    ImporterEnd, "importer-end", "An importer's end.";
    Admin, "admin", "A request to the admin socket that was refused.";
    Backup, "backup", "The registry was copied out.";
    Restore, "restore", "The registry was replaced by a backup.";
    Suppressed, "suppressed", "Records of a label that were too many to be written singly.";
    Lost, "lost", "Records that could not be written.";
    TrailRotated, "trail-rotated", "A file of the trail was closed and another begun.";
    TrailTorn, "trail-torn", "An unfinished record was found at the end of the trail and set aside.";
    TrailDamaged, "trail-damaged", "A file of the trail could not be continued and was set aside.";
}

impl Event {
    /// The event of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|event| event.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_is_found_by_its_name() {
        for &event in Event::ALL {
            assert_eq!(Event::named(event.name()), Some(event));
        }
        assert_eq!(Event::named("connections"), None);
    }
}
