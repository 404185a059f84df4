//! Room for workers: as many as the configuration allows, for as long as there is memory to spare.
//!
//! A machine that runs out of memory ends a process, and with a worker's the sessions of a machine
//! that has done nothing. So one worker more is not started when that is near.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::cgroups::Cgroups;
use crate::config::Limits;
use crate::memory::available;

/// A worker's place among the others, for as long as it has not been reaped.
pub(super) type Place = OwnedSemaphorePermit;

/// What there is room for.
#[derive(Debug)]
pub struct Room {
    places: Arc<Semaphore>,
    /// In bytes: what has to be available for one more worker.
    spare: u64,
    /// The gateway's own, which may have a limit.
    cgroup: Option<PathBuf>,
}

/// Why there is no room for one more worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Lack {
    /// As many run as the configuration allows.
    #[error(
        "there are as many workers as there may be (limits.workers): raise that, or wait for one to end"
    )]
    Places,
    /// The machine, or the gateway's share of it, has little memory left.
    #[error(
        "{} MiB of memory are left, and limits.spare_memory_mib keeps {} MiB: add memory, raise MemoryMax= of the service if that \
         is what is used up, or have fewer labels on this gateway",
        available >> 20, spare >> 20
    )]
    Memory {
        /// What is left, in bytes.
        available: u64,
        /// What is kept, in bytes.
        spare: u64,
    },
}

impl Room {
    /// As much as the configuration says.
    pub fn new(limits: &Limits, cgroups: Option<&Cgroups>) -> Self {
        Self {
            places: Arc::new(Semaphore::new(usize::try_from(limits.workers).unwrap_or(1))),
            spare: limits.spare_memory,
            cgroup: cgroups.map(|cgroups| cgroups.parent().to_owned()),
        }
    }

    /// What is lacking for one more worker. That nothing is now is no promise for the next moment.
    pub fn look(&self) -> Result<(), Lack> {
        if self.places.available_permits() == 0 {
            return Err(Lack::Places);
        }
        self.has_memory()
    }

    /// A place for one more worker.
    pub(super) fn take(&self) -> Result<Place, Lack> {
        let place = Arc::clone(&self.places).try_acquire_owned();
        let place = place.map_err(|_| Lack::Places)?;
        self.has_memory()?;
        Ok(place)
    }

    /// A kernel that does not say how much it has keeps nobody out.
    fn has_memory(&self) -> Result<(), Lack> {
        let spare = self.spare;
        match available(self.cgroup.as_deref()) {
            Some(available) if available < spare => Err(Lack::Memory { available, spare }),
            _ => Ok(()),
        }
    }
}
