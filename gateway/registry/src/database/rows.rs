//! Rows of the database: keys are text, values are JSON.

use redb::{ReadTransaction, ReadableTable, TableDefinition, TableError, WriteTransaction};
use serde::de::DeserializeOwned;

use super::database;
use crate::RegistryError;

/// A table of records, or of secrets.
pub(super) type Rows = TableDefinition<'static, &'static str, &'static [u8]>;

/// Where allocation goes on, by range.
pub(super) const CURSORS: TableDefinition<'static, &str, u32> = TableDefinition::new("cursors");

/// `format` and `revision`.
pub(super) const META: TableDefinition<'static, &str, u64> = TableDefinition::new("meta");

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
