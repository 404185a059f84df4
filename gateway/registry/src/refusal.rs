//! Why a change is not made, and what to do about it.

use std::fmt;
use std::net::IpAddr;

use jiff::Timestamp;
use labelgate_mac::Label;
use uuid::Uuid;

use crate::record::{ExportPath, HostName, ImageFile, IscsiName, PoolName, StorePath, VolumeName};
use crate::{HostId, IdentityName, ImageId, Network, StoreName};

/// One thing in the registry. Labels are boxed here: they are large, and errors rare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Thing {
    /// A store.
    Store(StoreName),
    /// An image.
    Image(ImageId),
    /// An identity.
    Identity(IdentityName),
    /// A group, by its label.
    Group(Box<Label>),
    /// A label that was given out.
    Level(Box<Label>),
    /// A lease.
    Lease(Uuid),
    /// A host.
    Host(HostId),
}

impl Thing {
    /// The group of this label.
    #[must_use]
    pub fn group(label: Label) -> Self {
        Self::Group(Box::new(label))
    }

    /// The level that was given out with this label.
    #[must_use]
    pub fn level(label: Label) -> Self {
        Self::Level(Box::new(label))
    }
}

impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(name) => write!(f, "store {name}"),
            Self::Image(id) => write!(f, "image {id}"),
            Self::Identity(name) => write!(f, "identity {name}"),
            Self::Group(label) => write!(f, "group {label}"),
            Self::Level(label) => write!(f, "allocated level {label}"),
            Self::Lease(id) => write!(f, "lease {id}"),
            Self::Host(name) => write!(f, "host {name}"),
        }
    }
}

/// What kind of refusal it is, for those who have numbers for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The thing to change is not there.
    Absent,
    /// Something else is in the way.
    Conflict,
    /// The change makes no sense, whatever else is there.
    Invalid,
}

/// Why a change is not made, and what to do about it. The registry is as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is not there.
    #[error("there is no {0}")]
    Absent(Thing),
    /// It is there.
    #[error("{0} is there already; choose another name or remove that one first")]
    Exists(Thing),
    /// A store has images.
    #[error("store {store} still has images ({images}), such as {first}; remove them first")]
    StoreInUse {
        /// The store.
        store: StoreName,
        /// How many.
        images: usize,
        /// One of them.
        first: ImageId,
    },
    /// Two stores in one directory.
    #[error("{path} is the directory of store {store}; use that store, or another directory")]
    PathTaken {
        /// The directory.
        path: StorePath,
        /// Whose it is.
        store: StoreName,
    },
    /// Two stores in one pool.
    #[error("pool {pool} of these monitors is store {store}; use that store, or another pool")]
    PoolTaken {
        /// The pool.
        pool: PoolName,
        /// Whose it is.
        store: StoreName,
    },
    /// Two stores on one volume.
    #[error(
        "volume {volume} of these servers is store {store}; use that store, or another directory"
    )]
    VolumeTaken {
        /// The volume.
        volume: VolumeName,
        /// Whose it is.
        store: StoreName,
    },
    /// Two stores on one target.
    #[error("target {target} is store {store}; use that store, or another target")]
    TargetTaken {
        /// The target.
        target: IscsiName,
        /// Whose it is.
        store: StoreName,
    },
    /// Two stores on one export, or one within the other.
    #[error(
        "export {export} of this server overlaps with store {store}; use that store, or another directory"
    )]
    ExportTaken {
        /// The export.
        export: ExportPath,
        /// Whose it is.
        store: StoreName,
    },
    /// A store is opened with something else than was brought, or with nothing.
    #[error("store {store} is opened with {needs}, and with nothing else; bring that")]
    KeyOfStore {
        /// The store.
        store: StoreName,
        /// What it is opened with.
        needs: &'static str,
    },
    /// Not what an image in a pool is called.
    #[error("{file} is no image in a pool, on a volume, a target or a server: {why}")]
    NotInPool {
        /// What it was called.
        file: ImageFile,
        /// What is wrong with that.
        why: String,
    },
    /// There is no page cache to go past.
    #[error("the images of store {0} are in no page cache; leave direct out")]
    DirectInPool(StoreName),
    /// Content is read by many labels, each of which has its own keeper.
    #[error(
        "store {0} is no directory, and content is served from directories; use a store of these"
    )]
    ContentInPool(StoreName),
    /// Two images in one file.
    #[error("the file {file} is image {image} already; choose another file")]
    FileTaken {
        /// The file below its store.
        file: ImageFile,
        /// Whose it is.
        image: ImageId,
    },
    /// Multipath software would take two images for one disk.
    #[error("image {0} has the same serial number or NAA identifier; let new ones be made")]
    DesignatorTaken(ImageId),
    /// Not of the type that may be made up.
    #[error("the NAA identifier is not locally assigned; its first digit must be 3")]
    NotLocallyAssigned,
    /// Not a whole number of blocks.
    #[error("size {size} is not a multiple of {block_size} between one block and 8 EiB; round it")]
    SizeNotBlocks {
        /// The size in bytes.
        size: u64,
        /// The block size in bytes.
        block_size: u32,
    },
    /// It would lose its end.
    #[error("image {image} has {from} bytes and would lose data with {to}; images only grow")]
    Shrinks {
        /// Which.
        image: ImageId,
        /// Its size in bytes.
        from: u64,
        /// What it would have.
        to: u64,
    },
    /// Many labels read it: what one writes the others would get.
    #[error("content that could be written; make it read-only")]
    WritableContent,
    /// Content never changes.
    #[error("image {0} is content, and content is not resized; make another image")]
    ContentResized(ImageId),
    /// The label's text is longer than any that can have a worker.
    #[error("the label has too many categories in too many pieces; use two categories")]
    LabelTooLong,
    /// Two identities of one network.
    #[error("{network} is the address of identity {identity}; remove that one first")]
    NetworkTaken {
        /// The network.
        network: Network,
        /// Whose it is.
        identity: IdentityName,
    },
    /// A lease is one of a virtual machine.
    #[error("an identity that needs a lease needs a virtual machine; give its UUID")]
    LeaseWithoutVm,
    /// It has no secrets.
    #[error("identity {0} is proved by its address and has no secrets to rotate")]
    NoSecrets(IdentityName),
    /// CHAP secrets are no token.
    #[error("identity {0} is proved by CHAP and has no token; rotate its secrets")]
    ProvedByChap(IdentityName),
    /// A token is no CHAP secret.
    #[error("identity {0} is proved by a token and has no secrets; rotate its token")]
    ProvedByToken(IdentityName),
    /// Who has the one could be taken for the other. Which one is not said: it would tell whose
    /// secret was guessed.
    #[error("a secret is another identity's, or was this one's; let a new one be generated")]
    SecretTaken,
    /// As with secrets.
    #[error("the token is another identity's, or was this one's; let a new one be generated")]
    TokenTaken,
    /// The members of a group would be served what is an identity's own.
    #[error("{label} is the own label of {of}; allocate a level for the group")]
    OwnLabel {
        /// The label.
        label: Box<Label>,
        /// Whose it is.
        of: Thing,
    },
    /// Who has a group's label as its own would be a member without a grant.
    #[error("{0} is the label of a group; allocate a level, and grant the group to the identity")]
    GroupLabel(Box<Label>),
    /// Two virtual machines with one label could open each other's images.
    #[error("{label} is the label of another virtual machine, {vm}, by {by}; allocate a level")]
    OtherVm {
        /// The label.
        label: Box<Label>,
        /// Whose it is.
        vm: Uuid,
        /// What says so.
        by: Thing,
    },
    /// A virtual machine has one label, wherever it runs.
    #[error("virtual machine {vm} has the label {label}, by {by}; use that, or remove that first")]
    OtherLabel {
        /// The virtual machine.
        vm: Uuid,
        /// Its label.
        label: Box<Label>,
        /// What says so.
        by: Thing,
    },
    /// A lease of a label nobody gave out.
    #[error("{0} is neither an allocated level nor an identity's label; allocate a level first")]
    UnknownLabel(Box<Label>),
    /// Something has it.
    #[error("{label} is in use by {by}; remove or end that first")]
    LevelInUse {
        /// The label.
        label: Box<Label>,
        /// What has it.
        by: Thing,
    },
    /// There are less than two categories to choose from.
    #[error("a level has two categories; name a range of two or more")]
    TooFewCategories,
    /// Cursors would fill the registry.
    #[error("levels were allocated from 4096 different ranges already; use one of those")]
    TooManyRanges,
    /// All that may be given out are in use.
    #[error("all {considered} levels of these categories are in use; release some or allow more")]
    Exhausted {
        /// How many there are.
        considered: u32,
    },
    /// It is a member.
    #[error("identity {member} is a member of group {group} already")]
    Member {
        /// The group.
        group: Box<Label>,
        /// The identity.
        member: IdentityName,
    },
    /// It is none.
    #[error("identity {member} is no member of group {group}")]
    NoMember {
        /// The group.
        group: Box<Label>,
        /// The identity.
        member: IdentityName,
    },
    /// It runs there.
    #[error("virtual machine {vm} has a lease on host {host} already; end lease {lease} first")]
    Running {
        /// The virtual machine.
        vm: Uuid,
        /// The host.
        host: HostName,
        /// Its lease there.
        lease: Uuid,
    },
    /// No time at all.
    #[error("the lease would end at {ends}, before it starts at {start}; give a later end")]
    EndsBeforeStart {
        /// When it starts.
        start: Timestamp,
        /// When it would end.
        ends: Timestamp,
    },
    /// Two hosts could not be told apart.
    #[error("the certificate is host {0}'s; let a new one be issued")]
    CertificateTaken(HostId),
    /// It runs none.
    #[error("host {0} is no hypervisor and runs no machines; add it with the role hypervisor")]
    NoHypervisor(HostId),
    /// There is nothing to add or to take away.
    #[error("host {0} may run any machine; remove it, and add it with the machines it may run")]
    AnyMachine(HostId),
    /// Whoever is there could be somebody else.
    #[error(
        "{address} is no address of host {host}; name one that it has: labelgate host show {host}"
    )]
    NotItsAddress {
        /// The host.
        host: HostName,
        /// The address.
        address: IpAddr,
    },
    /// It is granted.
    #[error("host {host} may run machine {vm} already")]
    MachineGranted {
        /// The host.
        host: HostId,
        /// The machine.
        vm: Uuid,
    },
    /// It is not.
    #[error("machine {vm} is not granted to host {host}")]
    MachineNotGranted {
        /// The host.
        host: HostId,
        /// The machine.
        vm: Uuid,
    },
    /// Content is nobody's own.
    #[error("image {0} is content, which every label reads, and follows no machine")]
    ContentFollows(ImageId),
    /// It would be one of the machine's before it is where these rest.
    #[error("image {0} is new, and follows no machine yet; add it first, then let it follow")]
    NewFollows(ImageId),
    /// A machine is told apart by what it proves, or by its level.
    #[error(
        "machine {vm} has identity {identity}, and with that a label of the gateway's own; give the image that \
         label, or remove the identity: images follow machines that the network tells by their levels"
    )]
    FollowsIdentity {
        /// The machine.
        vm: Uuid,
        /// What it proves itself as.
        identity: IdentityName,
    },
    /// The same the other way round.
    #[error(
        "image {image} follows machine {vm}, which the network tells by its level; give the image a label of its \
         own first (labelgate image label), or leave the machine out"
    )]
    IsFollowed {
        /// The machine.
        vm: Uuid,
        /// An image that follows it.
        image: ImageId,
    },
    /// Nobody else is to have what images have that follow a machine.
    #[error(
        "{label} is a label of machine {vm}, which images follow; allocate another level, or let the image follow \
         that machine, too (labelgate image follow)"
    )]
    LabelOfFollowed {
        /// The label.
        label: Box<Label>,
        /// The machine.
        vm: Uuid,
    },
    /// Nothing follows it.
    #[error("no image follows machine {0}; labelgate image follow lets one")]
    NotFollowed(Uuid),
    /// All images of a machine rest at one level, which is nobody else's.
    #[error("{label} is not where images of machine {vm} may rest; allocate a level for that")]
    NoRest {
        /// The machine.
        vm: Uuid,
        /// The label.
        label: Box<Label>,
    },
    /// What it has open is not taken from under it.
    #[error(
        "image {image} follows machine {vm}, which runs on host {host}; stop it, or end lease {lease}, first"
    )]
    FollowedRuns {
        /// The image.
        image: ImageId,
        /// The machine.
        vm: Uuid,
        /// Where it runs.
        host: HostName,
        /// By which lease.
        lease: Uuid,
    },
    /// It has run, and its images are not where they rest.
    #[error(
        "images of machine {vm} have the level {level} still; labelgated's log says why, and tries again"
    )]
    StillOut {
        /// The machine.
        vm: Uuid,
        /// The level at which it ran.
        level: Box<Label>,
    },
    /// Images have one level at a time.
    #[error(
        "machine {vm} runs on host {host} at {level}, and the images that follow it cannot have another level \
         meanwhile; a machine that migrates wants a static label, which is the same on both hosts, or credentials; if \
         it does not run there any more: labelgate lease end {lease}"
    )]
    RunsAtLevel {
        /// The machine.
        vm: Uuid,
        /// Where it runs.
        host: HostName,
        /// Its label there.
        level: Box<Label>,
        /// By which lease.
        lease: Uuid,
    },
    /// Bounded memory.
    #[error("there are {0} of them, and there may be no more; remove some that are not used")]
    TooMany(usize),
}

impl Refusal {
    /// What kind of refusal it is.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Absent(_)
            | Self::NoMember { .. }
            | Self::MachineNotGranted { .. }
            | Self::NotFollowed(_) => Kind::Absent,
            Self::NotLocallyAssigned
            | Self::SizeNotBlocks { .. }
            | Self::Shrinks { .. }
            | Self::WritableContent
            | Self::ContentResized(_)
            | Self::LabelTooLong
            | Self::LeaseWithoutVm
            | Self::NoSecrets(_)
            | Self::ProvedByChap(_)
            | Self::ProvedByToken(_)
            | Self::NoHypervisor(_)
            | Self::AnyMachine(_)
            | Self::NotItsAddress { .. }
            | Self::TooFewCategories
            | Self::KeyOfStore { .. }
            | Self::NotInPool { .. }
            | Self::DirectInPool(_)
            | Self::ContentInPool(_)
            | Self::ContentFollows(_)
            | Self::NewFollows(_)
            | Self::NoRest { .. }
            | Self::EndsBeforeStart { .. } => Kind::Invalid,
            _ => Kind::Conflict,
        }
    }
}
