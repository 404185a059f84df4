//! What tests of the trail stand on: a directory, and trails in it.

#![allow(dead_code, reason = "not every test needs all of it")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a panic in a helper is a failed test, as in the tests themselves"
)]

use std::fs;
use std::path::{Path, PathBuf};

use labelgate_audit::{
    Anchor, Decision, Event, FileSettings, Record, Report, Settings, Trail, verify,
};
use tempfile::TempDir;

/// A directory for a trail.
pub struct Ground(TempDir);

impl Ground {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn dir(&self) -> PathBuf {
        self.0.path().join("trail")
    }

    /// A trail whose files are full after so many bytes.
    pub fn open(&self, max_bytes: u64, keep: u32) -> Trail {
        Trail::open(&settings(&self.dir(), max_bytes, keep)).unwrap()
    }

    /// Writes so many records into a trail of its own, in large files.
    pub fn write(&self, count: u64) -> Anchor {
        let trail = self.open(1 << 30, 10);
        write(&trail, count);
        trail.close();
        trail.anchor()
    }

    pub fn verify(&self) -> Report {
        verify(&self.dir(), None).unwrap()
    }

    pub fn current(&self) -> PathBuf {
        self.dir().join("audit.jsonl")
    }

    pub fn bytes(&self) -> Vec<u8> {
        fs::read(self.current()).unwrap()
    }

    /// All lines, the oldest file first.
    pub fn text(&self) -> String {
        let names = self.names();
        let files = names.iter().filter(|name| name.ends_with(".jsonl"));
        let texts = files.map(|name| fs::read_to_string(self.dir().join(name)).unwrap());
        texts.collect()
    }

    /// The files there, by name.
    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.dir()).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

pub fn settings(dir: &Path, max_bytes: u64, keep: u32) -> Settings {
    Settings {
        files: Some(FileSettings {
            dir: dir.to_owned(),
            max_bytes,
            keep,
        }),
        stdout: false,
        journald: false,
    }
}

/// Records that can be told apart.
pub fn write(trail: &Trail, count: u64) {
    for number in 1..=count {
        let record = Record {
            connection: Some(number),
            ..Record::new(Event::Connection, Decision::Deny)
        };
        assert!(record.write_to(trail).is_some());
    }
}
