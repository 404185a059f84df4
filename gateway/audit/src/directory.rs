//! What the files of a trail are called.
//!
//! `audit.jsonl` is the one being written. A file that is full is renamed after its first record:
//! `audit-00000000000000000001.jsonl`. What had to be set aside is `torn-…` and `damaged-…`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The file being written.
pub const CURRENT: &str = "audit.jsonl";
/// The next one, until it takes the place of the one being written.
pub const NEXT: &str = "audit.jsonl.new";

/// A file that is full.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Closed {
    /// `seq` of its first record.
    pub first: u64,
    /// Where it is.
    pub path: PathBuf,
}

/// The name of a full file.
pub fn closed_name(first: u64) -> String {
    format!("audit-{first:020}.jsonl")
}

/// All full files, the oldest first.
pub fn closed(directory: &Path) -> io::Result<Vec<Closed>> {
    let mut found = Vec::new();
    for name in names(directory)? {
        if let Some(first) = first_of(&name) {
            let path = directory.join(&name);
            found.push(Closed { first, path });
        }
    }
    found.sort();
    Ok(found)
}

/// Everything that was set aside.
pub fn set_aside(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = names(directory)?;
    found.retain(|name| name.starts_with("torn-") || name.starts_with("damaged-"));
    found.sort();
    Ok(found.iter().map(|name| directory.join(name)).collect())
}

fn first_of(name: &str) -> Option<u64> {
    let number = name.strip_prefix("audit-")?.strip_suffix(".jsonl")?;
    let first = number.parse().ok()?;
    (closed_name(first) == name).then_some(first)
}

fn names(directory: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(directory)? {
        if let Ok(name) = entry?.file_name().into_string() {
            names.push(name);
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_full_files_count_and_the_oldest_is_first() {
        let directory = tempfile::tempdir().unwrap();
        let names = [
            "audit-00000000000000000100.jsonl",
            "audit-00000000000000000009.jsonl",
            "audit-9.jsonl",
            "audit-x.jsonl",
            "audit.jsonl",
            "torn-00000000000000000009",
        ];
        for name in names {
            fs::write(directory.path().join(name), "").unwrap();
        }
        let firsts: Vec<u64> = closed(directory.path())
            .unwrap()
            .iter()
            .map(|c| c.first)
            .collect();
        assert_eq!(firsts, [9, 100]);
        assert_eq!(set_aside(directory.path()).unwrap().len(), 1);
    }
}
