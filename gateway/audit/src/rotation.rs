//! A file that is full becomes one of the old ones, and the oldest go.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::Arc;

use rustix::fs::{CWD, RenameFlags, renameat_with};

use crate::directory::{NEXT, closed, closed_name};
use crate::file::TrailFile;

/// What became of a full file.
#[derive(Debug)]
pub struct Rotated {
    /// Its new name.
    pub closed: String,
    /// The old ones that were too many.
    pub removed: Vec<String>,
    /// Why one of those is still there.
    pub trouble: Option<io::Error>,
}

impl TrailFile {
    /// Whether a line of this length does not belong into this file any more.
    pub fn is_full(&self, more: usize) -> bool {
        let more = u64::try_from(more).unwrap_or(u64::MAX);
        self.first.is_some() && self.length.saturating_add(more) > self.settings.max_bytes
    }

    /// Closes the file and begins another. If this fails, the file is still the one to write.
    ///
    /// A crash leaves the old name, or both names, or the new name of the full file alone; each is
    /// understood when the trail is opened again.
    pub fn rotate(&mut self) -> io::Result<Rotated> {
        let Some(first) = self.first else {
            return Err(io::Error::other("an empty file is not full"));
        };
        let dir = self.settings.dir.clone();
        self.file.sync_all()?;
        let next = dir.join(NEXT);
        remove_if_there(&next)?;
        let file = Self::open_file(&next, true)?;
        let name = closed_name(first);
        let (current, full) = (self.path(), dir.join(&name));
        renameat_with(CWD, &current, CWD, &full, RenameFlags::NOREPLACE)?;
        if let Err(error) = renameat_with(CWD, &next, CWD, &current, RenameFlags::NOREPLACE) {
            // Back to where it was; if even that fails, the name is all that is wrong.
            let _ = renameat_with(CWD, &full, CWD, &current, RenameFlags::NOREPLACE);
            return Err(error.into());
        }
        self.file = Arc::new(file);
        self.length = 0;
        self.first = None;
        self.syncer.turn_to(Arc::clone(&self.file));
        let (removed, trouble) = self.remove_oldest(&dir);
        // Names reach the disk with their directory.
        let synced = File::open(&dir).and_then(|dir| dir.sync_all());
        Ok(Rotated {
            closed: name,
            removed,
            trouble: trouble.or(synced.err()),
        })
    }

    fn remove_oldest(&self, dir: &Path) -> (Vec<String>, Option<io::Error>) {
        let full = match closed(dir) {
            Ok(full) => full,
            Err(error) => return (Vec::new(), Some(error)),
        };
        let keep = usize::try_from(self.settings.keep).unwrap_or(usize::MAX);
        let surplus = full.len().saturating_sub(keep);
        let mut removed = Vec::new();
        for old in full.into_iter().take(surplus) {
            if let Err(error) = fs::remove_file(&old.path) {
                return (removed, Some(error));
            }
            removed.push(closed_name(old.first));
        }
        (removed, None)
    }
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
