//! Files that hold secrets.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::fault::Fault;

/// A new file that only its owner may read. Unless it is kept, it is removed again.
#[derive(Debug)]
pub(crate) struct PrivateFile {
    path: PathBuf,
    file: File,
    kept: bool,
}

impl PrivateFile {
    /// Creates it. Nothing that is there is overwritten or followed.
    pub(crate) fn create(path: &Path) -> Result<Self, Fault> {
        let created = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path);
        let path = path.to_owned();
        match created {
            Ok(file) => Ok(Self {
                path,
                file,
                kept: false,
            }),
            Err(error) => Err(Fault::Create { file: path, error }),
        }
    }

    /// Appends.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.file.write_all(bytes).map_err(Fault::write(&self.path))
    }

    /// Brings it to stable storage. From now on it stays.
    pub(crate) fn keep(mut self) -> Result<(), Fault> {
        self.file.sync_all().map_err(Fault::write(&self.path))?;
        let directory = match self.path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let synced: io::Result<()> =
            File::open(directory).and_then(|directory| directory.sync_all());
        synced.map_err(Fault::write(&self.path))?;
        self.kept = true;
        Ok(())
    }
}

impl Drop for PrivateFile {
    fn drop(&mut self) {
        if !self.kept {
            // What cannot be removed is at least readable by its owner alone.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn it_is_private_and_overwrites_nothing() {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("secret");
        let mut file = PrivateFile::create(&path).unwrap();
        file.write(b"abc").unwrap();
        file.keep().unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert!(PrivateFile::create(&path).is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"abc");
    }

    #[test]
    fn what_was_not_finished_is_removed() {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("backup");
        let mut file = PrivateFile::create(&path).unwrap();
        file.write(b"half").unwrap();
        drop(file);
        assert!(!path.exists());
    }

    #[test]
    fn a_link_is_not_followed() {
        let scratch = tempfile::tempdir().unwrap();
        let (link, target) = (scratch.path().join("link"), scratch.path().join("target"));
        std::os::unix::fs::symlink(&target, &link).unwrap();
        assert!(PrivateFile::create(&link).is_err());
        assert!(!target.exists());
    }
}
