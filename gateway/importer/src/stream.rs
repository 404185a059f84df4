//! What comes through a pipe: its format, and a raw disk.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;

use labelgate_control::{ImageFormat, ImportPhase};

use crate::qcow2::MAGIC;
use crate::target::{GRAIN, Target};
use crate::{Fault, Report, SourceFile};

/// How much of a stream is read before its parts are looked at; a multiple of the grain.
const CHUNK: usize = 16 * GRAIN;

/// A stream whose first bytes have been read.
#[derive(Debug)]
pub struct Stream<R> {
    stream: R,
    chunk: Box<[u8]>,
    /// How much of the chunk is filled.
    filled: usize,
    /// How many bytes came before the chunk.
    before: u64,
}

impl<R: Read> Stream<R> {
    /// Reads the first bytes.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn new(stream: R) -> Result<Self, Fault> {
        let mut stream = Self {
            stream,
            chunk: vec![0; CHUNK].into_boxed_slice(),
            filled: 0,
            before: 0,
        };
        stream.fill()?;
        Ok(stream)
    }

    /// What its first bytes say it is: qcow2 if they are qcow2's, else raw.
    #[must_use]
    pub fn format(&self) -> ImageFormat {
        if self.chunk.starts_with(&MAGIC) {
            ImageFormat::Qcow2
        } else {
            ImageFormat::Raw
        }
    }

    /// Writes the stream to the image as a raw disk and gives the disk's size.
    ///
    /// # Errors
    /// [`Fault::TooLarge`] before anything is written beyond the limit; others of [`Fault`].
    pub fn write_raw(
        mut self,
        target: &mut Target,
        report: &mut impl Report,
    ) -> Result<u64, Fault> {
        while self.filled > 0 {
            let at = self.before;
            target.check_size(at.saturating_add(self.filled as u64))?;
            target.write(at, self.chunk.get(..self.filled).unwrap_or_default())?;
            self.next()?;
            report.progress(ImportPhase::Writing, self.before, None)?;
        }
        Ok(self.before)
    }

    /// Puts the stream into a file.
    ///
    /// # Errors
    /// [`Fault::TooMuchData`] beyond `most` bytes; what the kernel says.
    pub fn spool(
        mut self,
        spool: File,
        most: u64,
        report: &mut impl Report,
    ) -> Result<SourceFile, Fault> {
        while self.filled > 0 {
            if self.before.saturating_add(self.filled as u64) > most {
                return Err(Fault::TooMuchData { most });
            }
            let bytes = self.chunk.get(..self.filled).unwrap_or_default();
            let written = spool.write_all_at(bytes, self.before);
            written.map_err(Fault::file("spooling the image"))?;
            self.next()?;
            report.progress(ImportPhase::Receiving, self.before, None)?;
        }
        SourceFile::new(spool).map_err(Fault::file("spooling the image"))
    }

    fn next(&mut self) -> Result<(), Fault> {
        self.before = self.before.saturating_add(self.filled as u64);
        self.filled = 0;
        self.fill()
    }

    /// Fills the chunk, or as much of it as there is before the stream's end.
    fn fill(&mut self) -> Result<(), Fault> {
        while let Some(room @ [_, ..]) = self.chunk.get_mut(self.filled..) {
            match self.stream.read(room) {
                Ok(0) => break,
                Ok(count) => self.filled = self.filled.saturating_add(count),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Fault::file("receiving the image")(error)),
            }
        }
        Ok(())
    }
}
