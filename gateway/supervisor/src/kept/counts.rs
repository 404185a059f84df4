//! How many keepers an image on an upstream target has had, written down.
//!
//! Each reserves the logical unit by a key with its number in it, and takes it over from those before it.
//! So no number may be given twice, whatever happens to the gateway in between.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use labelgate_control::Serial;

/// The directory of all of them, in the state directory.
const DIRECTORY: &str = "units";

/// Where the counts are: one file for each image.
#[derive(Debug, Clone)]
pub struct Counts {
    directory: PathBuf,
}

impl Counts {
    /// In this state directory.
    #[must_use]
    pub fn new(state_dir: &Path) -> Self {
        Self {
            directory: state_dir.join(DIRECTORY),
        }
    }

    /// The number of the next keeper of an image. It goes round after 65535. When this returns, it is on
    /// the disk.
    ///
    /// # Errors
    /// It cannot be written; or what is there is no number, which somebody has to look at: a number that
    /// is too small would shut the gateway out of its own image.
    pub fn next(&self, serial: Serial) -> io::Result<u16> {
        let mut directory = DirBuilder::new();
        directory
            .recursive(true)
            .mode(0o700)
            .create(&self.directory)?;
        let path = self.directory.join(serial.to_string());
        let next = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => 1,
            Err(error) => return Err(error),
            Ok(text) => text
                .trim_end()
                .parse::<u16>()
                .map_err(io::Error::other)?
                .wrapping_add(1),
        };
        let unfinished = self.directory.join(format!(".{serial}"));
        let mut open = OpenOptions::new();
        let open = open.write(true).create(true).truncate(true).mode(0o600);
        let mut file = open.open(&unfinished)?;
        writeln!(file, "{next}")?;
        file.sync_all()?;
        fs::rename(&unfinished, &path)?;
        File::open(&self.directory)?.sync_all()?;
        Ok(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_keeper_has_the_number_of_another() {
        let state = tempfile::tempdir().unwrap();
        let (one, other) = (Serial([1; 16]), Serial([2; 16]));
        let counts = Counts::new(state.path());
        assert_eq!(
            (counts.next(one).unwrap(), counts.next(one).unwrap()),
            (1, 2)
        );
        let next_gateway = Counts::new(state.path());
        assert_eq!(next_gateway.next(one).unwrap(), 3);
        assert_eq!(next_gateway.next(other).unwrap(), 1);
        let path = state.path().join(DIRECTORY).join(one.to_string());
        fs::write(&path, "65535\n").unwrap();
        assert_eq!(counts.next(one).unwrap(), 0);
        fs::write(&path, "").unwrap();
        assert!(
            counts.next(one).is_err(),
            "a file that was cut says nothing"
        );
    }
}
