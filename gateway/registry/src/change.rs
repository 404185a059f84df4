//! What an admin can change.

use std::collections::BTreeSet;
use std::net::IpAddr;

use jiff::Timestamp;
use labelgate_mac::{Categories, Label};
use uuid::Uuid;

use crate::record::{Fingerprint, Host, Image, Lease, Purpose, Store};
use crate::{ChapSecrets, HostId, IdentityName, ImageId, Network, StoreKey, StoreName, Token};

/// One change of the registry. It happens as a whole or not at all.
#[derive(Debug, Clone)]
pub enum Change {
    /// A new store.
    AddStore(NewStore),
    /// The entity of a store gets another key.
    RekeyStore {
        /// Which.
        store: StoreName,
        /// The new key.
        key: StoreKey,
    },
    /// A store goes. Refused while it has images.
    RemoveStore(StoreName),
    /// A new image. Its file is the caller's business.
    AddImage(Image),
    /// An image goes from the registry. Its file is the caller's business.
    RemoveImage(ImageId),
    /// An image gets another label, and follows no machine from then on. Refused while one that it
    /// follows has a lease.
    RelabelImage {
        /// Which.
        image: ImageId,
        /// The new label.
        label: Label,
    },
    /// An image follows a machine from now on, and rests. Refused while that has a lease, or an
    /// identity.
    FollowMachine {
        /// Which.
        image: ImageId,
        /// The machine.
        vm: Uuid,
        /// Where it rests: an allocated level, and the one at which the machine's other images do.
        rest: Label,
    },
    /// All images that follow a machine set out for a level, which nobody else may have from then on.
    /// They are no one's before a lease of the machine moves there.
    SetOut {
        /// The machine.
        vm: Uuid,
        /// The level of its process.
        level: Label,
    },
    /// All images that follow a machine are back where they rest. Refused while a lease holds them.
    ComeBack {
        /// The machine.
        vm: Uuid,
    },
    /// An image grows.
    ResizeImage {
        /// Which.
        image: ImageId,
        /// The new size in bytes: a multiple of the block size, and not less than the old one.
        size: u64,
    },
    /// A new identity.
    AddIdentity(NewIdentity),
    /// An identity gets new secrets, of the kind it is proved with. Sessions that run go on.
    RotateIdentity {
        /// Which.
        identity: IdentityName,
        /// The new secrets.
        secrets: NewSecrets,
    },
    /// An identity goes, from every group as well.
    RemoveIdentity(IdentityName),
    /// A label becomes a group's, with no members yet.
    AddGroup(Label),
    /// A group goes. Its images stay, and nobody can open them.
    RemoveGroup(Label),
    /// An identity becomes a member of a group.
    Grant {
        /// The group.
        group: Label,
        /// The new member.
        member: IdentityName,
    },
    /// An identity is no member of a group any more.
    Revoke {
        /// The group.
        group: Label,
        /// Who was one.
        member: IdentityName,
    },
    /// A label that nobody has is given out: [`crate::Applied::allocated`].
    AllocateLevel(Allocation),
    /// A label that was given out may be given out again. Refused while anything has it.
    ReleaseLevel(Label),
    /// A virtual machine starts on a host.
    StartLease(Lease),
    /// A lease ends later, or earlier, than it was to.
    RenewLease {
        /// Which.
        lease: Uuid,
        /// When it ends now; `None` if only a stop ends it.
        ends: Option<Timestamp>,
    },
    /// The only lease of a machine that images follow moves to the level for which they have set out,
    /// or back to where they rest.
    MoveLease {
        /// Which.
        lease: Uuid,
        /// Its label from now on.
        label: Label,
    },
    /// A virtual machine has stopped on a host. Images that follow it are no one's then.
    EndLease(Uuid),
    /// A new host.
    AddHost(Host),
    /// A host goes. Its leases stay: they say where machines run.
    RemoveHost(HostId),
    /// A host proves itself by another certificate, and by the one before no more.
    RecertifyHost {
        /// Which.
        host: HostId,
        /// The new certificate's.
        fingerprint: Fingerprint,
        /// When the new certificate expires.
        expires: Timestamp,
    },
    /// The machines of a hypervisor connect from other addresses than they did. What its leases admit
    /// changes with it.
    SetHostAddresses {
        /// The hypervisor.
        host: HostId,
        /// The only ones; any, if `None`.
        addresses: Option<BTreeSet<IpAddr>>,
    },
    /// A hypervisor may run a machine.
    GrantMachine {
        /// The hypervisor.
        host: HostId,
        /// The machine.
        vm: Uuid,
    },
    /// A hypervisor may not start a machine any more.
    RevokeMachine {
        /// The hypervisor.
        host: HostId,
        /// The machine.
        vm: Uuid,
    },
}

/// A store to add.
#[derive(Debug, Clone)]
pub struct NewStore {
    /// The store.
    pub store: Store,
    /// The key of its entity, if its kind has one.
    pub key: Option<StoreKey>,
}

impl From<Store> for NewStore {
    /// One that needs no key.
    fn from(store: Store) -> Self {
        Self { store, key: None }
    }
}

/// An identity to add.
#[derive(Debug, Clone)]
pub struct NewIdentity {
    /// What it is called; with CHAP also CHAP_N.
    pub name: IdentityName,
    /// How it is to be proved.
    pub proof: NewProof,
    /// The label it is served under.
    pub label: Label,
    /// The virtual machine it belongs to, if it belongs to one alone.
    pub vm: Option<Uuid>,
    /// It is good only while there is a lease of its virtual machine. Needs `vm`.
    pub needs_lease: bool,
}

/// How an identity to add is to be proved.
#[derive(Debug, Clone)]
pub enum NewProof {
    /// By its address.
    Address(Network),
    /// By CHAP with these secrets.
    Chap(ChapSecrets),
    /// By this token.
    Token(Token),
}

/// What an identity is to be proved with from now on.
#[derive(Debug, Clone)]
pub enum NewSecrets {
    /// Of an identity that is proved by CHAP.
    Chap(ChapSecrets),
    /// Of an identity that is proved by a token.
    Token(Token),
}

/// What label is wanted.
#[derive(Debug, Clone)]
pub struct Allocation {
    /// What it is for.
    pub for_whom: Purpose,
    /// Now.
    pub since: Timestamp,
    /// Labels that the registry does not know and that must not be given out: those in the
    /// configuration file, and those of other hosts.
    pub reserved: BTreeSet<Label>,
    /// Both categories are taken from these; `None` takes them from all. Each hypervisor may have
    /// its own.
    pub within: Option<Categories>,
}
