//! From one image to another.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use labelgate_control::ImportPhase;
use rustix::fs::{SeekFrom, copy_file_range, fstat, ioctl_ficlone, seek};
use rustix::io::Errno;

use crate::target::{GRAIN, Target};
use crate::{Fault, Report};

/// How much is copied between two reports.
const RUN: u64 = 16 << 20;

/// Copies an image file that nobody writes to, and gives the disk's size. Where the file system
/// can, the two share their blocks until one is written; else holes stay holes.
///
/// # Errors
/// All of [`Fault`].
pub fn duplicate(
    source: &File,
    target: &mut Target,
    report: &mut impl Report,
) -> Result<u64, Fault> {
    let stat = fstat(source).map_err(|error| failed(error.into()))?;
    let size = u64::try_from(stat.st_size).unwrap_or(0);
    target.check_size(size)?;
    match ioctl_ficlone(&*target, source) {
        Ok(()) => return Ok(size),
        // Another file system, or one that cannot share blocks.
        Err(Errno::OPNOTSUPP | Errno::XDEV | Errno::INVAL | Errno::NOTTY | Errno::NOSYS) => {}
        Err(error) => return Err(failed(error.into())),
    }
    let mut copy = Copier::new();
    let mut at = 0;
    while let Some((from, to)) = data(source, at, size).map_err(failed)? {
        at = from;
        while at < to {
            let length = to.saturating_sub(at).min(RUN);
            copy.range(source, target, at, length)?;
            at = at.saturating_add(length);
            report.progress(ImportPhase::Writing, at, Some(size))?;
        }
    }
    Ok(size)
}

fn failed(error: io::Error) -> Fault {
    Fault::file("reading the image that is copied")(error)
}

/// The next data of a file: from where to where; `None` if all the rest is a hole.
fn data(source: &File, at: u64, size: u64) -> io::Result<Option<(u64, u64)>> {
    let from = match seek(source, SeekFrom::Data(at)) {
        Ok(from) if from < size => from,
        Ok(_) | Err(Errno::NXIO) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let to = seek(source, SeekFrom::Hole(from))?.min(size);
    // A file that changes could say anything.
    Ok((from >= at && to > from).then_some((from, to)))
}

/// Copies ranges, in the kernel if it can.
struct Copier {
    in_kernel: bool,
    room: Vec<u8>,
}

impl Copier {
    const fn new() -> Self {
        Self {
            in_kernel: true,
            room: Vec::new(),
        }
    }

    fn range(
        &mut self,
        source: &File,
        target: &mut Target,
        mut at: u64,
        mut left: u64,
    ) -> Result<(), Fault> {
        if self.in_kernel {
            // It may write less, never more.
            target.count(left)?;
        }
        while self.in_kernel && left > 0 {
            let length = usize::try_from(left).unwrap_or(usize::MAX);
            let (mut from, mut to) = (at, at);
            match copy_file_range(source, Some(&mut from), &*target, Some(&mut to), length) {
                // The file has become shorter.
                Ok(0) => return Err(failed(io::ErrorKind::UnexpectedEof.into())),
                Ok(count) => {
                    let count = (count as u64).min(left);
                    at = at.saturating_add(count);
                    left = left.saturating_sub(count);
                }
                Err(Errno::INTR) => {}
                Err(Errno::XDEV | Errno::OPNOTSUPP | Errno::INVAL | Errno::NOSYS) => {
                    self.in_kernel = false;
                    target.uncount(left);
                }
                Err(error) => return Err(Fault::file("copying the image")(error.into())),
            }
        }
        self.by_hand(source, target, at, left)
    }

    fn by_hand(
        &mut self,
        source: &File,
        target: &mut Target,
        mut at: u64,
        mut left: u64,
    ) -> Result<(), Fault> {
        while left > 0 {
            self.room.resize(16 * GRAIN, 0);
            let most = self.room.len();
            let length = usize::try_from(left).map_or(most, |left| left.min(most));
            let room = self.room.get_mut(..length).unwrap_or_default();
            source.read_exact_at(room, at).map_err(failed)?;
            target.write(at, room)?;
            at = at.saturating_add(length as u64);
            left = left.saturating_sub(length as u64);
        }
        Ok(())
    }
}
