//! Reading a trail's files: the last records, or those after a number. No file is loaded whole.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use crate::chain::{Head, MAX_LINE};
use crate::directory::{CURRENT, closed};
use crate::end::End;
use crate::follow::Line;

/// What is read at a time: always a whole line.
const WINDOW: usize = 2 * (MAX_LINE + 1);
/// Lines handed out at a time have about so many bytes at most.
const MOST_BYTES: usize = 1 << 20;
/// The last records have so many bytes at most.
const MOST_LAST_BYTES: usize = 8 << 20;
/// How often files may be renamed while one is being looked for.
const ATTEMPTS: u32 = 8;

/// Reads the files of a trail, also while they are written.
#[derive(Debug, Clone)]
pub struct Reader {
    dir: PathBuf,
}

impl Reader {
    /// The most records that [`Reader::last`] returns.
    pub const MOST: usize = 10_000;

    /// A reader of the trail in this directory.
    #[must_use]
    pub fn new(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
        }
    }

    /// The last records, the oldest first: at most `count`, at most [`Reader::MOST`], and at most
    /// 8 MiB of them.
    pub fn last(&self, count: usize) -> io::Result<Vec<Line>> {
        let count = count.min(Self::MOST);
        let mut tail = self.after(self.last_seq()?.saturating_sub(count as u64));
        let (mut last, mut bytes) = (VecDeque::new(), 0);
        loop {
            let lines = tail.read(count.max(1))?;
            if lines.is_empty() {
                return Ok(last.into());
            }
            for line in lines {
                bytes += line.text.len();
                last.push_back(line);
                while last.len() > count || bytes > MOST_LAST_BYTES {
                    bytes -= last.pop_front().map_or(0, |line: Line| line.text.len());
                }
            }
        }
    }

    /// The records after a number; those that are no longer there are passed over.
    #[must_use]
    pub fn after(&self, seq: u64) -> Tail {
        Tail {
            dir: self.dir.clone(),
            next: seq.saturating_add(1),
            open: None,
        }
    }

    fn last_seq(&self) -> io::Result<u64> {
        let mut files: Vec<PathBuf> = closed(&self.dir)?.into_iter().map(|c| c.path).collect();
        files.push(self.dir.join(CURRENT));
        for path in files.iter().rev() {
            let file = match File::open(path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                file => file?,
            };
            if let Ok(End {
                anchor: Some(anchor),
                ..
            }) = End::of(&file)?
            {
                return Ok(anchor.seq);
            }
        }
        Ok(0)
    }
}

/// A place in a trail's files that moves on as it is read.
#[derive(Debug)]
pub struct Tail {
    dir: PathBuf,
    /// The number of the next record.
    next: u64,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    file: File,
    offset: u64,
}

impl Tail {
    /// The next records, at most `most`. None: that is all at the moment.
    pub fn read(&mut self, most: usize) -> io::Result<Vec<Line>> {
        for _ in 0..ATTEMPTS {
            let Some(open) = &mut self.open else {
                self.open = Open::at(&self.dir, self.next)?;
                if self.open.is_none() {
                    return Ok(Vec::new());
                }
                continue;
            };
            // In this order: nothing is added to a file that is full.
            let full = open.is_full(&self.dir)?;
            let lines = open.read(&mut self.next, most)?;
            if !lines.is_empty() || !full {
                return Ok(lines);
            }
            let end = open.file.metadata()?;
            self.open = Open::at(&self.dir, self.next)?;
            if let Some(open) = &self.open
                && is_same(&open.file.metadata()?, &end)
            {
                return Ok(Vec::new());
            }
        }
        Ok(Vec::new())
    }
}

impl Open {
    /// The file that has a record or will have it, near its place.
    fn at(dir: &Path, seq: u64) -> io::Result<Option<Self>> {
        for _ in 0..ATTEMPTS {
            let full = closed(dir)?;
            let current = File::open(dir.join(CURRENT));
            let begun = match &current {
                Ok(file) => first_of(file)?.is_some_and(|first| first <= seq),
                Err(_) => false,
            };
            let older = full.iter().rfind(|file| file.first <= seq).or(full.first());
            let file = match (begun, older) {
                (false, Some(older)) => File::open(&older.path),
                _ => current,
            };
            match file {
                Ok(file) => {
                    let offset = place(&file, seq)?;
                    return Ok(Some(Self { file, offset }));
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    if full.is_empty() {
                        return Ok(None);
                    }
                    // It was renamed or removed just now.
                }
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// Whether it is no longer the file being written.
    fn is_full(&self, dir: &Path) -> io::Result<bool> {
        let ours = self.file.metadata()?;
        match std::fs::metadata(dir.join(CURRENT)) {
            Ok(current) => Ok(!is_same(&ours, &current)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
            Err(error) => Err(error),
        }
    }

    fn read(&mut self, next: &mut u64, most: usize) -> io::Result<Vec<Line>> {
        let (mut lines, mut bytes) = (Vec::new(), 0);
        while lines.len() < most && bytes < MOST_BYTES {
            let window = read_at(&self.file, self.offset)?;
            let Some(end) = window.iter().rposition(|&byte| byte == b'\n') else {
                if window.len() > MAX_LINE {
                    return Err(too_long(self.offset));
                }
                break;
            };
            let whole = window.get(..=end).unwrap_or_default();
            for line in whole.split_inclusive(|&byte| byte == b'\n') {
                if lines.len() == most {
                    break;
                }
                self.offset += line.len() as u64;
                let line = line.strip_suffix(b"\n").unwrap_or(line);
                // One that is damaged is shown where it stands.
                let seq = Head::parse(line).map_or(*next, |head| head.seq);
                if seq >= *next {
                    *next = seq.saturating_add(1);
                    bytes += line.len();
                    let text = String::from_utf8_lossy(line).into_owned();
                    lines.push(Line { seq, text });
                }
            }
        }
        Ok(lines)
    }
}

/// A place at or not far before the first record that is not before `seq`.
fn place(file: &File, seq: u64) -> io::Result<u64> {
    let (mut low, mut high) = (0, file.metadata()?.len());
    while high - low > 2 * WINDOW as u64 {
        let middle = low + (high - low) / 2;
        let window = read_at(file, middle)?;
        let mut lines = window.split(|&byte| byte == b'\n');
        let before = lines.next().unwrap_or_default().len() as u64;
        match lines.next().map(Head::parse) {
            Some(Ok(head)) if head.seq <= seq => low = middle + before + 1,
            Some(Ok(_)) => high = middle,
            // A place that is damaged is passed by reading on from where it is not.
            Some(Err(_)) | None => break,
        }
    }
    Ok(low)
}

fn first_of(file: &File) -> io::Result<Option<u64>> {
    let window = read_at(file, 0)?;
    let first = window
        .split(|&byte| byte == b'\n')
        .next()
        .unwrap_or_default();
    Ok(Head::parse(first).ok().map(|head| head.seq))
}

fn read_at(file: &File, offset: u64) -> io::Result<Vec<u8>> {
    let mut window = vec![0; WINDOW];
    let mut filled = 0;
    while let Some(rest) = window.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, offset.saturating_add(filled as u64))? {
            0 => break,
            read => filled += read,
        }
    }
    window.truncate(filled);
    Ok(window)
}

fn is_same(one: &std::fs::Metadata, other: &std::fs::Metadata) -> bool {
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

fn too_long(offset: u64) -> io::Error {
    let what = format!("no record begins at byte {offset}: the line is too long");
    io::Error::new(io::ErrorKind::InvalidData, what)
}
