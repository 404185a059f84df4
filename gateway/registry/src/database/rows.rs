//! Rows of the database: keys are text, values are JSON.

use redb::{ReadTransaction, ReadableTable, TableDefinition, TableError, WriteTransaction};
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::database;
use crate::secret::StoredSecrets;
use crate::{ChapSecrets, IdentityName, RegistryError};

/// A table of records, or of secrets.
pub(super) type Rows = TableDefinition<'static, &'static str, &'static [u8]>;

/// Where secrets are, apart from all records.
pub(super) const SECRETS: Rows = TableDefinition::new("secrets");

/// Where allocation goes on, by range.
pub(super) const CURSORS: TableDefinition<'static, &str, u32> = TableDefinition::new("cursors");

/// `format` and `revision`.
pub(super) const META: TableDefinition<'static, &str, u64> = TableDefinition::new("meta");

/// Room for the secrets of one identity, so that no vector has to grow and leave a copy behind.
const SECRETS_ROOM: usize = 2048;

/// What is done with the key and value of a row.
type SeeRow<'a> = dyn FnMut(&str, &[u8]) -> Result<(), RegistryError> + 'a;

/// A transaction that can read.
pub(super) trait Source {
    /// Calls `row` with the key and value of every row, in the order of keys. No table, no rows.
    fn each(&self, table: Rows, row: &mut SeeRow<'_>) -> Result<(), RegistryError>;
    /// All of the cursors.
    fn cursors(&self) -> Result<Vec<(String, u32)>, RegistryError>;
    /// A number in [`META`].
    fn meta(&self, key: &str) -> Result<Option<u64>, RegistryError>;
}

fn is_absent(error: &TableError) -> bool {
    matches!(error, TableError::TableDoesNotExist(_))
}

macro_rules! source {
    ($transaction:ty) => {
        impl Source for $transaction {
            fn each(&self, table: Rows, row: &mut SeeRow<'_>) -> Result<(), RegistryError> {
                let table = match self.open_table(table) {
                    Err(error) if is_absent(&error) => return Ok(()),
                    table => table.map_err(database)?,
                };
                for entry in table.iter().map_err(database)? {
                    let (key, value) = entry.map_err(database)?;
                    row(key.value(), value.value())?;
                }
                Ok(())
            }

            fn cursors(&self) -> Result<Vec<(String, u32)>, RegistryError> {
                let table = match self.open_table(CURSORS) {
                    Err(error) if is_absent(&error) => return Ok(Vec::new()),
                    table => table.map_err(database)?,
                };
                let mut cursors = Vec::new();
                for entry in table.iter().map_err(database)? {
                    let (key, value) = entry.map_err(database)?;
                    cursors.push((key.value().to_owned(), value.value()));
                }
                Ok(cursors)
            }

            fn meta(&self, key: &str) -> Result<Option<u64>, RegistryError> {
                let table = match self.open_table(META) {
                    Err(error) if is_absent(&error) => return Ok(None),
                    table => table.map_err(database)?,
                };
                let value = table.get(key).map_err(database)?;
                Ok(value.map(|value| value.value()))
            }
        }
    };
}

source!(ReadTransaction);
source!(WriteTransaction);

/// Reads one value.
pub(super) fn decode<T: DeserializeOwned>(
    table: &'static str,
    key: &str,
    value: &[u8],
) -> Result<T, RegistryError> {
    serde_json::from_slice(value).map_err(|why| unreadable(table, key, &why.to_string()))
}

pub(super) fn unreadable(table: &'static str, key: &str, why: &str) -> RegistryError {
    RegistryError::Record {
        table,
        key: key.chars().take(300).collect(),
        why: why.to_owned(),
    }
}

fn decode_secrets(key: &str, value: &[u8]) -> Result<ChapSecrets, RegistryError> {
    // What the parser says of a secret could have some of it.
    let stored: Option<StoredSecrets> = serde_json::from_slice(value).ok();
    let secrets = stored.and_then(StoredSecrets::into_secrets);
    secrets.ok_or_else(|| unreadable("secrets", key, "these are no secrets"))
}

/// The secrets of one identity.
pub(super) fn secrets_of(
    transaction: &ReadTransaction,
    identity: &IdentityName,
) -> Result<Option<ChapSecrets>, RegistryError> {
    let table = transaction.open_table(SECRETS).map_err(database)?;
    let value = table.get(identity.as_str()).map_err(database)?;
    let secrets = value.map(|value| decode_secrets(identity.as_str(), value.value()));
    secrets.transpose()
}

/// All secrets, with whose they are.
pub(super) fn all_secrets(
    source: &impl Source,
) -> Result<Vec<(IdentityName, ChapSecrets)>, RegistryError> {
    let mut all = Vec::new();
    source.each(SECRETS, &mut |key, value| {
        let name = key.parse();
        let name = name.map_err(|_| unreadable("secrets", key, "not the name of an identity"))?;
        all.push((name, decode_secrets(key, value)?));
        Ok(())
    })?;
    Ok(all)
}

/// Calls `see` with the secrets of every identity.
pub(super) fn each_secret(
    source: &impl Source,
    mut see: impl FnMut(&ChapSecrets),
) -> Result<(), RegistryError> {
    source.each(SECRETS, &mut |key, value| {
        see(&decode_secrets(key, value)?);
        Ok(())
    })
}

/// Writes the secrets of one identity.
pub(super) fn put_secrets(
    transaction: &WriteTransaction,
    identity: &IdentityName,
    secrets: &ChapSecrets,
) -> Result<(), RegistryError> {
    let mut value = Zeroizing::new(Vec::with_capacity(SECRETS_ROOM));
    let stored = StoredSecrets::from(secrets);
    serde_json::to_writer(&mut *value, &stored)
        .map_err(|_| unreadable("secrets", identity.as_str(), "they cannot be written"))?;
    let mut table = transaction.open_table(SECRETS).map_err(database)?;
    table
        .insert(identity.as_str(), value.as_slice())
        .map_err(database)?;
    Ok(())
}

/// Removes the secrets of one identity, if it has any.
pub(super) fn remove_secrets(
    transaction: &WriteTransaction,
    identity: &IdentityName,
) -> Result<(), RegistryError> {
    let mut table = transaction.open_table(SECRETS).map_err(database)?;
    table.remove(identity.as_str()).map_err(database)?;
    Ok(())
}

/// Removes all secrets.
pub(super) fn clear_secrets(transaction: &WriteTransaction) -> Result<(), RegistryError> {
    let mut table = transaction.open_table(SECRETS).map_err(database)?;
    table.retain(|_, _| false).map_err(database)
}
