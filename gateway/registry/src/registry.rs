//! What every registry can do.

use std::fmt::Debug;
use std::io::{Read, Write};
use std::sync::Arc;

use labelgate_mac::Label;

use crate::{
    ApplyError, BackupError, Change, ChapSecrets, IdentityName, MasterKey, RegistryError,
    RestoreError, Snapshot, StoreKey, StoreName, Token,
};

/// What admins change while a gateway runs, kept where it survives everything.
///
/// Every call may wait for a disk or another host: call it where that is allowed.
pub trait Registry: Send + Sync + Debug {
    /// All of it but the secrets, as it is now.
    ///
    /// # Errors
    /// It cannot be read.
    fn read(&self) -> Result<Arc<Snapshot>, RegistryError>;

    /// Makes one change. When this returns, it survives a kill of the process and the loss of
    /// power.
    ///
    /// # Errors
    /// It must not be made, and the registry is as it was; or it could not be written, and
    /// whether it was made shows when the registry is opened again.
    fn apply(&self, change: &Change) -> Result<Applied, ApplyError>;

    /// The secrets of an identity that is proved by CHAP; `None` of every other.
    ///
    /// # Errors
    /// They cannot be read.
    fn secrets(&self, identity: &IdentityName) -> Result<Option<ChapSecrets>, RegistryError>;

    /// The tokens of all identities that are proved by one, with whose they are. Whose a token is
    /// that a client says is not asked here: whoever does that keeps digests of them.
    ///
    /// # Errors
    /// They cannot be read.
    fn tokens(&self) -> Result<Vec<(IdentityName, Token)>, RegistryError>;

    /// The key of a store's entity; `None` of a store that has none.
    ///
    /// # Errors
    /// It cannot be read.
    fn store_key(&self, store: &StoreName) -> Result<Option<StoreKey>, RegistryError>;

    /// The key that file handles, and the digests of tokens, are made with. It is made when it is
    /// first asked for, and goes with backups: handles are good wherever one is restored.
    ///
    /// # Errors
    /// It cannot be read, or made.
    fn master_key(&self) -> Result<MasterKey, RegistryError>;

    /// Writes all of it, **the secrets too**, as it is at one moment. The file it goes to must be
    /// readable by nobody else (mode 0600).
    ///
    /// # Errors
    /// The registry cannot be read, or `to` cannot be written.
    fn backup(&self, to: &mut dyn Write) -> Result<(), BackupError>;

    /// Replaces all of it by a backup. The backup is read and checked to its end first. The master
    /// key stays if the backup has none.
    ///
    /// # Errors
    /// The backup is not whole or not sound, and the registry is as it was; or the registry could
    /// not be written.
    fn restore(&self, from: &mut dyn Read) -> Result<Arc<Snapshot>, RestoreError>;
}

/// What a change has led to.
#[derive(Debug, Clone)]
pub struct Applied {
    /// All of the registry with the change in it.
    pub snapshot: Arc<Snapshot>,
    /// The label that was given out, if the change was [`Change::AllocateLevel`].
    pub allocated: Option<Label>,
}
