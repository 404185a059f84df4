//! What the supervisor tells a keysmith.

use serde::{Deserialize, Serialize};

use crate::{IscsiAnchor, List, Secret, Text};

/// The longest name of an image, or of a namespace, that a keysmith takes, in bytes.
pub const MAX_KEPT_NAME: usize = 96;
/// The longest name of an entity, in bytes, without `client.` before it.
pub const MAX_ENTITY: usize = 96;
/// The longest key, in bytes, as the cluster writes it.
pub const MAX_KEY: usize = 128;
/// The most instances that one request names.
pub const MAX_INSTANCES: usize = 6;
/// The longest name of a snapshot, in bytes.
pub const MAX_SNAPSHOT: usize = 64;
/// How many images a clone may have behind it, each a clone of the next.
pub const MAX_PARENTS: usize = 4;
/// The most requests that a keysmith has at a time; it refuses more.
pub const MAX_KEYSMITH_REQUESTS: usize = 64;

/// What the supervisor tells a keysmith. No message carries a descriptor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToKeysmith {
    /// The first message, sent once: which store it is for. Answered by
    /// [`crate::FromKeysmith::Ready`] or [`crate::FromKeysmith::Failed`].
    Configure(ConfigureKeysmith),
    /// Instead of [`Self::Configure`], and alone: say what these credentials open on an upstream iSCSI
    /// target. Answered by [`crate::FromKeysmith::Seen`] or [`crate::FromKeysmith::Failed`].
    Look(Box<LookAtTarget>),
    /// Do this. Answered by [`crate::FromKeysmith::Answer`] with the same number, in any order: what
    /// takes long holds up nothing else.
    Request {
        /// What the answer is to carry; not the number of another request that is not answered.
        request: u64,
        /// What to do.
        task: KeysmithTask,
    },
}

/// Which store a keysmith is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigureKeysmith {
    /// The monitors' addresses, as Ceph writes them.
    pub monitors: Text<1024>,
    /// Whose key it is, without `client.` before it.
    pub entity: Text<MAX_ENTITY>,
    /// The minting key, as the cluster writes it.
    pub key: Secret<MAX_KEY>,
    /// The pool that the store is in. It makes keys for no other, but for those that its images have
    /// parents or data in.
    pub pool: Text<128>,
    /// What the names of all entities that it makes begin with, and those that it revokes.
    pub prefix: Text<32>,
    /// It runs under the supervisor's own UID: some confinement is not to be had.
    pub unprivileged: bool,
    /// The SELinux context it must run as, where that is what confines it.
    pub context: Option<Text<1536>>,
}

/// What a keysmith is to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookAtTarget {
    /// Where, and with what. The number of the unit, the reservation and the write-through mean
    /// nothing here.
    pub target: IscsiAnchor,
    /// How long it may take, in milliseconds.
    pub milliseconds: u32,
    /// It runs under the supervisor's own UID: some confinement is not to be had.
    pub unprivileged: bool,
    /// The SELinux context it must run as, where that is what confines it.
    pub context: Option<Text<1536>>,
}

/// An image of the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptName {
    /// Its namespace; empty for none.
    pub namespace: Text<MAX_KEPT_NAME>,
    /// Its name.
    pub image: Text<MAX_KEPT_NAME>,
}

/// What a key is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyScope {
    /// All images of a namespace, which is made if there is none.
    Namespace(Text<MAX_KEPT_NAME>),
    /// One image that is there.
    Image {
        /// Which.
        name: KeptName,
        /// It is only to be read.
        read_only: bool,
        /// The identifiers of what it is a clone of, as [`KeysmithTask::ListParents`] has them: the key
        /// lets these be read. If it is a clone of anything else by then, there is no key.
        parents: List<Text<64>, MAX_PARENTS>,
    },
}

/// What a keysmith does. Each may be asked for again, whatever came of it before: what is done
/// already is no error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeysmithTask {
    /// Make a key for this, and for nothing that can be told from it: [`crate::KeysmithAnswer::Key`].
    /// The same one as long as it is not revoked.
    MakeKey {
        /// Whose the key shall be, without `client.` before it.
        entity: Text<MAX_ENTITY>,
        /// What it is for.
        scope: KeyScope,
    },
    /// Remove a namespace that has no images. One that is not there will do.
    RemoveNamespace {
        /// Which.
        namespace: Text<MAX_KEPT_NAME>,
    },
    /// Make an image, and its namespace if there is none. One that is there already with this size
    /// will do.
    CreateImage {
        /// Which.
        name: KeptName,
        /// Its size in bytes.
        size: u64,
        /// The size of its objects, the power of two, if it is not to be the store's usual one.
        object_size: Option<u8>,
    },
    /// Make an image that is a clone of a snapshot, and its namespace if there is none. One that is there
    /// already and is just that will do.
    CloneImage {
        /// Which.
        name: KeptName,
        /// What it is to be a clone of.
        of: KeptName,
        /// Which snapshot of that.
        snapshot: Text<MAX_SNAPSHOT>,
    },
    /// Remove an image and all that is in it. One that is not there will do.
    RemoveImage {
        /// Which.
        name: KeptName,
    },
    /// Change an image's size, whoever has it open.
    ResizeImage {
        /// Which.
        name: KeptName,
        /// Its size in bytes.
        size: u64,
        /// It may become smaller; otherwise one that is larger already is left as it is.
        shrink: bool,
    },
    /// Say what an image is like: [`crate::KeysmithAnswer::Image`].
    DescribeImage {
        /// Which.
        name: KeptName,
    },
    /// Say what an image is a clone of, and what that is one of, and so on:
    /// [`crate::KeysmithAnswer::Relatives`], the nearest first. What the clone says is believed only as
    /// far as its parent says so too.
    ListParents {
        /// Which.
        name: KeptName,
    },
    /// List what is a clone of any snapshot of an image, and what is one of these, and so on:
    /// [`crate::KeysmithAnswer::Relatives`].
    ListClones {
        /// Which.
        name: KeptName,
        /// Without so many at the beginning of the list.
        skip: u32,
    },
    /// List the snapshots of an image in the order in which they were made:
    /// [`crate::KeysmithAnswer::Snapshots`].
    ListSnapshots {
        /// Which.
        name: KeptName,
        /// Those with higher numbers only.
        after: u64,
    },
    /// Make a snapshot, whoever has the image open: everything that was answered before this is in it. One
    /// that is there already will do.
    CreateSnapshot {
        /// Which image.
        name: KeptName,
        /// What it shall be called.
        snapshot: Text<MAX_SNAPSHOT>,
    },
    /// Remove a snapshot that nothing is a clone of. One that is not there will do.
    RemoveSnapshot {
        /// Which image.
        name: KeptName,
        /// Which snapshot.
        snapshot: Text<MAX_SNAPSHOT>,
    },
    /// Give an image the size and the data back that it had when a snapshot was made. Refused with
    /// [`crate::KeysmithRefusal::Busy`], and nothing is changed, while somebody has the image's lock.
    RollBack {
        /// Which image.
        name: KeptName,
        /// To which snapshot.
        snapshot: Text<MAX_SNAPSHOT>,
    },
    /// List the images of a namespace, in the order of their names: [`crate::KeysmithAnswer::Images`].
    ListImages {
        /// Which; empty for none.
        namespace: Text<MAX_KEPT_NAME>,
        /// Those behind this name only.
        after: Text<MAX_KEPT_NAME>,
    },
    /// Take a key away for good: nobody connects with it from now on, and neither these instances nor
    /// any that the cluster lists for it read or write anything once this is answered:
    /// [`crate::KeysmithAnswer::Excluded`].
    Revoke {
        /// Whose, without `client.` before it.
        entity: Text<MAX_ENTITY>,
        /// Their addresses, as [`crate::FromKeysmith::Ready`] has its own.
        instances: List<Text<512>, MAX_INSTANCES>,
    },
    /// Exclude these instances, or if there are none all that the cluster lists for the key, and take
    /// from them the locks of all images that the key is for. Once this is answered, nothing that they
    /// have sent lands in what a successor, connected from now on, has read or written:
    /// [`crate::KeysmithAnswer::Excluded`].
    Fence {
        /// Whose, without `client.` before it.
        entity: Text<MAX_ENTITY>,
        /// Their addresses.
        instances: List<Text<512>, MAX_INSTANCES>,
    },
}
