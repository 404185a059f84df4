//! The keys of stores, kept apart from all records, because nobody is shown them.
//!
//! Their table is made with the first of them, so that a registry without one is what it was to an
//! older labelgate.

use redb::{TableDefinition, WriteTransaction};
use zeroize::Zeroizing;

use super::database;
use super::rows::{Rows, Source, unreadable};
use crate::store_key::StoredStoreKey;
use crate::{RegistryError, StoreKey, StoreName};

const NAME: &str = "store_keys";

/// Each row is a store's.
const TABLE: Rows = TableDefinition::new(NAME);

/// Room for one, so that no vector has to grow and leave a copy behind.
const ROOM: usize = 2048;

/// All there is, with whose it is.
pub(super) fn all(source: &impl Source) -> Result<Vec<(StoreName, StoreKey)>, RegistryError> {
    let mut all = Vec::new();
    source.each(TABLE, &mut |key, value| {
        let name = key.parse();
        let name = name.map_err(|_| unreadable(NAME, key, "not the name of a store"))?;
        // What a parser says of a wrong one could have some of it, and is not told.
        let stored: Option<StoredStoreKey> = serde_json::from_slice(value).ok();
        let stored = stored.and_then(StoredStoreKey::into_key);
        all.push((
            name,
            stored.ok_or_else(|| unreadable(NAME, key, "this is no key"))?,
        ));
        Ok(())
    })?;
    Ok(all)
}

/// Writes the key of one store.
pub(super) fn put(
    transaction: &WriteTransaction,
    store: &StoreName,
    key: &StoreKey,
) -> Result<(), RegistryError> {
    let mut value = Zeroizing::new(Vec::with_capacity(ROOM));
    serde_json::to_writer(&mut *value, &StoredStoreKey::from(key))
        .map_err(|_| unreadable(NAME, store.as_str(), "it cannot be written"))?;
    let mut table = transaction.open_table(TABLE).map_err(database)?;
    table
        .insert(store.as_str(), value.as_slice())
        .map_err(database)?;
    Ok(())
}

/// Removes the key of one store, if it has one.
pub(super) fn remove(
    transaction: &WriteTransaction,
    store: &StoreName,
) -> Result<(), RegistryError> {
    let stored = all(transaction)?
        .into_iter()
        .any(|(name, _)| name == *store);
    if stored {
        let mut table = transaction.open_table(TABLE).map_err(database)?;
        table.remove(store.as_str()).map_err(database)?;
    }
    Ok(())
}

/// Replaces all there is.
pub(super) fn replace<'a>(
    transaction: &WriteTransaction,
    by: impl IntoIterator<Item = (&'a StoreName, &'a StoreKey)>,
) -> Result<(), RegistryError> {
    for (name, _) in all(transaction)? {
        remove(transaction, &name)?;
    }
    for (store, key) in by {
        put(transaction, store, key)?;
    }
    Ok(())
}
