//! Reads a backup. It may come from anywhere: every line is bounded before it is kept, and nothing
//! of it is used before all of it was checked.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Take};

use zeroize::Zeroizing;

use super::line::{Header, Line, Trailer};
use super::{Contents, LONGEST_BACKUP, VERSION};
use crate::apply::MAX_RECORDS;
use crate::{RestoreError, Snapshot};

/// The longest line in bytes: a group with 4096 members of the longest names.
const LONGEST_LINE: usize = 2 << 20;

/// The most records of all kinds.
const MOST_RECORDS: u64 = 8 * MAX_RECORDS as u64;

/// Reads all of it, to its end.
pub(crate) fn read(from: &mut dyn Read) -> Result<Contents, RestoreError> {
    read_at_most(LONGEST_BACKUP, from)
}

fn read_at_most(bytes: u64, from: &mut dyn Read) -> Result<Contents, RestoreError> {
    let mut lines = Lines::new(bytes, from);
    let first = lines.next()?.ok_or(RestoreError::NotBackup)?;
    let header = read_header(&first)?;
    let mut contents = Contents::default();
    contents.snapshot.revision = header.revision;
    for _ in 0..header.records {
        let text = lines.next()?.ok_or(RestoreError::Truncated)?;
        // What the parser says of a line with secrets could have some of them.
        let line: Line = serde_json::from_slice(&text)
            .map_err(|_| lines.wrong("is no record that this labelgate knows"))?;
        if line.since() > header.version {
            return Err(lines.wrong("is no record of its version"));
        }
        if !take(&mut contents, line) {
            return Err(lines.wrong("has no secrets, or a record that was there before"));
        }
    }
    let hash = lines.hasher.finalize();
    let last = lines.next()?.ok_or(RestoreError::Truncated)?;
    let trailer: Trailer =
        serde_json::from_slice(&last).map_err(|_| lines.wrong("should have been the last"))?;
    if trailer.blake3 != hash.to_hex().as_str() {
        return Err(RestoreError::Checksum);
    }
    if lines.next()?.is_some() {
        return Err(lines.wrong("follows the last"));
    }
    contents
        .check()
        .map_err(|what| RestoreError::Broken(what.to_string()))?;
    Ok(contents)
}

fn read_header(line: &[u8]) -> Result<Header, RestoreError> {
    /// What every version's first line has.
    #[derive(serde::Deserialize)]
    struct AnyHeader {
        #[serde(rename = "labelgate-registry-backup")]
        version: u32,
    }
    let any: AnyHeader = serde_json::from_slice(line).map_err(|_| RestoreError::NotBackup)?;
    match any.version {
        1..=VERSION => {}
        version if version > VERSION => {
            return Err(RestoreError::Newer {
                version,
                known: VERSION,
            });
        }
        _ => return Err(RestoreError::NotBackup),
    }
    let header: Header = serde_json::from_slice(line).map_err(|_| RestoreError::NotBackup)?;
    if header.records > MOST_RECORDS {
        return Err(RestoreError::NotBackup);
    }
    Ok(header)
}

/// Takes in one line, unless it contradicts one before it.
fn take(contents: &mut Contents, line: Line) -> bool {
    fn add<K: Ord, V>(table: &mut BTreeMap<K, V>, key: K, value: V) -> bool {
        table.insert(key, value).is_none()
    }
    let Snapshot {
        stores,
        images,
        identities,
        groups,
        levels,
        leases,
        cursors,
        hosts,
        ..
    } = &mut contents.snapshot;
    match line {
        Line::Store(store) => add(stores, store.name.clone(), store),
        Line::Image(image) => add(images, image.id(), image),
        Line::Identity(identity) => add(identities, identity.name.clone(), identity),
        Line::Secrets(name, stored) => stored
            .into_secrets()
            .is_some_and(|secrets| add(&mut contents.secrets, name, secrets)),
        Line::Token(name, stored) => add(&mut contents.tokens, name, stored.0),
        Line::StoreKey(name, stored) => stored
            .into_key()
            .is_some_and(|key| add(&mut contents.store_keys, name, key)),
        Line::MasterKey(stored) => contents.master_key.replace(stored.0).is_none(),
        Line::Group(group) => add(groups, group.label.clone(), group),
        Line::Level(level) => add(levels, level.label.clone(), level),
        Line::Lease(lease) => add(leases, lease.id, lease),
        Line::Host(host) => add(hosts, host.name.clone(), host),
        Line::Cursor(range, cursor) => add(cursors, range, cursor),
    }
}

struct Lines<'a> {
    from: BufReader<Take<&'a mut dyn Read>>,
    hasher: blake3::Hasher,
    /// How many were read.
    count: u64,
}

impl<'a> Lines<'a> {
    fn new(bytes: u64, from: &'a mut dyn Read) -> Self {
        Self {
            from: BufReader::new(from.take(bytes)),
            hasher: blake3::Hasher::new(),
            count: 0,
        }
    }

    /// The next line without what ends it; `None` at the end.
    fn next(&mut self) -> Result<Option<Zeroizing<Vec<u8>>>, RestoreError> {
        let mut line = Zeroizing::new(Vec::with_capacity(4096));
        let bound = LONGEST_LINE as u64 + 1;
        (&mut self.from).take(bound).read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return Ok(None);
        }
        self.count += 1;
        self.hasher.update(&line);
        if line.pop() == Some(b'\n') {
            return Ok(Some(line));
        }
        if line.len() >= LONGEST_LINE {
            return Err(self.wrong("is longer than any that was written"));
        }
        if self.from.get_ref().limit() == 0 {
            return Err(self.wrong("goes beyond the length of the longest that is written"));
        }
        Err(RestoreError::Truncated)
    }

    fn wrong(&self, why: &str) -> RestoreError {
        RestoreError::Line {
            line: self.count,
            why: why.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backup::writer::write_at_most;

    #[test]
    fn a_backup_is_as_long_as_may_be_and_no_longer() {
        let mut contents = Contents::default();
        for number in 0..100 {
            let name: crate::StoreName = format!("s{number}").parse().unwrap();
            let path = format!("/srv/{number}").parse().unwrap();
            let store = crate::record::Store {
                name,
                place: crate::Place::Directory {
                    path,
                    trees: number % 2 == 0,
                    squash: crate::Squash::default(),
                },
            };
            contents.snapshot.stores.insert(store.name.clone(), store);
        }
        let mut whole = Vec::new();
        write_at_most(LONGEST_BACKUP, &contents, &mut whole).unwrap();
        let length = whole.len() as u64;
        write_at_most(length, &contents, &mut Vec::new()).unwrap();
        let short = write_at_most(length - 1, &contents, &mut Vec::new());
        assert!(matches!(short, Err(crate::BackupError::TooLong)));

        let read = read_at_most(length, &mut whole.as_slice()).unwrap();
        assert_eq!(read.snapshot, contents.snapshot);
        for bytes in [length - 1, length / 2, 100] {
            let refused = read_at_most(bytes, &mut whole.as_slice()).map(|_| ());
            let said = refused.unwrap_err().to_string();
            assert!(said.contains("goes beyond"), "{bytes}: {said}");
        }
    }
}
