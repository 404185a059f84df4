//! What is kept apart from all records, because nobody is shown it.

use redb::{ReadTransaction, TableDefinition, WriteTransaction};
use subtle::Choice;
use zeroize::Zeroizing;

use super::database;
use super::rows::{Rows, Source, unreadable};
use crate::master_key::StoredKey;
use crate::secret::StoredSecrets;
use crate::token::StoredToken;
use crate::{ApplyError, ChapSecrets, IdentityName, MasterKey, Refusal, RegistryError, Token};

/// Where the master key is.
pub(super) const KEYS: Rows = TableDefinition::new("keys");

/// The row of [`KEYS`] that it is in.
const MASTER: &str = "master";

/// Room for the secrets of one identity, so that no vector has to grow and leave a copy behind.
const ROOM: usize = 2048;

/// What an identity is proved with.
pub(super) trait Proving: Sized {
    /// The name of the table.
    const NAME: &'static str;

    /// The table, in which each row is an identity's.
    fn table() -> Rows {
        TableDefinition::new(Self::NAME)
    }

    /// What stands in a row. What a parser says of a wrong one could have some of it, and is not
    /// told.
    fn decode(value: &[u8]) -> Option<Self>;

    /// Writes a row.
    fn encode(&self, to: &mut Vec<u8>) -> serde_json::Result<()>;

    /// Whether any of the one is any of the other, in a time that depends on lengths alone.
    fn share(&self, other: &Self) -> Choice;

    /// Why another's is refused.
    fn taken() -> Refusal;
}

impl Proving for ChapSecrets {
    const NAME: &'static str = "secrets";

    fn decode(value: &[u8]) -> Option<Self> {
        let stored: StoredSecrets = serde_json::from_slice(value).ok()?;
        stored.into_secrets()
    }

    fn encode(&self, to: &mut Vec<u8>) -> serde_json::Result<()> {
        serde_json::to_writer(to, &StoredSecrets::from(self))
    }

    fn share(&self, other: &Self) -> Choice {
        self.share(other)
    }

    fn taken() -> Refusal {
        Refusal::SecretTaken
    }
}

impl Proving for Token {
    const NAME: &'static str = "tokens";

    fn decode(value: &[u8]) -> Option<Self> {
        let stored: StoredToken = serde_json::from_slice(value).ok()?;
        Some(stored.0)
    }

    fn encode(&self, to: &mut Vec<u8>) -> serde_json::Result<()> {
        serde_json::to_writer(to, &StoredToken(self.clone()))
    }

    fn share(&self, other: &Self) -> Choice {
        subtle::ConstantTimeEq::ct_eq(self, other)
    }

    fn taken() -> Refusal {
        Refusal::TokenTaken
    }
}

fn decode<P: Proving>(key: &str, value: &[u8]) -> Result<P, RegistryError> {
    P::decode(value).ok_or_else(|| unreadable(P::NAME, key, "nobody can be proved with this"))
}

/// What one identity is proved with.
pub(super) fn of<P: Proving>(
    transaction: &ReadTransaction,
    identity: &IdentityName,
) -> Result<Option<P>, RegistryError> {
    let table = transaction.open_table(P::table()).map_err(database)?;
    let value = table.get(identity.as_str()).map_err(database)?;
    let found = value.map(|value| decode(identity.as_str(), value.value()));
    found.transpose()
}

/// All there is, with whose it is.
pub(super) fn all<P: Proving>(
    source: &impl Source,
) -> Result<Vec<(IdentityName, P)>, RegistryError> {
    let mut all = Vec::new();
    source.each(P::table(), &mut |key, value| {
        let name = key.parse();
        let name = name.map_err(|_| unreadable(P::NAME, key, "not the name of an identity"))?;
        all.push((name, decode(key, value)?));
        Ok(())
    })?;
    Ok(all)
}

/// Writes what one identity is proved with, unless some of it is another's or was this one's.
pub(super) fn put_new<P: Proving>(
    transaction: &WriteTransaction,
    identity: &IdentityName,
    new: &P,
) -> Result<(), ApplyError> {
    let mut taken = Choice::from(0);
    // All of them, whatever is found: how long it takes tells nothing of which.
    transaction.each(P::table(), &mut |key, value| {
        taken |= new.share(&decode(key, value)?);
        Ok(())
    })?;
    if bool::from(taken) {
        return Err(P::taken().into());
    }
    put(transaction, identity, new)?;
    Ok(())
}

/// Writes what one identity is proved with.
pub(super) fn put<P: Proving>(
    transaction: &WriteTransaction,
    identity: &IdentityName,
    new: &P,
) -> Result<(), RegistryError> {
    let mut value = Zeroizing::new(Vec::with_capacity(ROOM));
    new.encode(&mut value)
        .map_err(|_| unreadable(P::NAME, identity.as_str(), "it cannot be written"))?;
    let mut table = transaction.open_table(P::table()).map_err(database)?;
    table
        .insert(identity.as_str(), value.as_slice())
        .map_err(database)?;
    Ok(())
}

/// Removes what one identity is proved with, if there is any.
pub(super) fn remove<P: Proving>(
    transaction: &WriteTransaction,
    identity: &IdentityName,
) -> Result<(), RegistryError> {
    let mut table = transaction.open_table(P::table()).map_err(database)?;
    table.remove(identity.as_str()).map_err(database)?;
    Ok(())
}

/// Replaces all there is.
pub(super) fn replace<'a, P: Proving + 'a>(
    transaction: &WriteTransaction,
    by: impl IntoIterator<Item = (&'a IdentityName, &'a P)>,
) -> Result<(), RegistryError> {
    let mut table = transaction.open_table(P::table()).map_err(database)?;
    table.retain(|_, _| false).map_err(database)?;
    drop(table);
    for (identity, new) in by {
        put(transaction, identity, new)?;
    }
    Ok(())
}

/// The master key, if it has been made.
pub(super) fn master_key(source: &impl Source) -> Result<Option<MasterKey>, RegistryError> {
    let mut found = None;
    source.each(KEYS, &mut |key, value| {
        let stored: Option<StoredKey> = serde_json::from_slice(value).ok();
        let stored = stored.filter(|_| key == MASTER);
        let stored = stored.ok_or_else(|| unreadable("keys", key, "this is no key"))?;
        found = Some(stored.0);
        Ok(())
    })?;
    Ok(found)
}

/// Writes the master key.
pub(super) fn put_master_key(
    transaction: &WriteTransaction,
    key: &MasterKey,
) -> Result<(), RegistryError> {
    let mut value = Zeroizing::new(Vec::with_capacity(ROOM));
    serde_json::to_writer(&mut *value, &StoredKey(key.clone()))
        .map_err(|_| unreadable("keys", MASTER, "it cannot be written"))?;
    let mut table = transaction.open_table(KEYS).map_err(database)?;
    table.insert(MASTER, value.as_slice()).map_err(database)?;
    Ok(())
}

/// Makes the tables, empty.
pub(super) fn make_tables(transaction: &WriteTransaction) -> Result<(), RegistryError> {
    for table in [ChapSecrets::table(), Token::table(), KEYS] {
        transaction.open_table(table).map_err(database)?;
    }
    Ok(())
}
