//! The trail: where records go, and what has become of them.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::chain::Anchor;
use crate::follow::{Follow, Line};
use crate::journald::{self, Journald};
use crate::open::{OpenError, Opened, open};
use crate::queue::Queue;
use crate::reader::Reader;
use crate::recent::Recent;
use crate::sink::Sink;
use crate::stdout::Stdout;
use crate::verify::{Report, verify};
use crate::writer::Writer;

/// How long the end of the writer is waited for: a disk or a reader that hangs must not keep the
/// process.
const END_PATIENCE: Duration = Duration::from_secs(5);
/// How long a slow reader of standard output is waited for where records are safe elsewhere.
const COPY_PATIENCE: Duration = Duration::from_millis(200);

/// Where records go. The first of file, standard output and journal that is chosen holds the
/// chain: a record that it cannot take is lost, and counted. The others get copies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Files in a directory.
    pub files: Option<FileSettings>,
    /// Standard output.
    pub stdout: bool,
    /// systemd's journal.
    pub journald: bool,
}

/// Files in a directory, with rotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSettings {
    /// The directory. It is made if it is missing.
    pub dir: PathBuf,
    /// A file is full when it would be longer than this.
    pub max_bytes: u64,
    /// So many full files are kept.
    pub keep: u32,
}

/// A trail that records are written to. It is a handle: clones are the same trail.
#[derive(Clone)]
pub struct Trail(Arc<Inner>);

struct Inner {
    queue: Arc<Queue>,
    shared: Arc<Shared>,
    progress: watch::Receiver<Progress>,
    dir: Option<PathBuf>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// What the writer shares with everybody.
#[derive(Debug, Default)]
pub struct Shared {
    pub(crate) counters: AtomicCounters,
    pub(crate) recent: Recent,
}

#[derive(Debug, Default)]
pub struct AtomicCounters {
    pub(crate) written: AtomicU64,
    pub(crate) lost: AtomicU64,
    pub(crate) uncopied: AtomicU64,
    pub(crate) unsynced: AtomicU64,
}

/// What has become of a trail's records since it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counters {
    /// In the chain.
    pub written: u64,
    /// Lost: the chain could not be written, or too many came at once.
    pub lost: u64,
    /// In the chain, but not in a copy that was to be made.
    pub uncopied: u64,
    /// Failed fsyncs.
    pub unsynced: u64,
}

/// How far the writer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// How many records from the queue have met their fate.
    pub(crate) done: u64,
    /// The last one that was lost, counted likewise.
    pub(crate) failed: u64,
    /// The last record in the chain.
    pub(crate) anchor: Anchor,
}

/// Stands for a record that was handed to a trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket(u64);

impl Trail {
    /// Opens a trail, and goes on where the last process left it.
    pub fn open(settings: &Settings) -> Result<Self, OpenError> {
        let mut sinks = Vec::new();
        let (mut anchor, mut findings) = (Anchor::START, Vec::new());
        if let Some(files) = &settings.files {
            let opened: Opened = open(files.clone())?;
            (anchor, findings) = (opened.anchor, opened.findings);
            sinks.push(Sink::File(opened.file));
        }
        if settings.stdout {
            let patience = (!sinks.is_empty()).then_some(COPY_PATIENCE);
            sinks.push(Sink::Stdout(Stdout { patience }));
        }
        if settings.journald {
            sinks.push(Sink::Journald(journal()?));
        }
        let dir = settings.files.as_ref().map(|files| files.dir.clone());
        Self::start(sinks, dir, anchor, findings).map_err(OpenError::Thread)
    }

    fn start(
        mut sinks: Vec<Sink>,
        dir: Option<PathBuf>,
        anchor: Anchor,
        findings: Vec<(crate::Event, String)>,
    ) -> io::Result<Self> {
        if sinks.is_empty() {
            sinks.push(Sink::Stdout(Stdout { patience: None }));
        }
        let copies = sinks.split_off(1);
        let Some(primary) = sinks.pop() else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        let (queue, shared) = (Arc::new(Queue::default()), Arc::new(Shared::default()));
        let progress = Progress {
            done: 0,
            failed: 0,
            anchor,
        };
        let (sender, progress) = watch::channel(progress);
        let parts = (Arc::clone(&queue), Arc::clone(&shared));
        let writer = Writer::new(parts, sender, anchor, primary, copies);
        let thread = std::thread::Builder::new().name("audit".to_owned());
        let thread = thread.spawn(move || writer.run(&findings))?;
        Ok(Self(Arc::new(Inner {
            queue,
            shared,
            progress,
            dir,
            thread: Mutex::new(Some(thread)),
        })))
    }

    /// Takes a record's body in.
    pub(crate) fn push(&self, body: String) -> Option<Ticket> {
        self.0.queue.push(body).map(Ticket)
    }

    /// Waits at most so long until the kernel has a record: then `kill -9` of this process does
    /// not lose it. Returns whether that is so. `false` may also be said of a record that was
    /// written while others beside it were lost.
    pub async fn has_written(&self, ticket: Ticket, patience: Duration) -> bool {
        let mut progress = self.0.progress.clone();
        let done = progress.wait_for(|progress| progress.done >= ticket.0);
        match tokio::time::timeout(patience, done).await {
            Ok(Ok(progress)) => progress.failed < ticket.0,
            Ok(Err(_)) | Err(_) => false,
        }
    }

    /// The last record in the chain. Noted elsewhere, it shows later that nothing before it was
    /// changed.
    #[must_use]
    pub fn anchor(&self) -> Anchor {
        self.0.progress.borrow().anchor
    }

    /// What has become of its records.
    #[must_use]
    pub fn counters(&self) -> Counters {
        let counters = &self.0.shared.counters;
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counters {
            written: read(&counters.written),
            lost: read(&counters.lost),
            uncopied: read(&counters.uncopied),
            unsynced: read(&counters.unsynced),
        }
    }

    /// The directory of its files, if it has any.
    #[must_use]
    pub fn dir(&self) -> Option<&Path> {
        self.0.dir.as_deref()
    }

    /// The last records, the oldest first: at most `count`, and at most [`Reader::MOST`]. Without
    /// files, these are some of those that this process wrote. It reads files, and so may block.
    pub fn last(&self, count: usize) -> io::Result<Vec<Line>> {
        match self.dir() {
            Some(dir) => Reader::new(dir).last(count),
            None => Ok(self.0.shared.recent.last(count)),
        }
    }

    /// The records after a number, and then each as it is written.
    #[must_use]
    pub fn follow(&self, after: u64) -> Follow {
        let progress = self.0.progress.clone();
        match self.dir() {
            Some(dir) => Follow::files(Reader::new(dir).after(after), progress),
            None => Follow::recent(Arc::clone(&self.0.shared), after, progress),
        }
    }

    /// Checks the files, up to the record that was the last one when this was called: what
    /// somebody has changed in them since they were written shows, the last record included.
    /// `None`: there are no files. It reads all of them, and so may block for a while.
    pub fn verify(&self) -> Option<io::Result<Report>> {
        let anchor = self.anchor();
        self.dir().map(|dir| verify(dir, Some(anchor)))
    }

    /// Writes what waits, brings it to the disk, and takes nothing more. It blocks for some
    /// seconds at most.
    pub fn close(&self) {
        self.0.close();
    }

    /// Whether both are the same trail.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Inner {
    fn close(&self) {
        self.queue.close();
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let Some(thread) = thread else { return };
        let begin = Instant::now();
        while !thread.is_finished() {
            if begin.elapsed() > END_PATIENCE {
                tracing::error!("the end of the audit trail cannot be written in time");
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        if thread.join().is_err() {
            tracing::error!("the audit trail's writer has panicked");
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}

impl fmt::Debug for Trail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trail")
            .field("dir", &self.0.dir)
            .field("anchor", &self.anchor())
            .finish_non_exhaustive()
    }
}

fn journal() -> Result<Journald, OpenError> {
    let path = Path::new(journald::SOCKET);
    Journald::at(path).map_err(|error| OpenError::Journald {
        path: path.to_owned(),
        error,
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixDatagram;

    use super::*;
    use crate::{Decision, Event, Record};

    #[test]
    fn a_record_that_a_copy_does_not_take_is_in_the_chain_and_counted() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("journal");
        let journal = UnixDatagram::bind(&path).unwrap();
        let copy = Sink::Journald(Journald::at(&path).unwrap());
        drop(journal);
        let opened = open(FileSettings {
            dir: directory.path().join("trail"),
            max_bytes: 1 << 20,
            keep: 1,
        });
        let opened = opened.unwrap();
        let sinks = vec![Sink::File(opened.file), copy];

        let trail = Trail::start(sinks, None, opened.anchor, Vec::new()).unwrap();
        let record = Record::new(Event::GatewayStart, Decision::Note);
        assert!(record.write_to(&trail).is_some());
        trail.close();

        let counted = Counters {
            written: 1,
            lost: 0,
            uncopied: 1,
            unsynced: 0,
        };
        assert_eq!(trail.counters(), counted);
    }
}
