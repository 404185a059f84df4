//! The registry of a gateway that is alone: one redb file.

mod format;
mod place;
mod rows;
mod secrets;
mod store_keys;
mod stored;

use std::io::{Read, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use redb::{Database, ReadableDatabase, WriteTransaction};

use crate::backup::{self, Contents};
use crate::{
    Applied, ApplyError, BackupError, Change, ChapSecrets, IdentityName, MasterKey, NewProof,
    NewSecrets, Registry, RegistryError, RestoreError, Snapshot, StoreKey, StoreName, Token,
};

/// The registry of a gateway that is alone: one redb file, readable by its owner alone.
///
/// A change is on the disk when it is acknowledged. Secrets that were rotated or removed may
/// stay in unused pages of the file until those are written over.
#[derive(Debug)]
pub struct RedbRegistry {
    database: Database,
    /// What is in the file, but for the secrets.
    snapshot: RwLock<Arc<Snapshot>>,
    /// Held from the check of a change to the moment it is in `snapshot`.
    changing: Mutex<()>,
}

/// An error of redb as one of ours.
fn database(error: impl Into<redb::Error>) -> RegistryError {
    RegistryError::Database(Box::new(error.into()))
}

impl RedbRegistry {
    /// Opens the registry in a file, or makes an empty one if there is no such file. An older
    /// format is brought up to the present one.
    ///
    /// The directory must be there, belong to root or to who runs this, and be writable by nobody
    /// else.
    ///
    /// # Errors
    /// The file or its directory is open to others or cannot be read; another process has it
    /// open; or what is in it is not sound.
    pub fn open(path: &Path) -> Result<Self, RegistryError> {
        let database = place::open(path)?;
        let contents = format::bring_up_to_date(&database, &format::CURRENT)?;
        Ok(Self {
            database,
            snapshot: RwLock::new(Arc::new(contents.snapshot)),
            changing: Mutex::new(()),
        })
    }

    fn current(&self) -> Arc<Snapshot> {
        let snapshot = self.snapshot.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&snapshot)
    }

    fn set_current(&self, snapshot: Snapshot) -> Arc<Snapshot> {
        let snapshot = Arc::new(snapshot);
        let mut current = self
            .snapshot
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *current = Arc::clone(&snapshot);
        snapshot
    }
}

impl Registry for RedbRegistry {
    fn read(&self) -> Result<Arc<Snapshot>, RegistryError> {
        Ok(self.current())
    }

    fn apply(&self, change: &Change) -> Result<Applied, ApplyError> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = stored::begin(&self.database)?;
        let current = self.current();
        let (next, allocated) = current.after(change)?;
        write_secrets(&transaction, change)?;
        stored::write(&transaction, &current, &next)?;
        transaction.commit().map_err(database)?;
        let snapshot = self.set_current(next);
        Ok(Applied {
            snapshot,
            allocated,
        })
    }

    fn secrets(&self, identity: &IdentityName) -> Result<Option<ChapSecrets>, RegistryError> {
        let transaction = self.database.begin_read().map_err(database)?;
        secrets::of(&transaction, identity)
    }

    fn tokens(&self) -> Result<Vec<(IdentityName, Token)>, RegistryError> {
        let transaction = self.database.begin_read().map_err(database)?;
        secrets::all(&transaction)
    }

    fn store_key(&self, store: &StoreName) -> Result<Option<StoreKey>, RegistryError> {
        let transaction = self.database.begin_read().map_err(database)?;
        let keys = store_keys::all(&transaction)?;
        Ok(keys
            .into_iter()
            .find(|(name, _)| name == store)
            .map(|(_, key)| key))
    }

    fn master_key(&self) -> Result<MasterKey, RegistryError> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let reading = self.database.begin_read().map_err(database)?;
        if let Some(key) = secrets::master_key(&reading)? {
            return Ok(key);
        }
        let key = MasterKey::generate().map_err(RegistryError::Random)?;
        let transaction = stored::begin(&self.database)?;
        secrets::put_master_key(&transaction, &key)?;
        transaction.commit().map_err(database)?;
        Ok(key)
    }

    fn backup(&self, to: &mut dyn Write) -> Result<(), BackupError> {
        let transaction = self.database.begin_read().map_err(database)?;
        let contents = stored::read(&transaction)?;
        backup::write(&contents, to)?;
        Ok(())
    }

    fn restore(&self, from: &mut dyn Read) -> Result<Arc<Snapshot>, RestoreError> {
        let Contents {
            mut snapshot,
            secrets,
            tokens,
            store_keys,
            master_key,
        } = backup::read(from)?;
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = stored::begin(&self.database)?;
        let current = self.current();
        // Whoever waits for a newer revision must see that there is one.
        snapshot.revision = current.revision.max(snapshot.revision).saturating_add(1);
        secrets::replace(&transaction, &secrets)?;
        secrets::replace(&transaction, &tokens)?;
        store_keys::replace(&transaction, &store_keys)?;
        // One without a key was made when there was none, and takes none away.
        if let Some(key) = &master_key {
            secrets::put_master_key(&transaction, key)?;
        }
        stored::write(&transaction, &current, &snapshot)?;
        transaction.commit().map_err(database)?;
        Ok(self.set_current(snapshot))
    }
}

/// Writes what a change that is otherwise in order means for the secrets.
fn write_secrets(transaction: &WriteTransaction, change: &Change) -> Result<(), ApplyError> {
    match change {
        Change::AddIdentity(new) => match &new.proof {
            NewProof::Chap(secrets) => secrets::put_new(transaction, &new.name, secrets)?,
            NewProof::Token(token) => secrets::put_new(transaction, &new.name, token)?,
            NewProof::Address(_) => {}
        },
        Change::RotateIdentity { identity, secrets } => match secrets {
            NewSecrets::Chap(secrets) => secrets::put_new(transaction, identity, secrets)?,
            NewSecrets::Token(token) => secrets::put_new(transaction, identity, token)?,
        },
        Change::RemoveIdentity(identity) => {
            secrets::remove::<ChapSecrets>(transaction, identity)?;
            secrets::remove::<Token>(transaction, identity)?;
        }
        Change::AddStore(new) => {
            if let Some(key) = &new.key {
                store_keys::put(transaction, &new.store.name, key)?;
            }
        }
        Change::RekeyStore { store, key } => store_keys::put(transaction, store, key)?,
        Change::RemoveStore(store) => store_keys::remove(transaction, store)?,
        _ => {}
    }
    Ok(())
}
