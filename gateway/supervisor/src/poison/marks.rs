//! The marks themselves: files, and what is known of them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use labelgate_control::Serial;

/// The marks of all images, as they are known and as they are on the disk.
#[derive(Debug)]
pub struct PoisonMarks {
    directory: PathBuf,
    known: Mutex<HashMap<Serial, Mark>>,
    /// Held while files are read or written, and never by those who only ask.
    files: Mutex<()>,
}

#[derive(Debug)]
struct Mark {
    text: String,
    /// Its file has been there: if it is not any more, an admin has deleted it.
    written: bool,
    /// It is there while something is done to the image, and for no other reason.
    passing: bool,
}

/// What has become of the marks since they were last read.
#[derive(Debug, Default)]
pub struct Changes {
    /// An admin has deleted these.
    pub cleared: Vec<Serial>,
    /// An admin has made these.
    pub found: Vec<Serial>,
    /// These are known and still cannot be written.
    pub unwritten: Vec<(Serial, io::Error)>,
}

impl Mark {
    const fn new(text: String, passing: bool) -> Self {
        let written = false;
        Self {
            text,
            written,
            passing,
        }
    }
}

impl PoisonMarks {
    /// Reads the marks that earlier gateways with this run directory have left.
    ///
    /// # Errors
    /// They cannot be read: then no image may be served.
    pub fn open(state_dir: &Path) -> io::Result<Self> {
        let marks = Self {
            directory: state_dir.join("poisoned"),
            known: Mutex::default(),
            files: Mutex::default(),
        };
        marks.make_directory()?;
        for serial in marks.list()? {
            marks.find(serial);
        }
        Ok(marks)
    }

    /// Whether an image is poisoned. Waits for no disk.
    #[must_use]
    pub fn contains(&self, serial: Serial) -> bool {
        self.known().contains_key(&serial)
    }

    /// Every poisoned image.
    #[must_use]
    pub fn all(&self) -> Vec<Serial> {
        self.known().keys().copied().collect()
    }

    /// Where an image's mark is, or would be.
    #[must_use]
    pub fn path(&self, serial: Serial) -> PathBuf {
        self.directory.join(serial.to_string())
    }

    /// Deletes the mark of an image, on the disk first.
    ///
    /// # Errors
    /// It cannot be deleted: the image stays poisoned.
    pub fn clear(&self, serial: Serial) -> io::Result<()> {
        let _files = self.files();
        self.remove_file(serial)?;
        self.known().remove(&serial);
        Ok(())
    }

    /// The same, if it is a passing mark; any other stays.
    ///
    /// # Errors
    /// As [`Self::clear`]; or there was another reason by then, and that cannot be written.
    pub fn clear_passing(&self, serial: Serial) -> io::Result<()> {
        let _files = self.files();
        if !self.known().get(&serial).is_some_and(|mark| mark.passing) {
            return Ok(());
        }
        self.remove_file(serial)?;
        {
            let mut known = self.known();
            match known.get_mut(&serial) {
                Some(mark) if !mark.passing => mark.written = false,
                _ => drop(known.remove(&serial)),
            }
        }
        self.write_file(serial)
    }

    /// Takes an image as poisoned from now on. [`Self::write`] makes it last.
    pub fn remember(&self, serial: Serial, text: String) {
        let new = Mark::new(text, false);
        match self.known().entry(serial) {
            Entry::Occupied(mut mark) if mark.get().passing => drop(mark.insert(new)),
            Entry::Occupied(_) => {}
            Entry::Vacant(none) => drop(none.insert(new)),
        }
    }

    /// Takes an image as poisoned while something is done to it. A mark that it has already stays.
    pub fn remember_passing(&self, serial: Serial, text: String) {
        let mut known = self.known();
        known.entry(serial).or_insert(Mark::new(text, true));
    }

    /// Takes an image as poisoned for this reason, whatever mark it has or had: an admin may have deleted
    /// that for another one.
    pub fn renew(&self, serial: Serial, text: String) {
        self.known().insert(serial, Mark::new(text, false));
    }

    /// Writes the mark of a poisoned image to the disk. Blocks until it is there.
    ///
    /// # Errors
    /// It is not on the disk. The image stays poisoned for as long as this gateway runs.
    pub fn write(&self, serial: Serial) -> io::Result<()> {
        let _files = self.files();
        self.make_directory()?;
        self.write_file(serial)
    }

    /// Reads the marks again, and writes those that could not be written.
    ///
    /// # Errors
    /// They cannot be read: every image stays as it was.
    pub fn read_again(&self) -> io::Result<Changes> {
        let _files = self.files();
        self.make_directory()?;
        let there = self.list()?;
        let mut changes = Changes::default();
        self.known().retain(|serial, mark| {
            let stays = !mark.written || there.contains(serial);
            if !stays {
                changes.cleared.push(*serial);
            }
            stays
        });
        for serial in there {
            if self.find(serial) {
                changes.found.push(serial);
            }
        }
        let unwritten: Vec<_> = self
            .known()
            .iter()
            .filter_map(|(serial, mark)| (!mark.written).then_some(*serial))
            .collect();
        for serial in unwritten {
            if let Err(error) = self.write_file(serial) {
                changes.unwritten.push((serial, error));
            }
        }
        Ok(changes)
    }

    /// Makes the directory if it is missing. One that has vanished was not an admin's word about
    /// any image: what is known is to be written again.
    fn make_directory(&self) -> io::Result<()> {
        match DirBuilder::new().mode(0o700).create(&self.directory) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(()),
            Err(error) => return Err(error),
        }
        for mark in self.known().values_mut() {
            mark.written = false;
        }
        match self.directory.parent() {
            Some(above) => File::open(above)?.sync_all(),
            None => Ok(()),
        }
    }

    /// The images whose mark is there.
    fn list(&self) -> io::Result<Vec<Serial>> {
        let mut serials = Vec::new();
        for entry in fs::read_dir(&self.directory)? {
            let name = entry?.file_name();
            match name.to_str().and_then(Serial::parse) {
                Some(serial) => serials.push(serial),
                None => tracing::warn!(
                    "{} is no mark of an image: its name is no serial number",
                    self.directory.join(name).display()
                ),
            }
        }
        Ok(serials)
    }

    /// Takes in a mark that is there; whether it is a new one.
    fn find(&self, serial: Serial) -> bool {
        let mut known = self.known();
        let new = !known.contains_key(&serial);
        let made_by_hand = || Mark::new(String::new(), false);
        let mark = known.entry(serial).or_insert_with(made_by_hand);
        mark.written = true;
        new
    }

    fn remove_file(&self, serial: Serial) -> io::Result<()> {
        match fs::remove_file(self.path(serial)) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        File::open(&self.directory)?.sync_all()
    }

    fn write_file(&self, serial: Serial) -> io::Result<()> {
        let text = match self.known().get(&serial) {
            Some(mark) if !mark.written => mark.text.clone(),
            Some(_) | None => return Ok(()),
        };
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let mut file = options.open(self.path(serial))?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        File::open(&self.directory)?.sync_all()?;
        if let Some(mark) = self.known().get_mut(&serial) {
            mark.written = true;
        }
        Ok(())
    }

    fn known(&self) -> MutexGuard<'_, HashMap<Serial, Mark>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn files(&self) -> MutexGuard<'_, ()> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    const A: Serial = Serial([0xa; 16]);
    const B: Serial = Serial([0xb; 16]);

    fn poisoned() -> (TempDir, PoisonMarks) {
        let state_dir = TempDir::new().unwrap();
        let marks = PoisonMarks::open(state_dir.path()).unwrap();
        assert!(!marks.contains(A));
        marks.remember(A, "lost\n".into());
        marks.write(A).unwrap();
        (state_dir, marks)
    }

    #[test]
    fn a_mark_outlives_the_gateway_until_an_admin_deletes_it() {
        let (state_dir, marks) = poisoned();
        drop(marks);

        let marks = PoisonMarks::open(state_dir.path()).unwrap();
        assert!(marks.contains(A) && !marks.contains(B));
        assert_eq!(fs::read_to_string(marks.path(A)).unwrap(), "lost\n");
        let changes = marks.read_again().unwrap();
        assert!(changes.cleared.is_empty() && changes.found.is_empty());
        fs::remove_file(marks.path(A)).unwrap();
        assert!(marks.contains(A), "not before the reload");
        assert_eq!(marks.read_again().unwrap().cleared, [A]);
        assert!(!marks.contains(A));
    }

    #[test]
    fn a_mark_that_could_not_be_written_holds_and_is_written_later() {
        let (_state_dir, marks) = poisoned();
        // Something is in its place that no write replaces, for root neither.
        fs::create_dir(marks.path(B)).unwrap();
        marks.remember(B, "lost too\n".into());
        assert!(marks.write(B).is_err());
        assert!(marks.contains(B));
        fs::remove_dir(marks.path(B)).unwrap();

        let changes = marks.read_again().unwrap();

        assert!(changes.cleared.is_empty() && changes.unwritten.is_empty());
        assert!(marks.contains(B));
        assert_eq!(fs::read_to_string(marks.path(B)).unwrap(), "lost too\n");
    }

    #[test]
    fn a_passing_mark_is_cleared_unless_there_is_another_reason_by_then() {
        let (_state_dir, marks) = poisoned();
        marks.remember_passing(A, "rolling\n".into());
        marks.clear_passing(A).unwrap();
        assert!(marks.contains(A), "there was another reason before");
        assert_eq!(fs::read_to_string(marks.path(A)).unwrap(), "lost\n");

        marks.remember_passing(B, "rolling\n".into());
        marks.write(B).unwrap();
        assert_eq!(fs::read_to_string(marks.path(B)).unwrap(), "rolling\n");
        marks.clear_passing(B).unwrap();
        assert!(!marks.contains(B) && !marks.path(B).exists());

        marks.remember_passing(B, "rolling\n".into());
        marks.write(B).unwrap();
        marks.remember(B, "lost too\n".into());
        marks.write(B).unwrap();
        marks.clear_passing(B).unwrap();
        assert!(marks.contains(B), "there is another reason since");
        assert_eq!(fs::read_to_string(marks.path(B)).unwrap(), "lost too\n");
    }

    #[test]
    fn a_mark_that_is_renewed_is_there_again_whatever_was_deleted() {
        let (_state_dir, marks) = poisoned();
        fs::remove_file(marks.path(A)).unwrap();
        marks.renew(A, "half of each\n".into());
        marks.write(A).unwrap();
        let changes = marks.read_again().unwrap();
        assert!(changes.cleared.is_empty() && marks.contains(A));
        assert_eq!(fs::read_to_string(marks.path(A)).unwrap(), "half of each\n");
    }

    #[test]
    fn a_directory_that_vanished_clears_nothing() {
        let (_state_dir, marks) = poisoned();
        fs::remove_dir_all(&marks.directory).unwrap();

        let changes = marks.read_again().unwrap();

        assert!(changes.cleared.is_empty());
        assert!(marks.contains(A) && marks.path(A).is_file());
        fs::remove_dir_all(&marks.directory).unwrap();
        fs::write(&marks.directory, "in the way").unwrap();
        assert!(marks.read_again().is_err() && marks.contains(A));
    }

    #[test]
    fn a_mark_made_by_hand_counts_and_other_files_do_not() {
        let (state_dir, marks) = poisoned();
        fs::write(marks.path(B), "").unwrap();
        fs::write(marks.directory.join("README"), "").unwrap();

        assert_eq!(marks.read_again().unwrap().found, [B]);

        assert!(marks.contains(B));
        let later = PoisonMarks::open(state_dir.path()).unwrap();
        assert_eq!(later.all().len(), 2);
    }
}
