//! What goes wrong with the registry itself.

use std::io;
use std::path::PathBuf;

use crate::Refusal;

/// The registry cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// A file or directory cannot be used.
    #[error("{path}: {why}", path = path.display())]
    Place {
        /// Which.
        path: PathBuf,
        /// What is wrong with it and what to do.
        why: String,
    },
    /// The operating system says no.
    #[error("{path}: {error}", path = path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// What it says.
        #[source]
        error: io::Error,
    },
    /// The database says no. After a failed write it goes on saying so until it is opened again.
    #[error("the registry's database: {0}; look at the disk, then restart labelgated")]
    Database(#[source] Box<redb::Error>),
    /// It was written by a newer labelgate.
    #[error(
        "the registry has format {format} and this labelgate knows up to {known}; \
         install the newer labelgate again, or restore a backup it made"
    )]
    Newer {
        /// The format it has.
        format: u64,
        /// The newest one known.
        known: u64,
    },
    /// It is no registry of ours, or of a format that is not read any more.
    #[error("the database has no registry in it, or one of an unknown format; restore a backup")]
    NoFormat,
    /// A record cannot be read.
    #[error(
        "the registry's table {table} has an unreadable record {key:?}: {why}; restore a backup"
    )]
    Record {
        /// Its table.
        table: &'static str,
        /// Its key.
        key: String,
        /// What is wrong. Nothing of a secret.
        why: String,
    },
    /// The kernel has no random numbers.
    #[error("no random numbers: {0}")]
    Random(#[source] getrandom::Error),
    /// The records contradict each other.
    #[error("the registry contradicts itself: {0}; restore a backup")]
    Broken(String),
}

/// A change was not made.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// It must not be made.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It could not be made.
    #[error(transparent)]
    Registry(#[from] RegistryError),
}

/// A backup was not made.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// It could not be written.
    #[error("the backup cannot be written: {0}")]
    Write(#[from] io::Error),
    /// It could not be restored.
    #[error(
        "the registry has more in it than a backup may have (1 GiB); \
         stop labelgated and copy the registry's file"
    )]
    TooLong,
    /// The registry could not be read.
    #[error(transparent)]
    Registry(#[from] RegistryError),
}

/// A backup was not restored. The registry is as it was.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// It could not be read.
    #[error("the backup cannot be read: {0}")]
    Read(#[from] io::Error),
    /// It is none.
    #[error("this is no backup of a registry; give a file that `labelgate backup` wrote")]
    NotBackup,
    /// It was made by a newer labelgate.
    #[error(
        "the backup has version {version} and this labelgate reads up to {known}; use a newer one"
    )]
    Newer {
        /// Its version.
        version: u32,
        /// The newest one known.
        known: u32,
    },
    /// A line of it is wrong.
    #[error("line {line} of the backup {why}; it was changed after it was made")]
    Line {
        /// Which, counted from 1.
        line: u64,
        /// What is wrong. Nothing of a secret.
        why: String,
    },
    /// It ends too early.
    #[error("the backup is cut off; copy it again from where it was made")]
    Truncated,
    /// It is not what was written.
    #[error("the backup's checksum is wrong; copy it again from where it was made")]
    Checksum,
    /// Its records contradict each other.
    #[error("the backup contradicts itself: {0}; it was changed after it was made")]
    Broken(String),
    /// The registry could not be written.
    #[error(transparent)]
    Registry(#[from] RegistryError),
}
