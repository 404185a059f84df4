//! The file of the database: whose it is and who else may read it.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use redb::{Builder, Database};
use rustix::fs::{AtFlags, CWD, Mode, OFlags, RenameFlags, openat, renameat_with, unlinkat};
use rustix::io::Errno;

use super::{database, format};
use crate::RegistryError;

/// The most memory redb may use for pages it has read.
const CACHE_BYTES: usize = 16 << 20;

/// What every file is opened with. `NONBLOCK` keeps a FIFO of that name from holding us up.
const FLAGS: OFlags = OFlags::NOFOLLOW
    .union(OFlags::CLOEXEC)
    .union(OFlags::NONBLOCK);

/// Opens the database, which is made if there is none.
pub(super) fn open(path: &Path) -> Result<Database, RegistryError> {
    let place = Place::of(path)?;
    match place.open_file() {
        Err(RegistryError::Io { error, .. }) if error.kind() == ErrorKind::NotFound => {
            place.make()?;
            open_database(place.open_file()?)
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

/// A name in a directory that was looked at. Everything happens by the open directory: nobody can
/// put another in its place meanwhile.
struct Place {
    path: PathBuf,
    directory: File,
    name: OsString,
}

impl Place {
    fn of(path: &Path) -> Result<Self, RegistryError> {
        let Some(name) = path.file_name() else {
            return Err(wrong(path, "names no file; give the registry's own path"));
        };
        let directory = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        Ok(Self {
            path: path.to_owned(),
            directory: open_directory(directory)?,
            name: name.to_owned(),
        })
    }

    fn open_at(&self, name: &OsStr, flags: OFlags) -> Result<File, Errno> {
        let mode = Mode::RUSR | Mode::WUSR;
        let opened = openat(&self.directory, name, OFlags::RDWR | FLAGS | flags, mode)?;
        Ok(File::from(opened))
    }

    fn open_file(&self) -> Result<File, RegistryError> {
        let file = match self.open_at(&self.name, OFlags::empty()) {
            Err(Errno::LOOP) => {
                let what = "is a symbolic link; give the registry's own path";
                return Err(wrong(&self.path, what));
            }
            Err(Errno::ISDIR) => {
                return Err(wrong(&self.path, "is a directory; give a file in it"));
            }
            file => file.map_err(|error| io(&self.path, error))?,
        };
        check_file(&self.path, &file)?;
        Ok(file)
    }

    /// Makes an empty registry under another name and gives it its own only when it is whole: a
    /// kill in the middle leaves no half of one.
    fn make(&self) -> Result<(), RegistryError> {
        let mut unfinished = self.name.clone();
        unfinished.push(".new");
        let io = |error| io(&self.path.with_file_name(&unfinished), error);
        match unlinkat(&self.directory, &unfinished, AtFlags::empty()) {
            Err(error) if error != Errno::NOENT => return Err(io(error)),
            _ => {}
        }
        let new = OFlags::CREATE | OFlags::EXCL;
        let empty = open_database(self.open_at(&unfinished, new).map_err(io)?)?;
        format::bring_up_to_date(&empty, &format::CURRENT)?;
        empty.close().map_err(database)?;
        let (here, from, to) = (&self.directory, &unfinished, &self.name);
        renameat_with(here, from, here, to, RenameFlags::NOREPLACE).map_err(io)?;
        rustix::fs::fsync(&self.directory).map_err(io)
    }
}

fn wrong(path: &Path, why: impl Into<String>) -> RegistryError {
    RegistryError::Place {
        path: path.to_owned(),
        why: why.into(),
    }
}

fn io(path: &Path, error: impl Into<std::io::Error>) -> RegistryError {
    RegistryError::Io {
        path: path.to_owned(),
        error: error.into(),
    }
}

/// The file has secrets in it.
fn check_file(path: &Path, file: &File) -> Result<(), RegistryError> {
    let metadata = file.metadata().map_err(|error| io(path, error))?;
    if !metadata.is_file() {
        let what = "is no regular file; give the registry's own path";
        return Err(wrong(path, what));
    }
    let (owner, user) = (metadata.uid(), rustix::process::geteuid().as_raw());
    if owner != user {
        let what = format!("belongs to UID {owner} and has secrets; chown it to {user}");
        return Err(wrong(path, what));
    }
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(wrong(
            path,
            format!(
                "has mode {mode:04o} and others can open it; chmod it to 0600, and rotate all secrets"
            ),
        ));
    }
    Ok(())
}

/// The directory: who may write it can replace the registry.
fn open_directory(path: &Path) -> Result<File, RegistryError> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | FLAGS;
    let directory = match openat(CWD, path, flags, Mode::empty()) {
        Err(Errno::NOTDIR | Errno::LOOP) => {
            let what = "is a symbolic link or no directory; give the real directory";
            return Err(wrong(path, what));
        }
        opened => File::from(opened.map_err(|error| io(path, error))?),
    };
    let metadata = directory.metadata().map_err(|error| io(path, error))?;
    let (owner, user) = (metadata.uid(), rustix::process::geteuid().as_raw());
    if owner != user && owner != 0 {
        let what =
            format!("belongs to UID {owner}, who could replace the registry; chown it to {user}");
        return Err(wrong(path, what));
    }
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & 0o022 != 0 {
        let what = format!("has mode {mode:04o} and others can write it; chmod it to 0700");
        return Err(wrong(path, what));
    }
    Ok(directory)
}
