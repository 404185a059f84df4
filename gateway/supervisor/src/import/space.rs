//! How much of a store an import may take.

use std::fs::File;
use std::io;

use rustix::fs::{Stat, fstat, fstatvfs};

use super::{ImportError, NewFile};

/// This part of a store is left free: images that are being served need some.
const RESERVE: u64 = 32;
/// Blocks in which `st_blocks` counts.
const SECTOR: u64 = 512;
/// Metadata of the file system counts too.
const SLACK: u64 = 64 << 20;

/// How much may be taken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Space(u64);

impl Space {
    /// What the store of this new file can spare.
    ///
    /// # Errors
    /// [`ImportError::Space`] if that is nothing.
    pub(super) fn of(file: &File) -> Result<Self, ImportError> {
        let status = fstatvfs(file).map_err(io::Error::from)?;
        let bytes = |blocks: u64| blocks.saturating_mul(status.f_frsize);
        let reserve = bytes(status.f_blocks) / RESERVE;
        match bytes(status.f_bavail).saturating_sub(reserve) {
            0 => Err(ImportError::Space { most: 0 }),
            free => Ok(Self(free)),
        }
    }

    /// In bytes.
    pub(super) const fn free(self) -> u64 {
        self.0
    }

    /// Watches that it is not exceeded: the importer may not keep to it.
    pub(super) fn watch(self, target: &NewFile, spool: Option<File>) -> Watch {
        Watch {
            target: target.file().try_clone().ok(),
            spool,
            most: self.0,
        }
    }
}

/// Watches how much an import takes.
#[derive(Debug)]
pub(super) struct Watch {
    target: Option<File>,
    spool: Option<File>,
    most: u64,
}

impl Watch {
    /// # Errors
    /// [`ImportError::Space`] if it is too much.
    pub(super) fn look(&self) -> Result<(), ImportError> {
        let files = self.target.iter().chain(&self.spool);
        let taken = files.filter_map(|file| fstat(file).ok());
        let taken = taken.fold(0_u64, |sum, stat| sum.saturating_add(allocated(&stat)));
        if taken > self.most.saturating_add(SLACK) {
            return Err(ImportError::Space { most: self.most });
        }
        Ok(())
    }
}

/// How much space a file takes, in bytes.
pub(super) fn allocated(stat: &Stat) -> u64 {
    u64::try_from(stat.st_blocks)
        .unwrap_or(0)
        .saturating_mul(SECTOR)
}

#[cfg(test)]
mod tests {
    use rustix::fs::{FallocateFlags, fallocate};

    use super::*;

    #[test]
    fn an_importer_that_takes_more_than_it_may_is_found_out() {
        let target = tempfile::tempfile().unwrap();
        let spool = tempfile::tempfile().unwrap();
        let watch = Watch {
            target: Some(target.try_clone().unwrap()),
            spool: Some(spool.try_clone().unwrap()),
            most: 1 << 20,
        };
        target.set_len(1 << 40).unwrap();
        watch.look().unwrap();
        let half = SLACK / 2 + (1 << 20);
        fallocate(&target, FallocateFlags::empty(), 0, half).unwrap();
        watch.look().unwrap();
        fallocate(&spool, FallocateFlags::empty(), 0, half).unwrap();
        let error = watch.look().unwrap_err();
        assert!(matches!(error, ImportError::Space { most } if most == 1 << 20));
    }

    #[test]
    fn a_store_keeps_a_reserve() {
        let file = tempfile::tempfile().unwrap();
        let status = fstatvfs(&file).unwrap();
        let free = Space::of(&file).unwrap().free();
        let most = status.f_bavail * status.f_frsize;
        assert!(free < most || most == 0);
    }
}
