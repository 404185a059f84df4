//! What images are reserved for, as their workers say, and what of that outlives these (APTPL).
//!
//! A file for each image with reservations that last is in `state_dir/reservations`, named by the
//! image's serial number: the label under which they were made, a line for the admin, and a line of
//! hexadecimal digits that means something to workers alone. Nothing of it is looked into here. What
//! one label has reserved is nothing to another that the image is given to. An admin who deletes the file
//! while no worker has the image has ended its reservations.

use std::collections::HashMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use labelgate_control::{Bytes, MAX_LABEL, MAX_RESERVATIONS, Serial, Text};
use labelgate_mac::Label;

/// Reservations as a worker has had them kept.
pub type Record = Bytes<MAX_RESERVATIONS>;

/// The longest file of ours, in bytes: a label, a line of words, and two digits for each byte.
const LONGEST: u64 = MAX_LABEL as u64 + 1 + 320 + 1 + 2 * MAX_RESERVATIONS as u64 + 1;

/// The reservations of all images, as far as they are known.
#[derive(Debug)]
pub struct Reservations {
    directory: PathBuf,
    known: Mutex<HashMap<Serial, Known>>,
}

#[derive(Debug, Default)]
struct Known {
    /// Whose they are; everybody's, if nobody knows.
    label: Option<String>,
    description: String,
    record: Record,
    /// Its file is not as it should be: the last attempt to write it has failed.
    stale: bool,
}

impl Reservations {
    /// Reads what earlier gateways have kept.
    ///
    /// # Errors
    /// It cannot be read: then nobody knows whom images are kept for.
    pub fn open(state_dir: &Path) -> io::Result<Self> {
        let directory = state_dir.join("reservations");
        match DirBuilder::new().mode(0o700).create(&directory) {
            Ok(()) => File::open(state_dir)?.sync_all()?,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
        let mut known = HashMap::new();
        for entry in fs::read_dir(&directory)? {
            let entry = entry?;
            let name = entry.file_name();
            if let Some(serial) = name.to_str().and_then(Serial::parse) {
                known.insert(serial, read(&entry.path())?);
            }
        }
        let known = Mutex::new(known);
        Ok(Self { directory, known })
    }

    /// What a worker of this label that gets an image is to be told first. Bytes that are no record are for it to
    /// refuse.
    #[must_use]
    pub fn record(&self, serial: Serial, label: &Label) -> Option<Record> {
        let known = self.known();
        let one = known.get(&serial)?;
        let own = one.label.as_ref().is_none_or(|of| *of == label.to_string());
        (own && !one.record.is_empty()).then(|| one.record.clone())
    }

    /// What an admin is shown of an image's reservations, if there are any.
    #[must_use]
    pub fn description(&self, serial: Serial) -> Option<String> {
        let known = self.known();
        let description = &known.get(&serial)?.description;
        (!description.is_empty()).then(|| description.clone())
    }

    /// Takes in what a worker of this label says; what is to be kept is on stable storage then. Blocks if that is
    /// another than before.
    ///
    /// # Errors
    /// It is not. What was kept before may still be, and is tried to be replaced next time.
    pub fn set(
        &self,
        serial: Serial,
        label: &Label,
        record: Record,
        description: &Text<320>,
    ) -> io::Result<()> {
        let label = label.to_string();
        let same = {
            let mut known = self.known();
            let one = known.entry(serial).or_default();
            one.description = description.as_str().to_owned();
            let nothing = record.is_empty() && one.record.is_empty();
            let own = one.label.as_ref() == Some(&label);
            !one.stale && (nothing || own && one.record == record)
        };
        if same {
            return Ok(());
        }
        let written = self.write(serial, &label, &record, description);
        if let Some(one) = self.known().get_mut(&serial) {
            one.stale = written.is_err();
            if written.is_ok() {
                (one.label, one.record) = (Some(label), record);
            }
        }
        written
    }

    /// An image is no more, and nor are its reservations.
    ///
    /// # Errors
    /// The file of those that last cannot be removed.
    pub fn forget(&self, serial: Serial) -> io::Result<()> {
        let known = self.known().remove(&serial);
        match known.is_some_and(|one| !one.record.is_empty() || one.stale) {
            true => self.write(serial, "", &Record::default(), &Text::default()),
            false => Ok(()),
        }
    }

    /// The worker that had an image has let go of it: what was not kept is lost, as in a loss of
    /// power.
    pub fn worker_ended(&self, serial: Serial) {
        let mut known = self.known();
        if known
            .get(&serial)
            .is_some_and(|one| one.record.is_empty() && !one.stale)
        {
            known.remove(&serial);
        }
    }

    /// Writes what is to be kept beside the old, and puts it in its place.
    fn write(
        &self,
        serial: Serial,
        label: &str,
        record: &Record,
        description: &Text<320>,
    ) -> io::Result<()> {
        let path = self.directory.join(serial.to_string());
        if record.is_empty() {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        } else {
            let fresh = self.directory.join(format!(".{serial}.new"));
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(true).mode(0o600);
            let mut file = options.open(&fresh)?;
            let digits: String = record.iter().map(|byte| format!("{byte:02x}")).collect();
            file.write_all(format!("{label}\n{description}\n{digits}\n").as_bytes())?;
            file.sync_all()?;
            fs::rename(&fresh, &path)?;
        }
        File::open(&self.directory)?.sync_all()
    }

    fn known(&self) -> MutexGuard<'_, HashMap<Serial, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads a file of ours. One that is none of ours is kept as bytes that no worker takes: an image
/// that somebody has reserved, nobody knows who, is served to nobody.
fn read(path: &Path) -> io::Result<Known> {
    let mut text = Vec::new();
    File::open(path)?.take(LONGEST + 1).read_to_end(&mut text)?;
    let text = String::from_utf8_lossy(&text);
    let mut lines = text.lines();
    let label = lines.next().unwrap_or_default().to_owned();
    let description = lines.next().unwrap_or_default().to_owned();
    let record = lines.next().and_then(bytes);
    let unfit = || {
        tracing::error!(
            "{}: that is no record of reservations, so that its image is not served; delete it to \
             have the image served without",
            path.display()
        );
        Record::try_from(&[0][..]).unwrap_or_default()
    };
    Ok(Known {
        label: record.is_some().then_some(label),
        description,
        record: record.unwrap_or_else(unfit),
        stale: false,
    })
}

fn bytes(digits: &str) -> Option<Record> {
    let digits = digits.as_bytes();
    if digits.is_empty() || !digits.len().is_multiple_of(2) {
        return None;
    }
    let value = |digit: u8| {
        char::from(digit)
            .to_digit(16)
            .and_then(|it| u8::try_from(it).ok())
    };
    let byte = |pair: &[u8]| match *pair {
        [high, low] => Some(value(high)? << 4 | value(low)?),
        _ => None,
    };
    let bytes: Option<Vec<u8>> = digits.chunks(2).map(byte).collect();
    Record::try_from(bytes?.as_slice()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    const A: Serial = Serial([0xa; 16]);

    fn label(text: &str) -> Label {
        text.parse().unwrap()
    }

    fn ours() -> Label {
        label("s0:c1,c2")
    }

    fn record(bytes: &[u8]) -> Record {
        Record::try_from(bytes).unwrap()
    }

    #[test]
    fn what_lasts_outlives_the_gateway_and_the_rest_its_worker_only() {
        let state_dir = TempDir::new().unwrap();
        let kept = Reservations::open(state_dir.path()).unwrap();
        kept.set(A, &ours(), record(&[1, 0xfe]), &Text::clean("held by vm"))
            .unwrap();
        kept.worker_ended(A);

        let later = Reservations::open(state_dir.path()).unwrap();
        assert_eq!(later.record(A, &ours()), Some(record(&[1, 0xfe])));
        assert_eq!(later.description(A).as_deref(), Some("held by vm"));
        later
            .set(
                A,
                &ours(),
                Record::default(),
                &Text::clean("not reserved; 1 registered"),
            )
            .unwrap();
        assert_eq!(later.record(A, &ours()), None);
        assert!(later.description(A).is_some());
        later.worker_ended(A);
        assert_eq!(later.description(A), None);
        assert_eq!(
            Reservations::open(state_dir.path())
                .unwrap()
                .record(A, &ours()),
            None
        );
    }

    #[test]
    fn what_could_not_be_kept_is_said_and_tried_again() {
        let state_dir = TempDir::new().unwrap();
        let kept = Reservations::open(state_dir.path()).unwrap();
        // Something is in its place that no rename replaces, for root neither.
        let path = state_dir.path().join("reservations").join(A.to_string());
        fs::create_dir_all(path.join("in the way")).unwrap();
        let set = || kept.set(A, &ours(), record(&[7]), &Text::clean("x"));

        assert!(set().is_err());
        assert_eq!(kept.record(A, &ours()), None);
        assert!(set().is_err(), "the same again is not taken for kept");
        fs::remove_dir_all(&path).unwrap();
        set().unwrap();

        assert_eq!(
            Reservations::open(state_dir.path())
                .unwrap()
                .record(A, &ours()),
            Some(record(&[7]))
        );
    }

    #[test]
    fn a_file_that_is_no_record_is_not_taken_for_none() {
        let state_dir = TempDir::new().unwrap();
        drop(Reservations::open(state_dir.path()).unwrap());
        let path = state_dir.path().join("reservations").join(A.to_string());
        let long = format!("s0:c1,c2\nx\n{}\n", "00".repeat(MAX_RESERVATIONS + 1));
        for text in [
            "",
            "l\n",
            "l\nwords\n",
            "l\nwords\n0g\n",
            "l\nwords\n012\n",
            &long,
        ] {
            fs::write(&path, text).unwrap();
            let kept = Reservations::open(state_dir.path()).unwrap();
            assert_eq!(kept.record(A, &ours()), Some(record(&[0])), "{text:.20}");
        }
    }

    #[test]
    fn what_one_label_has_reserved_is_nothing_to_another() {
        let state_dir = TempDir::new().unwrap();
        let kept = Reservations::open(state_dir.path()).unwrap();
        kept.set(A, &ours(), record(&[1]), &Text::clean("x"))
            .unwrap();
        let other = label("s0:c3,c4");

        assert_eq!(kept.record(A, &other), None);
        kept.set(A, &other, record(&[1]), &Text::clean("x"))
            .unwrap();

        let later = Reservations::open(state_dir.path()).unwrap();
        assert_eq!(later.record(A, &other), Some(record(&[1])));
        assert_eq!(later.record(A, &ours()), None);
    }
}
