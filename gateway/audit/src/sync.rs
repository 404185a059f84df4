//! Bringing the file to the disk: once a second while it is being written.
//!
//! A thread of its own does it, because an fsync(2) may take seconds on a busy disk, and records
//! are to be on their way to the kernel meanwhile.

use std::fs::File;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Thread;
use std::time::Duration;

/// What a crash of the machine may cost, in records.
const PERIOD: Duration = Duration::from_secs(1);

/// The thread that calls fsync(2).
#[derive(Debug)]
pub struct Syncer {
    shared: Arc<Shared>,
    thread: Thread,
}

#[derive(Debug)]
struct Shared {
    file: Mutex<Arc<File>>,
    dirty: AtomicBool,
    failures: AtomicU64,
    ended: AtomicBool,
}

impl Syncer {
    /// Starts the thread. It ends when this goes.
    pub fn start(file: Arc<File>) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            file: Mutex::new(file),
            dirty: AtomicBool::new(false),
            failures: AtomicU64::new(0),
            ended: AtomicBool::new(false),
        });
        let seen = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("audit-sync".to_owned());
        let thread = thread.spawn(move || seen.keep_syncing())?;
        let thread = thread.thread().clone();
        Ok(Self { shared, thread })
    }

    /// There is something to bring to the disk.
    pub fn touch(&self) {
        self.shared.dirty.store(true, Ordering::Release);
    }

    /// From now on it is another file; the one before is on the disk already.
    pub fn turn_to(&self, file: Arc<File>) {
        *self
            .shared
            .file
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = file;
    }

    /// How many fsyncs have failed.
    pub fn failures(&self) -> u64 {
        self.shared.failures.load(Ordering::Relaxed)
    }
}

impl Drop for Syncer {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Release);
        self.thread.unpark();
    }
}

impl Shared {
    fn keep_syncing(&self) {
        while !self.ended.load(Ordering::Acquire) {
            std::thread::park_timeout(PERIOD);
            if self.dirty.swap(false, Ordering::AcqRel) {
                self.sync();
            }
        }
    }

    fn sync(&self) {
        let file = Arc::clone(&self.file.lock().unwrap_or_else(PoisonError::into_inner));
        if let Err(error) = file.sync_data() {
            self.failures.fetch_add(1, Ordering::Relaxed);
            tracing::error!(
                "the audit trail of the last seconds may not be on the disk, and would be missing \
                 after a crash of this machine: {error}"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn a_failed_fsync_is_counted() {
        // fsync(2) of a pipe is EINVAL.
        let (_end, pipe) = std::io::pipe().unwrap();
        let pipe = File::from(std::os::fd::OwnedFd::from(pipe));
        let syncer = Syncer::start(Arc::new(pipe)).unwrap();
        syncer.touch();
        let begin = Instant::now();
        while syncer.failures() == 0 {
            assert!(begin.elapsed() < 20 * PERIOD, "nobody has noticed");
            std::thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(syncer.failures(), 1);
    }

    #[test]
    fn the_thread_ends_at_once_and_lets_go_of_the_file() {
        let file = Arc::new(tempfile::tempfile().unwrap());
        let syncer = Syncer::start(Arc::clone(&file)).unwrap();
        syncer.touch();
        drop(syncer);
        let begin = Instant::now();
        while Arc::strong_count(&file) > 1 {
            assert!(begin.elapsed() < PERIOD, "it sleeps on");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}
