//! What a keysmith tells the supervisor.

use serde::{Deserialize, Serialize};

use crate::to_keysmith::{KeptName, MAX_KEPT_NAME, MAX_KEY, MAX_SNAPSHOT};
use crate::{List, Secret, Text};

/// The most images that one answer lists.
pub const MAX_LISTED: usize = 16;
/// The most relatives of an image that one answer lists.
pub const MAX_RELATIVES: usize = 8;

/// What a keysmith tells the supervisor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FromKeysmith {
    /// It is connected and confined.
    Ready {
        /// What confines it, in words for the log.
        confinement: List<Text<128>, 16>,
        /// The cluster's UUID.
        cluster: Text<64>,
        /// Its own addresses, as the cluster writes them.
        instance: Text<512>,
    },
    /// What credentials open on an upstream target. It is confined, and exits.
    Seen {
        /// What confines it, in words for the log.
        confinement: List<Text<128>, 16>,
        /// Whether that is one logical unit, or none yet, and nothing else.
        single: bool,
        /// What it is, in words.
        what: Text<512>,
    },
    /// It cannot do its work, and exits.
    Failed {
        /// What kind of failure it is.
        why: KeysmithRefusal,
        /// What is wrong, and what to do about it.
        reason: Text<512>,
    },
    /// What became of a request.
    Answer {
        /// Its number.
        request: u64,
        /// What became of it.
        result: Result<KeysmithAnswer, (KeysmithRefusal, Text<512>)>,
    },
}

/// What a request that went well answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeysmithAnswer {
    /// It is done.
    Done,
    /// A key, as the cluster writes it.
    Key(Secret<MAX_KEY>),
    /// What an image is like.
    Image(KeptImage),
    /// Images.
    Images {
        /// Their names. Those that are too long to be served are left out.
        names: List<Text<MAX_KEPT_NAME>, MAX_LISTED>,
        /// There are more behind the last one.
        more: bool,
    },
    /// Images that are clones of others, or the others.
    Relatives {
        /// Which.
        all: List<KeptRelative, MAX_RELATIVES>,
        /// There are more behind the last one.
        more: bool,
    },
    /// Snapshots.
    Snapshots {
        /// Which. Those whose names are too long are left out.
        all: List<KeptSnapshot, MAX_LISTED>,
        /// There are more behind the last one.
        more: bool,
    },
    /// These are excluded.
    Excluded {
        /// How many instances.
        instances: u32,
        /// How many locks were taken from them.
        locks: u32,
    },
}

/// What an image is like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptImage {
    /// Its identifier, which stays when it is renamed.
    pub id: Text<64>,
    /// Its size in bytes.
    pub size: u64,
    /// The size of its objects in bytes.
    pub object_size: u64,
    /// It is a clone, and its key lets the one be read that it was made of.
    pub cloned: bool,
    /// Its data is in another pool.
    pub data_pool: bool,
    /// How many snapshots it has, with those that are not listed.
    pub snapshots: u32,
}

/// An image that is a clone of another, or the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptRelative {
    /// Its pool.
    pub pool: Text<128>,
    /// Its namespace and its name.
    pub name: KeptName,
    /// Its identifier.
    pub id: Text<64>,
}

/// A snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptSnapshot {
    /// Its number: later ones have higher numbers.
    pub number: u64,
    /// Its name.
    pub name: Text<MAX_SNAPSHOT>,
    /// The size that the image had, in bytes.
    pub size: u64,
    /// When it was made, in seconds since 1970.
    pub created: u64,
}

/// Why a request was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum KeysmithRefusal {
    /// There is no such image, namespace or pool.
    NotFound,
    /// There is another one of that name.
    Exists,
    /// It is in use.
    Busy,
    /// The minting key does not allow it, or is no longer good.
    Permission,
    /// The pool is full.
    NoSpace,
    /// The cluster does not answer.
    NotReady,
    /// It is not of a kind that is served, or has a name that no key can be made for.
    Unfit,
    /// There are too many requests.
    TooMany,
    /// The library is missing.
    Library,
    /// The process is not confined.
    Confinement,
    /// Something else.
    Failed,
}
