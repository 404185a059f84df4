//! Bringing the file to the disk: once a second while it is being written.
//!
//! A thread of its own does it, because an fsync(2) may take seconds on a busy disk, and records
//! are to be on their way to the kernel meanwhile.

use std::fs::File;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

/// What a crash of the machine may cost, in records.
const PERIOD: Duration = Duration::from_secs(1);

/// The thread that calls fsync(2).
#[derive(Debug)]
pub struct Syncer(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    file: Mutex<Arc<File>>,
    dirty: AtomicBool,
    failures: AtomicU64,
}

impl Syncer {
    /// Starts the thread. It ends when this goes.
    pub fn start(file: Arc<File>) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            file: Mutex::new(file),
            dirty: AtomicBool::new(false),
            failures: AtomicU64::new(0),
        });
        let watched = Arc::downgrade(&shared);
        let run = move || keep_syncing(&watched);
        let thread = std::thread::Builder::new().name("audit-sync".to_owned());
        thread.spawn(run)?;
        Ok(Self(shared))
    }

    /// There is something to bring to the disk.
    pub fn touch(&self) {
        self.0.dirty.store(true, Ordering::Release);
    }

    /// From now on it is another file; the one before is on the disk already.
    pub fn turn_to(&self, file: Arc<File>) {
        *self.0.file.lock().unwrap_or_else(PoisonError::into_inner) = file;
    }

    /// How many fsyncs have failed.
    pub fn failures(&self) -> u64 {
        self.0.failures.load(Ordering::Relaxed)
    }
}

fn keep_syncing(watched: &Weak<Shared>) {
    loop {
        std::thread::sleep(PERIOD);
        let Some(shared) = watched.upgrade() else {
            return;
        };
        if !shared.dirty.swap(false, Ordering::AcqRel) {
            continue;
        }
        let file = Arc::clone(&shared.file.lock().unwrap_or_else(PoisonError::into_inner));
        if let Err(error) = file.sync_data() {
            shared.failures.fetch_add(1, Ordering::Relaxed);
            tracing::error!(
                "the audit trail of the last seconds may not be on the disk, and would be missing \
                 after a crash of this machine: {error}"
            );
        }
    }
}
