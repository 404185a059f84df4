//! Where lines go.

use std::io;

use crate::file::TrailFile;
use crate::journald::Journald;
use crate::stdout::Stdout;

/// Where lines go.
#[derive(Debug)]
pub enum Sink {
    /// Files with rotation.
    File(TrailFile),
    /// systemd's journal.
    Journald(Journald),
    /// Standard output.
    Stdout(Stdout),
}

impl Sink {
    /// Writes a line.
    pub fn append(&mut self, seq: u64, line: &str) -> io::Result<()> {
        match self {
            Self::File(file) => file.append(seq, line),
            Self::Journald(journald) => journald.append(line),
            Self::Stdout(stdout) => stdout.append(line),
        }
    }

    /// What it is called in the log.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::File(_) => "the file",
            Self::Journald(_) => "the journal",
            Self::Stdout(_) => "standard output",
        }
    }
}
