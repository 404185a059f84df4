//! The format of the database, and how an older one is brought up to the present.

use redb::{Database, ReadableDatabase, WriteTransaction};

use super::rows::{META, Source};
use super::{database, secrets, stored};
use crate::backup::Contents;
use crate::record::Host;
use crate::{RegistryError, Snapshot};

/// Turns the tables of one format into those of the next. It runs in one transaction with all
/// that follow it and with the check of what comes out.
type Migration = fn(&WriteTransaction) -> Result<(), RegistryError>;

/// The formats that are known.
pub(super) struct Formats {
    /// The oldest that is read. The newest is this and the number of migrations.
    oldest: u64,
    /// From the oldest to the next, and so on.
    migrations: &'static [Migration],
}

/// The formats this labelgate knows:
///
/// 1. the first;
/// 2. identities may be proved by tokens, and there is a master key;
/// 3. there are hosts;
/// 4. hosts may have addresses, and leases those of their host;
/// 5. images may follow machines.
///
/// Whoever changes what is kept adds the migration from the format before, and a database of that
/// format to the tests.
pub(super) const CURRENT: Formats = Formats {
    oldest: 1,
    migrations: &[tokens, hosts, addresses, followers],
};

/// From format 1 to 2. Nothing that was there is written otherwise.
fn tokens(transaction: &WriteTransaction) -> Result<(), RegistryError> {
    secrets::make_tables(transaction)
}

/// From format 2 to 3. Nothing that was there is written otherwise.
fn hosts(transaction: &WriteTransaction) -> Result<(), RegistryError> {
    stored::make_table::<Host>(transaction)
}

/// From format 3 to 4. Nothing that was there is written otherwise: a host without addresses is one
/// whose machines come from any.
fn addresses(_: &WriteTransaction) -> Result<(), RegistryError> {
    Ok(())
}

/// From format 4 to 5. Nothing that was there is written otherwise: an image that says nothing of it
/// follows no machine.
fn followers(_: &WriteTransaction) -> Result<(), RegistryError> {
    Ok(())
}

impl Formats {
    fn newest(&self) -> u64 {
        self.oldest + self.migrations.len() as u64
    }
}

/// Reads and checks all of the registry, after bringing it to the newest format, or making it if
/// the database is empty.
pub(super) fn bring_up_to_date(
    registry: &Database,
    formats: &Formats,
) -> Result<Contents, RegistryError> {
    let reading = registry.begin_read().map_err(database)?;
    let known = formats.newest();
    match reading.meta("format")? {
        Some(format) if format == known => stored::read(&reading)?.checked(),
        Some(format) if format > known => Err(RegistryError::Newer { format, known }),
        Some(format) => migrate(registry, formats, format),
        None if reading.list_tables().map_err(database)?.next().is_some() => {
            Err(RegistryError::NoFormat)
        }
        None => make(registry, known),
    }
}

fn migrate(registry: &Database, formats: &Formats, format: u64) -> Result<Contents, RegistryError> {
    let steps = format
        .checked_sub(formats.oldest)
        .and_then(|done| usize::try_from(done).ok());
    let migrations = steps.and_then(|done| formats.migrations.get(done..));
    let migrations = migrations.ok_or(RegistryError::NoFormat)?;
    let transaction = stored::begin(registry)?;
    for migration in migrations {
        migration(&transaction)?;
    }
    set_format(&transaction, formats.newest())?;
    let contents = stored::read(&transaction)?.checked()?;
    transaction.commit().map_err(database)?;
    Ok(contents)
}

fn make(registry: &Database, format: u64) -> Result<Contents, RegistryError> {
    let transaction = stored::begin(registry)?;
    let empty = Snapshot::default();
    set_format(&transaction, format)?;
    secrets::make_tables(&transaction)?;
    stored::write(&transaction, &empty, &empty)?;
    transaction.commit().map_err(database)?;
    Ok(Contents::default())
}

fn set_format(transaction: &WriteTransaction, format: u64) -> Result<(), RegistryError> {
    let mut meta = transaction.open_table(META).map_err(database)?;
    meta.insert("format", format).map_err(database)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use redb::backends::InMemoryBackend;

    use super::*;

    fn registry() -> Database {
        let backend = InMemoryBackend::new();
        let database = redb::Builder::new().create_with_backend(backend).unwrap();
        bring_up_to_date(&database, &CURRENT).unwrap();
        database
    }

    /// What an earlier labelgate has written is found by these names. Whoever changes one writes
    /// a migration; what is in the tables is in the golden backup of the tests.
    #[test]
    fn the_tables_of_format_5_have_these_names() {
        use redb::TableHandle;

        let registry = registry();
        let reading = registry.begin_read().unwrap();
        assert_eq!(reading.meta("format").unwrap(), Some(5));
        let tables = reading.list_tables().unwrap();
        let mut names: Vec<String> = tables.map(|table| table.name().to_owned()).collect();
        names.sort_unstable();
        let expected = [
            "cursors",
            "groups",
            "hosts",
            "identities",
            "images",
            "keys",
            "leases",
            "levels",
            "meta",
            "secrets",
            "stores",
            "tokens",
        ];
        assert_eq!(names, expected);
    }

    /// Leaves a trace of having run.
    fn next(transaction: &WriteTransaction) -> Result<(), RegistryError> {
        let mut meta = transaction.open_table(META).map_err(database)?;
        meta.insert("migrated", 1).map_err(database)?;
        Ok(())
    }

    fn fails(_: &WriteTransaction) -> Result<(), RegistryError> {
        Err(RegistryError::NoFormat)
    }

    const LATER: Formats = Formats {
        oldest: 1,
        migrations: &[tokens, hosts, addresses, followers, next],
    };

    #[test]
    fn an_older_one_is_brought_to_the_present_and_an_earlier_program_leaves_it_alone() {
        let registry = registry();
        bring_up_to_date(&registry, &LATER).unwrap();
        let reading = registry.begin_read().unwrap();
        assert_eq!(reading.meta("format").unwrap(), Some(6));
        assert_eq!(reading.meta("migrated").unwrap(), Some(1));
        drop(reading);
        let refused = bring_up_to_date(&registry, &CURRENT);
        let newer = matches!(
            refused,
            Err(RegistryError::Newer {
                format: 6,
                known: 5
            })
        );
        assert!(newer, "{refused:?}");
    }

    #[test]
    fn a_migration_that_fails_changes_nothing() {
        let registry = registry();
        let failing = Formats {
            oldest: 1,
            migrations: &[tokens, hosts, addresses, followers, next, fails],
        };
        assert!(bring_up_to_date(&registry, &failing).is_err());
        let reading = registry.begin_read().unwrap();
        assert_eq!(reading.meta("format").unwrap(), Some(5));
        assert_eq!(reading.meta("migrated").unwrap(), None);
    }
}
