//! Bytes that can be read at any place.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// A file of known size that can be read at any place. Nothing else is ever opened or read.
pub trait Source {
    /// Its size, in bytes.
    fn size(&self) -> u64;

    /// Fills `room` from `offset` on. The caller has checked that this lies within the size.
    ///
    /// # Errors
    /// What the kernel says; `UnexpectedEof` if the file became shorter.
    fn read(&self, offset: u64, room: &mut [u8]) -> io::Result<()>;
}

/// A file, and its size when it was complete.
#[derive(Debug)]
pub struct SourceFile {
    file: File,
    size: u64,
}

impl SourceFile {
    /// A file that will not change any more.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn new(file: File) -> io::Result<Self> {
        // Not File::metadata: that is statx, which the confinement forbids.
        let size = rustix::fs::fstat(&file)?.st_size;
        let size = u64::try_from(size).unwrap_or(0);
        Ok(Self { file, size })
    }
}

impl Source for SourceFile {
    fn size(&self) -> u64 {
        self.size
    }

    fn read(&self, offset: u64, room: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(room, offset)
    }
}

impl Source for &[u8] {
    fn size(&self) -> u64 {
        u64::try_from(self.len()).unwrap_or(u64::MAX)
    }

    fn read(&self, offset: u64, room: &mut [u8]) -> io::Result<()> {
        let from = usize::try_from(offset).ok();
        let bytes = from.and_then(|from| self.get(from..)?.get(..room.len()));
        room.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}
