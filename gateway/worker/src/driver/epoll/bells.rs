//! Who has become ready.
//!
//! A future that waited for all sockets would look at all of them whenever one is ready. Each
//! source has a waker of its own instead, which notes the source and wakes the one future that
//! the turn waits on.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use labelgate_engine::ConnectionId;

/// What can become ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Connection(ConnectionId),
    Control,
    Helpers,
    Keepers,
}

/// The sources that have become ready, and the future that waits for them.
///
/// The lock is taken by the worker's own thread, but for helpers whose call has ended.
#[derive(Debug, Default)]
pub(super) struct Bells(Mutex<Rung>);

#[derive(Debug, Default)]
struct Rung {
    sources: Vec<Source>,
    waiting: Option<Waker>,
}

/// The waker of one source.
#[derive(Debug)]
pub(super) struct Bell {
    source: Source,
    rung: AtomicBool,
    bells: Arc<Bells>,
}

impl Bells {
    fn rung(&self) -> MutexGuard<'_, Rung> {
        // Nothing in here can be half done when a panic passes.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ready as soon as any source is.
    pub(super) fn poll(&self, context: &Context<'_>) -> Poll<()> {
        let mut rung = self.rung();
        if rung.sources.is_empty() {
            rung.waiting = Some(context.waker().clone());
            return Poll::Pending;
        }
        rung.waiting = None;
        Poll::Ready(())
    }

    /// Exchanges the sources that are ready for an empty list.
    pub(super) fn take(&self, sources: &mut Vec<Source>) {
        sources.clear();
        std::mem::swap(&mut self.rung().sources, sources);
    }
}

impl Bell {
    pub(super) fn new(source: Source, bells: &Arc<Bells>) -> Arc<Self> {
        Arc::new(Self {
            source,
            rung: AtomicBool::new(false),
            bells: Arc::clone(bells),
        })
    }

    /// The source is about to be looked at: from now on it may ring again.
    pub(super) fn answer(&self) {
        self.rung.store(false, Ordering::Release);
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.rung.swap(true, Ordering::AcqRel) {
            return;
        }
        let mut rung = self.bells.rung();
        rung.sources.push(self.source);
        let waiting = rung.waiting.take();
        drop(rung);
        if let Some(waiting) = waiting {
            waiting.wake();
        }
    }
}
