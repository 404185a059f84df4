//! A file that gets its name only when it is complete.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

use labelgate_control::Handed;
use labelgate_mac::Context;
use labelgate_mac::selinux::{ForNext, Kind, relabel};
use rustix::fs::{
    AtFlags, CWD, Dir, FlockOperation, Mode, OFlags, RenameFlags, ResolveFlags, flock, fsync,
    linkat, open, openat, openat2, renameat_with, syncfs, unlinkat,
};
use rustix::io::Errno;

use crate::image::lock_table::is_locked;
use crate::image::{Manner, give_to, make_at};

/// What no step of a path below a store may do.
const WITHIN: ResolveFlags = ResolveFlags::BENEATH
    .union(ResolveFlags::NO_SYMLINKS)
    .union(ResolveFlags::NO_MAGICLINKS);
const ONLY_OWNER: Mode = Mode::RUSR.union(Mode::WUSR);
/// How names of files begin that are not complete, where files without names cannot be.
const INCOMPLETE: &str = ".labelgate-incomplete-";

/// Why a new file is not there.
#[derive(Debug, thiserror::Error)]
pub enum NewFileError {
    /// The path leads out of the store or over a symbolic link.
    #[error("{file}: the path leads over a symbolic link or out of its store, which none may")]
    Escapes {
        /// The path in the store.
        file: PathBuf,
    },
    /// The path has no file's name at its end.
    #[error("{file}: this is no name of a file")]
    NoName {
        /// The path in the store.
        file: PathBuf,
    },
    /// There is a file of that name.
    #[error("{file} is there already; choose another name, or remove it")]
    Exists {
        /// The path in the store.
        file: PathBuf,
    },
    /// The system refused something.
    #[error("{file} cannot be {action}: {error}")]
    File {
        /// The path in the store.
        file: PathBuf,
        /// What could not be done.
        action: &'static str,
        /// Why.
        error: io::Error,
    },
}

/// A file that gets its name only when it is complete. Dropped before that, it is gone.
#[derive(Debug)]
pub struct NewFile {
    file: File,
    handed: Handed,
    place: Place,
    /// Its name meanwhile, where the file system has no files without names, or none that nobody
    /// here opens.
    meanwhile: Option<OsString>,
    /// What context it gets when it is complete, if that is another.
    complete: Option<Box<Context>>,
}

impl NewFile {
    /// Makes an empty file, for its owner to read and write, in the directory where it will be
    /// `file` of `store`.
    ///
    /// # Errors
    /// [`NewFileError`]; [`NewFileError::Exists`] already now if there is one of that name.
    pub fn create(store: &Path, file: &Path, manner: &Manner) -> Result<Self, NewFileError> {
        let place = Place::find(store, file)?;
        let (file, meanwhile) = match manner {
            Manner::Path { context, owner } => {
                let (file, name) = place.led_to(context, *owner)?;
                (file, Some(name))
            }
            Manner::Open => place.opened()?,
            Manner::Content { draft, .. } => {
                let labelled = ForNext::make(Kind::File, draft);
                let _labelled = labelled.map_err(|error| place.refused("labelled", error))?;
                place.opened()?
            }
        };
        let complete = match manner {
            Manner::Content { context, .. } => Some(context.clone()),
            Manner::Open | Manner::Path { .. } => None,
        };
        Ok(Self {
            file,
            handed: manner.handed(),
            place,
            meanwhile,
            complete,
        })
    }

    /// What the importer gets of it.
    #[must_use]
    pub const fn handed(&self) -> Handed {
        self.handed
    }

    /// The file, or the way to it.
    #[must_use]
    pub const fn file(&self) -> &File {
        &self.file
    }

    /// Gives the file its name, once it is on stable storage, and so is its name after that.
    ///
    /// # Errors
    /// [`NewFileError`]. The file is gone, unless its directory could not be flushed.
    pub fn publish(mut self) -> Result<(), NewFileError> {
        let place = &self.place;
        match self.handed {
            Handed::Opened => fsync(&self.file),
            // The importer has flushed it, and may not have: this brings everything there.
            Handed::Path => syncfs(&place.directory),
        }
        .map_err(|error| place.failed("flushed", error))?;
        if let Some(context) = &self.complete {
            let relabelled = relabel(self.file.as_fd(), context);
            relabelled.map_err(|error| place.refused("labelled", error))?;
        }
        let (directory, name) = (&place.directory, &place.name);
        let named = match &self.meanwhile {
            None => {
                let itself = format!("/proc/self/fd/{}", self.file.as_raw_fd());
                linkat(CWD, itself, directory, name, AtFlags::SYMLINK_FOLLOW)
            }
            Some(meanwhile) => {
                let only_new = RenameFlags::NOREPLACE;
                renameat_with(directory, meanwhile, directory, name, only_new)
            }
        };
        named.map_err(|error| place.failed("named", error))?;
        self.meanwhile = None;
        fsync(directory).map_err(|error| self.place.failed("named for good", error))
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if let Some(name) = &self.meanwhile
            && let Err(error) = unlinkat(&self.place.directory, name, AtFlags::empty())
        {
            tracing::warn!("an incomplete file cannot be removed: {name:?}: {error}");
        }
    }
}

/// A file without a name where `file` of `store` would be, which it never gets.
pub(super) fn nameless(store: &Path, file: &Path, manner: &Manner) -> Result<File, NewFileError> {
    let place = Place::find(store, file)?;
    match manner {
        Manner::Open => place.spool(),
        Manner::Content { draft, .. } => {
            let labelled = ForNext::make(Kind::File, draft);
            let _labelled = labelled.map_err(|error| place.refused("labelled", error))?;
            place.spool()
        }
        Manner::Path { context, owner } => {
            let (file, name) = place.led_to(context, *owner)?;
            place.remove(&name)?;
            Ok(file)
        }
    }
}

/// Removes incomplete files from a directory that a gateway which was killed has left there. Those
/// that are in use are locked, and stay. Where they may not be opened (`handed` by path) the
/// kernel's table of locks tells.
///
/// # Errors
/// The directory cannot be read.
pub fn sweep(directory: &Path, handed: Handed) -> io::Result<()> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let directory = open(directory, flags, Mode::empty())?;
    for entry in Dir::read_from(&directory)? {
        let entry = entry?;
        let name = entry.file_name();
        if !name.to_bytes().starts_with(INCOMPLETE.as_bytes()) {
            continue;
        }
        let flags = OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let flags = match handed {
            Handed::Opened => flags | OFlags::RDONLY | OFlags::NONBLOCK,
            Handed::Path => flags | OFlags::PATH,
        };
        let Ok(file) = openat(&directory, name, flags, Mode::empty()) else {
            continue;
        };
        let unused = match handed {
            Handed::Opened => flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok(),
            Handed::Path => !is_locked(file.as_fd())?,
        };
        if unused {
            unlinkat(&directory, name, AtFlags::empty())?;
        }
    }
    Ok(())
}

/// Where a new file is to be.
#[derive(Debug)]
struct Place {
    directory: OwnedFd,
    name: OsString,
    file: PathBuf,
}

impl Place {
    fn find(store: &Path, file: &Path) -> Result<Self, NewFileError> {
        let Some(name) = file.file_name().map(OsStr::to_owned) else {
            let file = file.to_owned();
            return Err(NewFileError::NoName { file });
        };
        let directory = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let opened = open(store, directory, Mode::empty()).and_then(|store| {
            match file.parent().filter(|parent| *parent != Path::new("")) {
                None => Ok(store),
                Some(parent) => openat2(&store, parent, directory, Mode::empty(), WITHIN),
            }
        });
        let place = Self {
            directory: opened.map_err(|error| failed(file, "made", error))?,
            name,
            file: file.to_owned(),
        };
        let there = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        match openat(&place.directory, &place.name, there, Mode::empty()) {
            Err(Errno::NOENT) => Ok(place),
            Ok(_) => Err(place.failed("made", Errno::EXIST)),
            Err(error) => Err(place.failed("made", error)),
        }
    }

    /// An open file for the image, and its name meanwhile, if it must have one.
    fn opened(&self) -> Result<(File, Option<OsString>), NewFileError> {
        match self.nameless(OFlags::empty()) {
            Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL) => {
                let (file, name) = self.named()?;
                Ok((file, Some(name)))
            }
            made => Ok((made.map_err(|error| self.failed("made", error))?, None)),
        }
    }

    /// An open file that never gets a name.
    fn spool(&self) -> Result<File, NewFileError> {
        match self.nameless(OFlags::EXCL) {
            Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL) => {
                let (file, name) = self.named()?;
                self.remove(&name)?;
                Ok(file)
            }
            made => made.map_err(|error| self.failed("made", error)),
        }
    }

    /// A file with a name that says that it is not complete, which nobody here has opened, of this
    /// context and owner: what leads to it, and its name.
    fn led_to(
        &self,
        context: &Context,
        owner: Option<u32>,
    ) -> Result<(File, OsString), NewFileError> {
        let name = self.incomplete()?;
        make_at(self.directory.as_fd(), &name, context)
            .map_err(|error| self.refused("made", error))?;
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let found = openat(&self.directory, &name, flags, Mode::empty());
        let given = found.and_then(|found| {
            if let Some(owner) = owner {
                give_to(found.as_fd(), owner)?;
            }
            Ok(found)
        });
        match given {
            Ok(found) => Ok((found.into(), name)),
            Err(error) => {
                self.remove(&name)?;
                Err(self.failed("made", error))
            }
        }
    }

    fn remove(&self, name: &OsStr) -> Result<(), NewFileError> {
        let removed = unlinkat(&self.directory, name, AtFlags::empty());
        removed.map_err(|error| self.failed("made", error))
    }

    /// A name that says that the file is not complete.
    fn incomplete(&self) -> Result<OsString, NewFileError> {
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(|_| self.failed("made", Errno::AGAIN))?;
        Ok(format!("{INCOMPLETE}{:016x}", u64::from_ne_bytes(random)).into())
    }

    /// A file without a name in the directory.
    fn nameless(&self, more: OFlags) -> Result<File, Errno> {
        let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC | more;
        openat(&self.directory, ".", flags, ONLY_OWNER).map(File::from)
    }

    /// A file with a name that says that it is not complete, and a lock that says that it is in
    /// use.
    fn named(&self) -> Result<(File, OsString), NewFileError> {
        let name = self.incomplete()?;
        let flags = OFlags::CREATE | OFlags::EXCL | OFlags::RDWR | OFlags::CLOEXEC;
        let made = openat(&self.directory, &name, flags, ONLY_OWNER);
        let file = made.map_err(|error| self.failed("made", error))?;
        flock(&file, FlockOperation::NonBlockingLockExclusive)
            .map_err(|error| self.failed("locked", error))?;
        Ok((file.into(), name))
    }

    fn refused(&self, action: &'static str, error: io::Error) -> NewFileError {
        let file = self.file.clone();
        NewFileError::File {
            file,
            action,
            error,
        }
    }

    fn failed(&self, action: &'static str, error: Errno) -> NewFileError {
        failed(&self.file, action, error)
    }
}

fn failed(file: &Path, action: &'static str, error: Errno) -> NewFileError {
    let file = file.to_owned();
    match error {
        Errno::EXIST => NewFileError::Exists { file },
        Errno::LOOP | Errno::XDEV => NewFileError::Escapes { file },
        error => NewFileError::File {
            file,
            action,
            error: error.into(),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use super::*;

    /// A file with a name of its own meanwhile, as on file systems that want one.
    fn create_named(store: &Path, file: &Path) -> NewFile {
        let place = Place::find(store, file).unwrap();
        let (file, name) = place.named().unwrap();
        NewFile {
            file,
            handed: Handed::Opened,
            place,
            meanwhile: Some(name),
            complete: None,
        }
    }

    fn names(store: &Path) -> Vec<OsString> {
        let entries = fs::read_dir(store).unwrap();
        entries.map(|entry| entry.unwrap().file_name()).collect()
    }

    #[test]
    fn it_has_its_name_only_when_it_is_published() {
        for create in [
            |s: &Path, f: &Path| NewFile::create(s, f, &Manner::Open).unwrap(),
            create_named,
        ] {
            let store = tempfile::tempdir().unwrap();
            let image = store.path().join("image");
            let new = create(store.path(), Path::new("image"));
            new.file().write_all(b"data").unwrap();
            assert!(!image.exists());
            new.publish().unwrap();
            let status = fs::metadata(&image).unwrap();
            assert_eq!(
                (status.nlink(), status.permissions().mode() & 0o777),
                (1, 0o600)
            );
            assert_eq!(fs::read(&image).unwrap(), b"data");
            assert_eq!(names(store.path()), ["image"]);
        }
    }

    #[test]
    fn dropped_before_that_it_is_gone() {
        for create in [
            |s: &Path, f: &Path| NewFile::create(s, f, &Manner::Open).unwrap(),
            create_named,
        ] {
            let store = tempfile::tempdir().unwrap();
            drop(create(store.path(), Path::new("image")));
            assert_eq!(names(store.path()), [""; 0]);
        }
    }

    #[test]
    fn it_takes_nobodys_place() {
        for create in [
            |s: &Path, f: &Path| NewFile::create(s, f, &Manner::Open).unwrap(),
            create_named,
        ] {
            let store = tempfile::tempdir().unwrap();
            let image = store.path().join("image");
            let new = create(store.path(), Path::new("image"));
            fs::write(&image, "someone else's").unwrap();
            let error = new.publish().unwrap_err();
            assert!(matches!(error, NewFileError::Exists { .. }), "{error}");
            let error =
                NewFile::create(store.path(), Path::new("image"), &Manner::Open).unwrap_err();
            assert!(matches!(error, NewFileError::Exists { .. }), "{error}");
            assert_eq!(fs::read(&image).unwrap(), b"someone else's");
            assert_eq!(names(store.path()), ["image"]);
        }
    }

    #[test]
    fn no_path_leads_out_of_the_store() {
        let (store, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::create_dir(store.path().join("within")).unwrap();
        symlink(outside.path(), store.path().join("link")).unwrap();
        symlink(outside.path().join("image"), store.path().join("dangling")).unwrap();
        let refused =
            |file: &str| NewFile::create(store.path(), Path::new(file), &Manner::Open).unwrap_err();
        for file in ["../image", "within/../../image", "link/image", "/etc/image"] {
            let error = refused(file);
            assert!(
                matches!(error, NewFileError::Escapes { .. }),
                "{file}: {error}"
            );
        }
        for file in ["", "..", "/", "within/.."] {
            let error = refused(file);
            assert!(
                matches!(error, NewFileError::NoName { .. }),
                "{file}: {error}"
            );
        }
        assert!(matches!(refused("dangling"), NewFileError::Exists { .. }));
        assert!(matches!(
            refused("missing/image"),
            NewFileError::File { .. }
        ));
        NewFile::create(store.path(), Path::new("within/image"), &Manner::Open)
            .unwrap()
            .publish()
            .unwrap();
        assert_eq!(names(&store.path().join("within")), ["image"]);
        assert_eq!(names(outside.path()), [""; 0]);
    }

    #[test]
    fn what_a_killed_gateway_has_left_is_swept_and_what_is_in_use_is_not() {
        for handed in [Handed::Opened, Handed::Path] {
            left_or_in_use(handed);
        }
    }

    fn left_or_in_use(handed: Handed) {
        let store = tempfile::tempdir().unwrap();
        let left = store.path().join(format!("{INCOMPLETE}0123456789abcdef"));
        fs::write(&left, "half").unwrap();
        fs::write(store.path().join("image"), "whole").unwrap();
        let in_use = create_named(store.path(), Path::new("other"));
        sweep(store.path(), handed).unwrap();
        assert!(!left.exists());
        assert_eq!(names(store.path()).len(), 2);
        in_use.publish().unwrap();
        let mut names = names(store.path());
        names.sort();
        assert_eq!(names, ["image", "other"]);
    }

    #[test]
    fn a_spool_never_gets_a_name() {
        let store = tempfile::tempdir().unwrap();
        let spool = nameless(store.path(), Path::new("image"), &Manner::Open).unwrap();
        assert_eq!(spool.metadata().unwrap().nlink(), 0);
        let itself = format!("/proc/self/fd/{}", spool.as_raw_fd());
        let name = store.path().join("spool");
        assert!(linkat(CWD, itself, CWD, name, AtFlags::SYMLINK_FOLLOW).is_err());
        assert_eq!(names(store.path()), [""; 0]);
    }
}
