//! Checking a chain.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use crate::chain::{Anchor, Fault, Head, LineHash, MAX_LINE};
use crate::directory::{CURRENT, closed, set_aside};
use crate::event::Event;

/// How often files may be renamed while they are being read.
const ATTEMPTS: u32 = 64;

/// What a check has found.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// How many files there are.
    pub files: u64,
    /// How many records there are, up to the first fault.
    pub records: u64,
    /// The first record. If it is not 1, what was before it is not there any more.
    pub first: Option<u64>,
    /// The last record before any fault: compare it with one that was noted elsewhere.
    pub last: Option<Anchor>,
    /// The first fault.
    pub broken: Option<Break>,
    /// How many records were lost, as the trail says itself.
    pub lost: u64,
    /// How many records were too many to be written singly, as the trail says itself.
    pub suppressed: u64,
    /// How often an unfinished record was set aside, as the trail says itself.
    pub torn: u64,
    /// How often a damaged file was set aside, as the trail says itself.
    pub damaged: u64,
    /// How many bytes at the end are no whole record: the gateway was killed, or is writing.
    pub unfinished: u64,
    /// Files that were set aside.
    pub set_aside: Vec<PathBuf>,
}

/// Where a chain is broken.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Break {
    /// The file.
    pub file: PathBuf,
    /// The line, counted from 1.
    pub line: u64,
    /// What is wrong with it.
    #[serde(serialize_with = "as_text")]
    pub fault: Fault,
}

fn as_text<S: serde::Serializer>(fault: &Fault, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(fault)
}

impl Report {
    /// Whether each record that is there follows the one before. This does not say that the last
    /// ones, or the first ones, are there.
    #[must_use]
    pub const fn is_sound(&self) -> bool {
        self.broken.is_none()
    }
}

/// Checks line after line.
#[derive(Debug, Default)]
pub struct Verifier {
    report: Report,
    expected: Option<Anchor>,
}

impl Verifier {
    /// Checks a chain that must lead to an anchor, if one is given.
    #[must_use]
    pub fn new(expected: Option<Anchor>) -> Self {
        let report = Report::default();
        // Every chain begins with it.
        let expected = expected.filter(|anchor| *anchor != Anchor::START);
        Self { report, expected }
    }

    /// Takes the next line, without its line feed.
    pub fn line(&mut self, line: &[u8]) -> Result<(), Fault> {
        if line.len() > MAX_LINE {
            return Err(Fault::TooLong);
        }
        let before = match self.report.last {
            Some(anchor) => anchor,
            None => before_first(line)?,
        };
        let (head, anchor) = before.follow(line)?;
        if let Some(expected) = self.expected.filter(|expected| expected.seq == anchor.seq) {
            if expected != anchor {
                return Err(Fault::Anchor { seq: anchor.seq });
            }
            self.expected = None;
        }
        self.report.records += 1;
        self.report.first.get_or_insert(anchor.seq);
        self.report.last = Some(anchor);
        self.count(&head);
        Ok(())
    }

    fn count(&mut self, head: &Head) {
        let count = head.count.unwrap_or(0);
        let (sum, more) = match Event::named(&head.event) {
            Some(Event::Lost) => (&mut self.report.lost, count),
            Some(Event::Suppressed) => (&mut self.report.suppressed, count),
            Some(Event::TrailTorn) => (&mut self.report.torn, 1),
            Some(Event::TrailDamaged) => (&mut self.report.damaged, 1),
            _ => return,
        };
        *sum = sum.saturating_add(more);
    }

    /// There are no more lines.
    fn end(&self) -> Result<(), Fault> {
        let last = self.report.last.map_or(0, |anchor| anchor.seq);
        match self.expected {
            Some(Anchor { seq, .. }) => Err(Fault::NoAnchor { seq, last }),
            None => Ok(()),
        }
    }

    fn file(&mut self, part: Part, is_last: bool) -> io::Result<Option<u64>> {
        let Part { path, first, file } = part;
        let mut lines = BufReader::new(file);
        self.report.files += 1;
        let mut number = 0;
        let mut line = Vec::new();
        loop {
            line.clear();
            let most = MAX_LINE as u64 + 2;
            if io::Read::take(&mut lines, most).read_until(b'\n', &mut line)? == 0 {
                return Ok(None);
            }
            number += 1;
            let checked = match line.strip_suffix(b"\n") {
                Some(line) => self.named(line, first.filter(|_| number == 1)),
                None if line.len() > MAX_LINE => Err(Fault::TooLong),
                None if is_last => {
                    self.report.unfinished = line.len() as u64;
                    return Ok(None);
                }
                None => Err(Fault::NoRecord("it has no end".to_owned())),
            };
            if let Err(fault) = checked {
                self.broken(&path, number, fault);
                return Ok(Some(number));
            }
        }
    }

    /// Takes a line whose number is in the file's name.
    fn named(&mut self, line: &[u8], name: Option<u64>) -> Result<(), Fault> {
        if let Some(expected) = name {
            let found = Head::parse(line)?.seq;
            if found != expected {
                return Err(Fault::Name { expected, found });
            }
        }
        self.line(line)
    }

    fn broken(&mut self, path: &Path, line: u64, fault: Fault) {
        self.report.broken = Some(Break {
            file: path.to_owned(),
            line,
            fault,
        });
    }
}

/// What a chain's first line says was before it. Nothing can be before record 1.
fn before_first(line: &[u8]) -> Result<Anchor, Fault> {
    let head = Head::parse(line)?;
    let seq = head.seq.checked_sub(1).ok_or(Fault::Number {
        expected: 1,
        found: 0,
    })?;
    let hash = if seq == 0 {
        LineHash::NONE
    } else {
        head.previous
    };
    Ok(Anchor { seq, hash })
}

/// Checks the trail in a directory, which may be in use. If an anchor is given, the chain must
/// lead to it.
pub fn verify(dir: &Path, expected: Option<Anchor>) -> io::Result<Report> {
    let mut report = check(opened(dir)?, expected)?;
    report.set_aside = set_aside(dir)?;
    Ok(report)
}

/// Checks files that were copied from a trail, in this order.
pub fn verify_files(files: &[PathBuf], expected: Option<Anchor>) -> io::Result<Report> {
    let open = |path: &PathBuf| Part::open(path.clone(), None);
    let parts: io::Result<Vec<_>> = files.iter().map(open).collect();
    check(parts?, expected)
}

/// A file of a trail.
#[derive(Debug)]
struct Part {
    path: PathBuf,
    /// The number that its name says it begins with.
    first: Option<u64>,
    file: File,
}

impl Part {
    fn open(path: PathBuf, first: Option<u64>) -> io::Result<Self> {
        let file = File::open(&path)?;
        Ok(Self { path, first, file })
    }
}

/// The files of a trail, all of one moment: a file that is renamed after it was opened is still the
/// same one.
fn opened(dir: &Path) -> io::Result<Vec<Part>> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        let files = listed(dir)?;
        let open = |(path, first): &(PathBuf, Option<u64>)| Part::open(path.clone(), *first);
        let parts: io::Result<Vec<_>> = files.iter().map(open).collect();
        // One that was renamed meanwhile may be there twice, or not at all.
        if attempt == ATTEMPTS || listed(dir)? == files {
            return parts;
        }
    }
}

type Listed = Vec<(PathBuf, Option<u64>)>;

fn listed(dir: &Path) -> io::Result<Listed> {
    let full = closed(dir)?;
    let mut files: Listed = full
        .into_iter()
        .map(|file| (file.path, Some(file.first)))
        .collect();
    let current = dir.join(CURRENT);
    if current.try_exists()? {
        files.push((current, None));
    }
    Ok(files)
}

fn check(parts: Vec<Part>, expected: Option<Anchor>) -> io::Result<Report> {
    let mut verifier = Verifier::new(expected);
    let count = parts.len();
    let mut last = PathBuf::new();
    for (number, part) in parts.into_iter().enumerate() {
        last.clone_from(&part.path);
        if verifier.file(part, number + 1 == count)?.is_some() {
            return Ok(verifier.report);
        }
    }
    if let Err(fault) = verifier.end() {
        verifier.broken(&last, 0, fault);
    }
    Ok(verifier.report)
}
