//! Files with the keys and secrets of stores.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rustix::fs::{Mode, OFlags, open};
use zeroize::Zeroizing;

/// The longest: a keyring with a few capabilities in it.
const LONGEST: u64 = 4096;

/// Why a file has no key for us.
#[derive(Debug, thiserror::Error)]
pub(super) enum KeyFileError<E: fmt::Display> {
    /// It cannot be read.
    #[error("{0}")]
    Read(#[from] io::Error),
    /// It would depend on where the gateway was started.
    #[error("is not absolute; begin it with \"/\"")]
    Relative,
    /// A pipe or a device.
    #[error("is no file")]
    NoFile,
    /// Somebody else may read it.
    #[error("has mode {0:04o}, and others may read it; run: chmod 0600 on it")]
    Open(u32),
    /// There is no key in it.
    #[error("{0}")]
    Key(E),
}

/// The key in a file, as `parse` finds it there.
///
/// # Errors
/// [`KeyFileError`]. Nothing of the key is in it, if `parse` says nothing of it.
pub(super) fn read<T, E: fmt::Display>(
    path: &Path,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, KeyFileError<E>> {
    if !path.is_absolute() {
        return Err(KeyFileError::Relative);
    }
    // A pipe that nobody writes must not keep the gateway waiting.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::NONBLOCK;
    let file = File::from(open(path, flags, Mode::empty()).map_err(io::Error::from)?);
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(KeyFileError::NoFile);
    }
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(KeyFileError::Open(mode));
    }
    let room = usize::try_from(LONGEST).unwrap_or_default();
    let mut text = Zeroizing::new(String::with_capacity(room));
    file.take(LONGEST).read_to_string(&mut text)?;
    parse(&text).map_err(KeyFileError::Key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use labelgate_registry::{CephxKey, CephxKeyError};
    use std::fs::{Permissions, set_permissions, write};

    fn read(path: &Path) -> Result<CephxKey, KeyFileError<CephxKeyError>> {
        super::read(path, str::parse)
    }

    #[test]
    fn a_key_is_read_from_a_file_of_its_owner_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        write(&path, "AQBSdFhcAAAAABAAuF2wqYhZxqPqXGg0dEcYrQ==\n").unwrap();
        set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        let said = read(&path).unwrap_err().to_string();
        assert!(
            said.contains("0640") && said.contains("chmod 0600"),
            "{said}"
        );
        set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        assert!(read(&path).unwrap().expose().starts_with("AQB"));

        write(&path, "sesame, open").unwrap();
        assert!(!read(&path).unwrap_err().to_string().contains("sesame"));
        assert!(matches!(
            read(Path::new("key")),
            Err(KeyFileError::Relative)
        ));
        assert!(matches!(read(directory.path()), Err(KeyFileError::NoFile)));
        assert!(matches!(read(&path.join("x")), Err(KeyFileError::Read(_))));
    }
}
