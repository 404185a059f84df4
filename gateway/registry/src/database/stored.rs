//! All of the registry in the database.

use std::collections::BTreeMap;

use redb::{Database, Durability, TableDefinition, WriteTransaction};

use super::rows::{CURSORS, META, Rows, Source, decode, unreadable};
use super::{database, secrets, store_keys};
use crate::backup::Contents;
use crate::record::{Group, Host, Identity, Image, Lease, Level, Store};
use crate::snapshot::Tabled;
use crate::{RegistryError, Snapshot};

/// Begins a change.
pub(super) fn begin(of: &Database) -> Result<WriteTransaction, RegistryError> {
    let mut transaction = of.begin_write().map_err(database)?;
    transaction
        .set_durability(Durability::Immediate)
        .map_err(database)?;
    // Changes are rare and an open after a crash should not depend on checksums alone.
    transaction.set_two_phase_commit(true);
    Ok(transaction)
}

/// All there is.
pub(super) fn read(source: &impl Source) -> Result<Contents, RegistryError> {
    let mut snapshot = Snapshot {
        revision: source.meta("revision")?.unwrap_or(0),
        cursors: source.cursors()?.into_iter().collect(),
        ..Snapshot::default()
    };
    read_table::<Store>(source, &mut snapshot)?;
    read_table::<Image>(source, &mut snapshot)?;
    read_table::<Identity>(source, &mut snapshot)?;
    read_table::<Group>(source, &mut snapshot)?;
    read_table::<Level>(source, &mut snapshot)?;
    read_table::<Lease>(source, &mut snapshot)?;
    read_table::<Host>(source, &mut snapshot)?;
    Ok(Contents {
        snapshot,
        secrets: secrets::all(source)?.into_iter().collect(),
        tokens: secrets::all(source)?.into_iter().collect(),
        store_keys: store_keys::all(source)?.into_iter().collect(),
        master_key: secrets::master_key(source)?,
    })
}

fn rows_of<R: Tabled>() -> Rows {
    TableDefinition::new(R::NAME)
}

fn read_table<R: Tabled>(
    source: &impl Source,
    snapshot: &mut Snapshot,
) -> Result<(), RegistryError> {
    let table = R::table_mut(snapshot);
    source.each(rows_of::<R>(), &mut |key, value| {
        let record: R = decode(R::NAME, key, value)?;
        if record.key().to_string() != key {
            return Err(unreadable(R::NAME, key, "it is kept under another's key"));
        }
        table.insert(record.key(), record);
        Ok(())
    })
}

/// Writes what differs between two snapshots, the first of which is in the database.
pub(super) fn write(
    transaction: &WriteTransaction,
    old: &Snapshot,
    new: &Snapshot,
) -> Result<(), RegistryError> {
    write_table::<Store>(transaction, old, new)?;
    write_table::<Image>(transaction, old, new)?;
    write_table::<Identity>(transaction, old, new)?;
    write_table::<Group>(transaction, old, new)?;
    write_table::<Level>(transaction, old, new)?;
    write_table::<Lease>(transaction, old, new)?;
    write_table::<Host>(transaction, old, new)?;
    write_cursors(transaction, &old.cursors, &new.cursors)?;
    let mut meta = transaction.open_table(META).map_err(database)?;
    meta.insert("revision", new.revision).map_err(database)?;
    Ok(())
}

/// Makes the table of a kind of record, empty.
pub(super) fn make_table<R: Tabled>(transaction: &WriteTransaction) -> Result<(), RegistryError> {
    transaction.open_table(rows_of::<R>()).map_err(database)?;
    Ok(())
}

fn write_table<R: Tabled>(
    transaction: &WriteTransaction,
    old: &Snapshot,
    new: &Snapshot,
) -> Result<(), RegistryError> {
    let (old, new) = (R::table(old), R::table(new));
    let mut table = transaction.open_table(rows_of::<R>()).map_err(database)?;
    for key in old.keys().filter(|key| !new.contains_key(key)) {
        table.remove(key.to_string().as_str()).map_err(database)?;
    }
    for (key, record) in new {
        if old.get(key) == Some(record) {
            continue;
        }
        let key = key.to_string();
        let value = serde_json::to_vec(record)
            .map_err(|why| unreadable(R::NAME, &key, &why.to_string()))?;
        table
            .insert(key.as_str(), value.as_slice())
            .map_err(database)?;
    }
    Ok(())
}

fn write_cursors(
    transaction: &WriteTransaction,
    old: &BTreeMap<String, u32>,
    new: &BTreeMap<String, u32>,
) -> Result<(), RegistryError> {
    let mut table = transaction.open_table(CURSORS).map_err(database)?;
    for range in old.keys().filter(|range| !new.contains_key(*range)) {
        table.remove(range.as_str()).map_err(database)?;
    }
    for (range, cursor) in new {
        if old.get(range) != Some(cursor) {
            table.insert(range.as_str(), cursor).map_err(database)?;
        }
    }
    Ok(())
}
