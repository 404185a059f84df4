//! A thread for what librbd has no asynchronous call for, one for each image that needs it: an image
//! that waits for the cluster holds up no other.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use labelgate_rbd_sys::RBD_LOCK_MODE_EXCLUSIVE;

use crate::call::check;
use crate::extent::extent;
use crate::handle::Handle;
use crate::{Error, Event, Outcome};

/// How long a thread without anything to do stays.
const PATIENCE: Duration = Duration::from_secs(10);
/// Its stack in bytes: librbd's own functions run on it, which are written for 8 MiB.
const STACK: usize = 2 << 20;

/// Something to do that may take long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Job {
    /// How far the image is as it is, from here.
    Extent { tag: u64, offset: u64 },
    /// Another size.
    Resize { tag: u64, size: u64, shrink: bool },
    /// Take the lock and keep it.
    Lock { tag: u64 },
    /// Give it back.
    Unlock { tag: u64 },
    /// Something about the image has changed.
    Refresh,
    /// Wait for what is under way, and close it. The last job.
    Close { tag: Option<u64> },
}

/// What is to be done, and whether a thread is doing it.
#[derive(Default)]
pub(crate) struct Helper {
    state: Mutex<State>,
    more: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    running: bool,
}

impl Helper {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has the job done by the image's thread, which is started if need be. If it cannot be, the job
    /// ends with an error, and an image is closed by the caller.
    pub(crate) fn submit(handle: &Arc<Handle>, job: Job) {
        let start = {
            let mut state = handle.helper.state();
            state.jobs.push_back(job);
            !std::mem::replace(&mut state.running, true)
        };
        if !start {
            handle.helper.more.notify_one();
            return;
        }
        let theirs = Arc::clone(handle);
        let thread = thread::Builder::new()
            .name("rbd-helper".into())
            .stack_size(STACK);
        if thread.spawn(move || Self::work(&theirs)).is_err() {
            Self::refuse(handle);
        }
    }

    /// There is no thread to be had.
    fn refuse(handle: &Arc<Handle>) {
        let jobs = {
            let mut state = handle.helper.state();
            state.running = false;
            std::mem::take(&mut state.jobs)
        };
        for job in jobs {
            match job {
                Job::Extent { tag, .. }
                | Job::Resize { tag, .. }
                | Job::Lock { tag }
                | Job::Unlock { tag } => {
                    let error = Error::no_thread("starting a thread for the image");
                    handle.shared.completions.done(tag, Err(error));
                }
                Job::Refresh | Job::Close { .. } => job.run(handle),
            }
        }
    }

    fn work(handle: &Arc<Handle>) {
        while let Some(job) = handle.helper.next() {
            job.run(handle);
            if matches!(job, Job::Close { .. }) {
                return;
            }
        }
    }

    /// The next job; none when there has been none for a while, and then this thread is no more.
    fn next(&self) -> Option<Job> {
        let mut state = self.state();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                return Some(job);
            }
            let waited = self.more.wait_timeout(state, PATIENCE);
            let (now, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            state = now;
            if timeout.timed_out() && state.jobs.is_empty() {
                state.running = false;
                return None;
            }
        }
    }
}

impl fmt::Debug for Helper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        write!(f, "{} jobs, running: {}", state.jobs.len(), state.running)
    }
}

impl Job {
    fn run(self, handle: &Arc<Handle>) {
        let of_image = |error: Error| error.of_image(handle.shared.read_only);
        let done = |tag, result: Result<Outcome, Error>| {
            handle
                .shared
                .completions
                .done(tag, result.map_err(of_image));
        };
        match self {
            Self::Extent { tag, offset } => {
                done(tag, extent(handle, offset).map(Outcome::Extent));
            }
            Self::Resize { tag, size, shrink } => {
                let resized = handle.opened.resize(size, shrink);
                let resized = resized.and_then(|()| handle.opened.size());
                if let Ok(size) = resized {
                    handle.size.store(size, Ordering::Release);
                }
                done(tag, resized.map(Outcome::Resized));
            }
            Self::Lock { tag } => done(tag, lock(handle)),
            Self::Unlock { tag } => done(tag, unlock(handle)),
            Self::Refresh => refresh(handle),
            Self::Close { tag } => {
                let closed = close(handle);
                if let Some(tag) = tag {
                    done(tag, closed.map(|()| Outcome::Done));
                }
            }
        }
    }
}

fn lock(handle: &Handle) -> Result<Outcome, Error> {
    let acquire = handle.opened.rbd().rbd_lock_acquire;
    // SAFETY: the image is open.
    let taken = unsafe { acquire(handle.opened.image, RBD_LOCK_MODE_EXCLUSIVE) };
    check("taking the image's lock", taken).map(|_| Outcome::Done)
}

fn unlock(handle: &Handle) -> Result<Outcome, Error> {
    let release = handle.opened.rbd().rbd_lock_release;
    // SAFETY: the image is open.
    let given = unsafe { release(handle.opened.image) };
    check("giving the image's lock back", given).map(|_| Outcome::Done)
}

/// Looks whether the size is another one now. One that cannot be asked for is asked for again when
/// something else changes; operations find out by themselves.
fn refresh(handle: &Handle) {
    // First: what changes from here on is looked at again.
    handle.stale.store(false, Ordering::Release);
    let Ok(size) = handle.opened.size() else {
        return;
    };
    if handle.size.swap(size, Ordering::AcqRel) != size {
        let image = handle.shared.image;
        handle
            .shared
            .completions
            .push(Event::Resized { image, size });
    }
}

/// Everything that was begun has ended, and been told, before the image is closed.
fn close(handle: &Handle) -> Result<(), Error> {
    handle.shared.wait_until_none();
    handle.watch.end(&handle.opened);
    handle.opened.close()
}
