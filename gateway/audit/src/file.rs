//! The file being written.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{Mode, OFlags};

use crate::directory::CURRENT;
use crate::sync::Syncer;
use crate::trail::FileSettings;

/// Its owner writes it, a group may read it.
const MODE: u32 = 0o640;

/// The file being written, and what it becomes when it is full.
#[derive(Debug)]
pub struct TrailFile {
    pub(crate) settings: FileSettings,
    pub(crate) file: Arc<File>,
    /// How long it is. Behind that are at most the remains of a failed write.
    pub(crate) length: u64,
    /// `seq` of its first record, if it has one.
    pub(crate) first: Option<u64>,
    /// Whether a write has failed and may have left something behind `length`.
    has_remains: bool,
    /// Brings it to the disk every second.
    pub(crate) syncer: Syncer,
    /// Keeps every other gateway out of the directory.
    _lock: File,
}

impl TrailFile {
    /// The file of this name, created if it is missing.
    pub fn open_file(path: &Path, create_new: bool) -> io::Result<File> {
        let exclusive = if create_new {
            OFlags::EXCL
        } else {
            OFlags::empty()
        };
        let flags = OFlags::RDWR | OFlags::APPEND | OFlags::CREATE | OFlags::CLOEXEC;
        let flags = flags | OFlags::NOFOLLOW | OFlags::NONBLOCK | exclusive;
        let mode = Mode::from_raw_mode(MODE);
        let file = File::from(rustix::fs::open(path, flags, mode)?);
        if !file.metadata()?.is_file() {
            return Err(io::Error::other("it is no file"));
        }
        // Whatever the umask was.
        rustix::fs::fchmod(&file, mode)?;
        Ok(file)
    }

    /// Goes on with a file of this length whose first record is `first`.
    pub fn new(
        settings: FileSettings,
        (file, lock): (File, File),
        length: u64,
        first: Option<u64>,
    ) -> io::Result<Self> {
        let file = Arc::new(file);
        Ok(Self {
            syncer: Syncer::start(Arc::clone(&file))?,
            settings,
            file,
            length,
            first,
            has_remains: false,
            _lock: lock,
        })
    }

    /// Its path.
    pub fn path(&self) -> PathBuf {
        self.settings.dir.join(CURRENT)
    }

    /// Writes a line, and its line feed: all of it or, if this fails, nothing.
    pub fn append(&mut self, seq: u64, line: &str) -> io::Result<()> {
        if self.has_remains {
            self.file.set_len(self.length)?;
            self.has_remains = false;
        }
        let mut bytes = Vec::with_capacity(line.len() + 1);
        bytes.extend_from_slice(line.as_bytes());
        bytes.push(b'\n');
        if let Err(error) = (&*self.file).write_all(&bytes) {
            // Of a line that was written in part, which no reader may take for a record.
            self.has_remains = self.file.set_len(self.length).is_err();
            return Err(error);
        }
        self.length += bytes.len() as u64;
        self.first.get_or_insert(seq);
        self.syncer.touch();
        Ok(())
    }

    /// Whether somebody else has removed, replaced or changed the file.
    pub fn is_tampered_with(&self) -> io::Result<bool> {
        use std::os::unix::fs::MetadataExt;
        let ours = self.file.metadata()?;
        let there = match fs::symlink_metadata(self.path()) {
            Ok(there) => there,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
            Err(error) => return Err(error),
        };
        let same = (ours.dev(), ours.ino()) == (there.dev(), there.ino());
        Ok(!same || (!self.has_remains && ours.len() != self.length))
    }

    /// Begins another file in the place of one that somebody else has removed, replaced or
    /// changed, and says what became of that.
    pub fn begin_again(&mut self, why: &str) -> io::Result<String> {
        let path = self.path();
        let reason = match fs::symlink_metadata(&path) {
            Ok(_) => crate::open::put_away(&path, why)?.1,
            Err(_) => format!("{CURRENT}: {why}"),
        };
        self.file = Arc::new(Self::open_file(&path, true)?);
        self.length = 0;
        self.first = None;
        self.has_remains = false;
        self.syncer.turn_to(Arc::clone(&self.file));
        Ok(reason)
    }
}
