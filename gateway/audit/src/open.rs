//! Going on with a trail where the last process left it.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rustix::fs::{CWD, FlockOperation, RenameFlags, flock, renameat_with};

use crate::chain::{Anchor, Head, LineHash, MAX_LINE};
use crate::directory::{CURRENT, NEXT, closed};
use crate::end::End;
use crate::event::Event;
use crate::file::TrailFile;
use crate::trail::FileSettings;

/// Why a trail cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The directory or a file in it cannot be used.
    #[error("the audit trail cannot be kept in {path}: {error}")]
    File {
        /// What was used.
        path: PathBuf,
        /// Why it cannot be.
        error: io::Error,
    },
    /// Somebody else could change the trail.
    #[error(
        "the audit trail cannot be kept in {path}: everybody may write there; \
         chmod 0750 it, and give it to the user that labelgated runs as"
    )]
    Exposed {
        /// The directory.
        path: PathBuf,
    },
    /// Another gateway writes there.
    #[error(
        "the audit trail cannot be kept in {path}: another gateway writes there; \
         give each gateway a directory of its own ([audit] dir)"
    )]
    Taken {
        /// The directory.
        path: PathBuf,
    },
    /// The journal was asked for and does not listen.
    #[error(
        "the audit trail cannot be written to the journal: {path}: {error}; \
         start systemd-journald, or set [audit] journald = false"
    )]
    Journald {
        /// Its socket.
        path: PathBuf,
        /// Why it cannot be used.
        error: io::Error,
    },
    /// The threads that write it cannot be started.
    #[error("the audit trail cannot be written: {0}")]
    Thread(io::Error),
}

/// A trail to go on with.
#[derive(Debug)]
pub struct Opened {
    /// The file.
    pub file: TrailFile,
    /// Where the chain goes on.
    pub anchor: Anchor,
    /// What was found that the trail has to say first.
    pub findings: Vec<(Event, String)>,
}

/// Opens the trail in a directory, which is made if it is missing.
pub fn open(settings: FileSettings) -> Result<Opened, OpenError> {
    let dir = settings.dir.clone();
    let lock = take_directory(&dir)?;
    let mut findings = Vec::new();
    let blame = |error| OpenError::File {
        path: dir.clone(),
        error,
    };
    go_on(settings, lock, &mut findings).map_err(blame)
}

fn take_directory(dir: &Path) -> Result<File, OpenError> {
    let path = dir.to_owned();
    let blame = |error| OpenError::File {
        path: dir.to_owned(),
        error,
    };
    DirBuilder::new()
        .recursive(true)
        .mode(0o750)
        .create(dir)
        .map_err(blame)?;
    let lock = File::open(dir).map_err(blame)?;
    if lock.metadata().map_err(blame)?.mode() & 0o002 != 0 {
        return Err(OpenError::Exposed { path });
    }
    match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(lock),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(OpenError::Taken { path }),
        Err(error) => Err(blame(error.into())),
    }
}

fn go_on(
    settings: FileSettings,
    lock: File,
    findings: &mut Vec<(Event, String)>,
) -> io::Result<Opened> {
    let dir = settings.dir.clone();
    let current = dir.join(CURRENT);
    finish_rotation(&dir)?;
    let mut file = TrailFile::open_file(&current, false)?;
    let end = match End::of(&file)? {
        Ok(end) => end,
        Err(why) => {
            findings.push(put_away(&current, &why)?);
            file = TrailFile::open_file(&current, true)?;
            End {
                anchor: None,
                whole: 0,
                torn: Vec::new(),
            }
        }
    };
    let anchor = match end.anchor {
        Some(anchor) => anchor,
        None => anchor_of_closed(&dir, findings)?,
    };
    if !end.torn.is_empty() {
        findings.push(set_torn_aside(&dir, anchor, &end.torn)?);
        file.set_len(end.whole)?;
        file.sync_all()?;
    }
    let first = first_of(&file)?;
    File::open(&dir)?.sync_all()?;
    Ok(Opened {
        file: TrailFile::new(settings, (file, lock), end.whole, first)?,
        anchor,
        findings: std::mem::take(findings),
    })
}

/// After a crash between the two renames of a rotation there is no current file.
fn finish_rotation(dir: &Path) -> io::Result<()> {
    let (next, current) = (dir.join(NEXT), dir.join(CURRENT));
    match renameat_with(CWD, &next, CWD, &current, RenameFlags::NOREPLACE) {
        // There is no next file, which is the rule; or there is a current one, and the next one
        // never held a record.
        Ok(()) | Err(rustix::io::Errno::NOENT | rustix::io::Errno::EXIST) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Where the chain goes on after the full files. Those that are no trail are set aside.
fn anchor_of_closed(dir: &Path, findings: &mut Vec<(Event, String)>) -> io::Result<Anchor> {
    for full in closed(dir)?.iter().rev() {
        let file = File::open(&full.path)?;
        let why = match End::of(&file)? {
            Ok(End {
                anchor: Some(anchor),
                torn,
                ..
            }) if torn.is_empty() => return Ok(anchor),
            Ok(_) => "it does not end with a record".to_owned(),
            Err(why) => why,
        };
        findings.push(put_away(&full.path, &why)?);
    }
    Ok(Anchor::START)
}

/// `seq` of the first record of a file, if there is one.
fn first_of(file: &File) -> io::Result<Option<u64>> {
    use std::os::unix::fs::FileExt;
    let mut bytes = vec![0; MAX_LINE];
    let length = file.read_at(&mut bytes, 0)?;
    let line = bytes
        .get(..length)
        .unwrap_or_default()
        .split(|&byte| byte == b'\n')
        .next();
    let head = line.and_then(|line| Head::parse(line).ok());
    // Without a number it gets that of the next record for a name; it is damaged anyhow.
    Ok(head.map(|head| head.seq))
}

/// Sets a file aside that cannot be gone on with.
pub fn put_away(path: &Path, why: &str) -> io::Result<(Event, String)> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let now = Timestamp::now().as_second();
    for attempt in 0..1000 {
        let aside = format!("damaged-{now}-{attempt}-{name}");
        let to = path.with_file_name(&aside);
        match renameat_with(CWD, path, CWD, &to, RenameFlags::NOREPLACE) {
            Ok(()) => {
                let reason = format!("{name}: {why}; it is kept as {aside}");
                return Ok((Event::TrailDamaged, reason));
            }
            Err(rustix::io::Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Keeps the beginning of a record whose writer was killed.
fn set_torn_aside(dir: &Path, anchor: Anchor, torn: &[u8]) -> io::Result<(Event, String)> {
    let seq = anchor.seq.saturating_add(1);
    for attempt in 0..1000 {
        let aside = format!("torn-{seq:020}-{attempt}");
        let path = dir.join(&aside);
        match TrailFile::open_file(&path, true) {
            Ok(mut file) => {
                file.write_all(torn)?;
                file.sync_all()?;
            }
            // Of an attempt to open this trail that was killed, too.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                if fs::read(&path)? != torn {
                    continue;
                }
            }
            Err(error) => return Err(error),
        }
        let reason = format!(
            "the last {} bytes were the beginning of a record; they are kept as {aside}, and their \
             BLAKE3 is {}",
            torn.len(),
            LineHash::of(torn)
        );
        return Ok((Event::TrailTorn, reason));
    }
    Err(io::ErrorKind::AlreadyExists.into())
}
