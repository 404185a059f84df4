//! The file of the database: whose it is and who else may read it.

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use redb::{Builder, Database};
use rustix::fs::{RenameFlags, renameat_with};

use super::{database, format};
use crate::RegistryError;

/// The most memory redb may use for pages it has read.
const CACHE_BYTES: usize = 16 << 20;

/// Opens the database, which is made if there is none.
pub(super) fn open(path: &Path) -> Result<Database, RegistryError> {
    let directory = check_directory(path)?;
    match open_file(path) {
        Err(RegistryError::Io { error, .. }) if error.kind() == ErrorKind::NotFound => {
            make(path, &directory)?;
            open_database(open_file(path)?)
        }
        file => open_database(file?),
    }
}

fn open_database(file: File) -> Result<Database, RegistryError> {
    // Without the check a damaged file could make redb panic later.
    let backend = redb::backends::FileBackend::new(file).map_err(database)?;
    Builder::new()
        .set_cache_size(CACHE_BYTES)
        .set_check_integrity_on_open(true)
        .create_with_backend(backend)
        .map_err(database)
}

/// Makes an empty registry under another name and gives it its own only when it is whole: a kill
/// in the middle leaves no half of one.
fn make(path: &Path, directory: &File) -> Result<(), RegistryError> {
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".new");
    let unfinished = PathBuf::from(unfinished);
    let io = |error| RegistryError::Io {
        path: unfinished.clone(),
        error,
    };
    match std::fs::remove_file(&unfinished) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(io(error)),
        _ => {}
    }
    let file = options().create_new(true).open(&unfinished).map_err(io)?;
    let empty = open_database(file)?;
    format::bring_up_to_date(&empty, &format::CURRENT)?;
    empty.close().map_err(database)?;
    let (from, to) = (&unfinished, path);
    let here = rustix::fs::CWD;
    renameat_with(here, from, here, to, RenameFlags::NOREPLACE)
        .map_err(|error| io(error.into()))?;
    directory.sync_all().map_err(io)
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    options
        .read(true)
        .write(true)
        .mode(0o600)
        .custom_flags(flags.bits().cast_signed());
    options
}

fn open_file(path: &Path) -> Result<File, RegistryError> {
    let place = |why: String| RegistryError::Place {
        path: path.to_owned(),
        why,
    };
    let io = |error| RegistryError::Io {
        path: path.to_owned(),
        error,
    };
    let file = match options().open(path) {
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => {
            return Err(place(
                "is a symbolic link; give the registry's own path".to_owned(),
            ));
        }
        file => file.map_err(io)?,
    };
    let metadata = file.metadata().map_err(io)?;
    if !metadata.is_file() {
        return Err(place(
            "is no regular file; give the registry's own path".to_owned(),
        ));
    }
    let user = rustix::process::geteuid().as_raw();
    if metadata.uid() != user {
        let owner = metadata.uid();
        return Err(place(format!(
            "belongs to UID {owner}; it has secrets, chown it to {user}"
        )));
    }
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(place(format!(
            "has mode {mode:04o} and others can open it; chmod it to 0600, and rotate all secrets"
        )));
    }
    Ok(file)
}

/// The directory: who may write it can replace the registry.
fn check_directory(path: &Path) -> Result<File, RegistryError> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let place = |why: String| RegistryError::Place {
        path: directory.to_owned(),
        why,
    };
    let io = |error| RegistryError::Io {
        path: directory.to_owned(),
        error,
    };
    let mut options = OpenOptions::new();
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::DIRECTORY;
    options.read(true).custom_flags(flags.bits().cast_signed());
    let opened = match options.open(directory) {
        Err(error) if error.kind() == ErrorKind::NotADirectory => {
            let why = "is a symbolic link or no directory; give the real directory";
            return Err(place(why.to_owned()));
        }
        opened => opened.map_err(io)?,
    };
    let metadata = opened.metadata().map_err(io)?;
    let user = rustix::process::geteuid().as_raw();
    let owner = metadata.uid();
    if owner != user && owner != 0 {
        return Err(place(format!(
            "belongs to UID {owner}, who could replace the registry"
        )));
    }
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & 0o022 != 0 {
        return Err(place(format!(
            "has mode {mode:04o} and others can write it; chmod it to 0700"
        )));
    }
    Ok(opened)
}
