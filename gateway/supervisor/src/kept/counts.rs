//! How many keepers a logical unit of an upstream target has had, written down.
//!
//! Each reserves the unit by a key with its number in it, and takes it over from those before it. So no
//! number may be given twice, whatever happens to the gateway in between.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The directory of all of them, in the state directory.
const DIRECTORY: &str = "units";

/// Where the counts are: one file for each unit that was ever an image.
#[derive(Debug)]
pub struct Counts {
    directory: PathBuf,
    /// Two of one unit at a time would have one number.
    one_at_a_time: Mutex<()>,
}

/// Why a keeper has no number.
#[derive(Debug, thiserror::Error)]
#[error("the count of its keepers, {path}: {error}; write a number there that is larger than the lower 32 bits of the key that \
         sg_persist --in --read-reservation shows of its logical unit, or 0 if nothing holds that", path = path.display())]
pub struct NoCount {
    path: PathBuf,
    error: io::Error,
}

impl Counts {
    /// In this state directory.
    #[must_use]
    pub fn new(state_dir: &Path) -> Self {
        Self {
            directory: state_dir.join(DIRECTORY),
            one_at_a_time: Mutex::new(()),
        }
    }

    /// The number of the next keeper of a unit that is reserved by this key. It goes round. When this returns,
    /// it is on the disk. To be called where waiting for that holds up nobody.
    ///
    /// # Errors
    /// It cannot be written; or what is there is no number, which somebody has to look at: one that is too
    /// small would shut the gateway out of its own image.
    pub fn next(&self, reservation: u64) -> Result<u32, NoCount> {
        let _mine = self
            .one_at_a_time
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let path = self.directory.join(format!("{reservation:016x}"));
        let counted = self.count(&path);
        counted.map_err(|error| NoCount { path, error })
    }

    fn count(&self, path: &Path) -> io::Result<u32> {
        let mut directory = DirBuilder::new();
        directory
            .recursive(true)
            .mode(0o700)
            .create(&self.directory)?;
        let next = match fs::read_to_string(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => 1,
            Err(error) => return Err(error),
            Ok(text) => text
                .trim_end()
                .parse::<u32>()
                .map_err(io::Error::other)?
                .wrapping_add(1),
        };
        let unfinished = path.with_extension("new");
        let mut open = OpenOptions::new();
        let open = open.write(true).create(true).truncate(true).mode(0o600);
        let mut file = open.open(&unfinished)?;
        writeln!(file, "{next}")?;
        file.sync_all()?;
        fs::rename(&unfinished, path)?;
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
        let (one, other) = (7 << 32, 8 << 32);
        let counts = Counts::new(state.path());
        assert_eq!(
            (counts.next(one).unwrap(), counts.next(one).unwrap()),
            (1, 2)
        );
        let next_gateway = Counts::new(state.path());
        assert_eq!(next_gateway.next(one).unwrap(), 3);
        assert_eq!(next_gateway.next(other).unwrap(), 1);
        let path = state.path().join(DIRECTORY).join("0000000700000000");
        fs::write(&path, "4294967295\n").unwrap();
        assert_eq!(counts.next(one).unwrap(), 0);
        fs::write(&path, "").unwrap();
        let said = counts.next(one).unwrap_err().to_string();
        assert!(
            said.contains("0000000700000000") && said.contains("sg_persist"),
            "{said}"
        );
    }

    #[test]
    fn those_who_count_at_once_have_numbers_of_their_own() {
        let state = tempfile::tempdir().unwrap();
        let counts = Counts::new(state.path());
        let all = std::sync::Mutex::new(std::collections::BTreeSet::new());
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..5 {
                        let number = counts.next(1 << 32).unwrap();
                        assert!(all.lock().unwrap().insert(number), "{number}");
                    }
                });
            }
        });
    }
}
