//! Writes a backup.

use std::collections::BTreeMap;
use std::io::Write;

use serde::Serialize;
use zeroize::Zeroizing;

use super::line::{Header, Line, Trailer};
use super::{Contents, LONGEST_BACKUP};
use crate::master_key::StoredKey;
use crate::record::{Place, Store};
use crate::store_key::StoredStoreKey;
use crate::token::StoredToken;
use crate::{BackupError, Snapshot, StoreKey, StoreName};

/// A line that has no room of this size grows, and leaves a copy; one with secrets is shorter.
const ROOM: usize = 4096;

/// Writes all of it.
pub(crate) fn write(contents: &Contents, to: &mut dyn Write) -> Result<(), BackupError> {
    write_at_most(LONGEST_BACKUP, contents, to)
}

pub(super) fn write_at_most(
    bytes: u64,
    contents: &Contents,
    to: &mut dyn Write,
) -> Result<(), BackupError> {
    let mut out = Lines {
        to,
        left: bytes,
        hasher: blake3::Hasher::new(),
    };
    let Contents {
        snapshot,
        secrets,
        tokens,
        store_keys,
        master_key,
    } = contents;
    let records = snapshot.stores.len()
        + snapshot.images.len()
        + snapshot.identities.len()
        + secrets.len()
        + tokens.len()
        + store_keys.len()
        + usize::from(master_key.is_some())
        + snapshot.groups.len()
        + snapshot.levels.len()
        + snapshot.leases.len()
        + snapshot.hosts.len()
        + snapshot.cursors.len();
    out.line(&Header {
        version: version(snapshot, store_keys),
        revision: snapshot.revision,
        records: records as u64,
    })?;
    out.all(snapshot.stores.values().cloned().map(Line::Store))?;
    out.all(snapshot.images.values().cloned().map(Line::Image))?;
    out.all(snapshot.identities.values().cloned().map(Line::Identity))?;
    let secret_line = |(name, secrets): (&crate::IdentityName, &crate::ChapSecrets)| {
        Line::Secrets(name.clone(), secrets.into())
    };
    out.all(secrets.iter().map(secret_line))?;
    let token_line = |(name, token): (&crate::IdentityName, &crate::Token)| {
        Line::Token(name.clone(), StoredToken(token.clone()))
    };
    out.all(tokens.iter().map(token_line))?;
    let store_key_line = |(name, key): (&crate::StoreName, &crate::StoreKey)| {
        Line::StoreKey(name.clone(), StoredStoreKey::from(key))
    };
    out.all(store_keys.iter().map(store_key_line))?;
    let key_line = |key: &crate::MasterKey| Line::MasterKey(StoredKey(key.clone()));
    out.all(master_key.iter().map(key_line))?;
    out.all(snapshot.groups.values().cloned().map(Line::Group))?;
    out.all(snapshot.levels.values().cloned().map(Line::Level))?;
    out.all(snapshot.leases.values().cloned().map(Line::Lease))?;
    out.all(snapshot.hosts.values().cloned().map(Line::Host))?;
    let cursors = snapshot.cursors.iter();
    out.all(cursors.map(|(range, cursor)| Line::Cursor(range.clone(), *cursor)))?;
    let blake3 = out.hasher.finalize().to_hex().to_string();
    out.line(&Trailer { blake3 })?;
    Ok(out.to.flush()?)
}

struct Lines<'a> {
    to: &'a mut dyn Write,
    /// How many bytes may follow.
    left: u64,
    hasher: blake3::Hasher,
}

impl Lines<'_> {
    fn all(&mut self, mut lines: impl Iterator<Item = Line>) -> Result<(), BackupError> {
        lines.try_for_each(|line| self.line(&line))
    }

    fn line(&mut self, line: &impl Serialize) -> Result<(), BackupError> {
        let mut text = Zeroizing::new(Vec::with_capacity(ROOM));
        serde_json::to_writer(&mut *text, line).map_err(std::io::Error::from)?;
        text.push(b'\n');
        let left = self.left.checked_sub(text.len() as u64);
        self.left = left.ok_or(BackupError::TooLong)?;
        self.hasher.update(&text);
        Ok(self.to.write_all(&text)?)
    }
}

/// The oldest version that knows what there is to be written.
fn version(snapshot: &Snapshot, store_keys: &BTreeMap<StoreName, StoreKey>) -> u32 {
    let mut images = snapshot.images.values();
    if images.any(|image| image.follows.is_some()) {
        return 7;
    }
    let mut hosts = snapshot.hosts.values();
    let mut leases = snapshot.leases.values();
    // A host that has gone has left its addresses in its leases.
    let addresses = hosts.any(|host| host.addresses.is_some())
        || leases.any(|lease| lease.host_addresses.is_some());
    if addresses {
        return 6;
    }
    if !snapshot.hosts.is_empty() {
        return 5;
    }
    let upstream = |store: &Store| matches!(store.place, Place::Iscsi(_) | Place::Nfs(_));
    match snapshot.stores.values().any(upstream) {
        true => 4,
        false if store_keys.is_empty() => 2,
        false => 3,
    }
}
