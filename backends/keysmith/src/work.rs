//! Who does what: threads of three kinds, so that what takes long holds up nothing that is urgent.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use labelgate_control::{
    FromKeysmith, KeysmithEnd, KeysmithRefusal, KeysmithTask, MAX_KEYSMITH_REQUESTS, SendError,
};
use rustix::event::{PollFd, PollFlags, poll};

use crate::{Refused, Smith};

/// Threads for keys, for looking and for excluding clients, which takes milliseconds.
const SHORT: usize = 2;
/// Threads for lists of what keepers write: as long as they like.
const LISTS: usize = 2;
/// Threads for images: one is removed object by object.
const LONG: usize = 3;
/// Their stacks in bytes: the library's functions run on them, which are written for 8 MiB.
const STACK: usize = 2 << 20;

/// A request.
struct Request {
    number: u64,
    task: KeysmithTask,
}

/// Requests that wait for a thread.
#[derive(Default)]
struct Queue {
    waiting: Mutex<VecDeque<Request>>,
    more: Condvar,
}

impl Queue {
    fn waiting(&self) -> MutexGuard<'_, VecDeque<Request>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> Request {
        let mut waiting = self.waiting();
        loop {
            match waiting.pop_front() {
                Some(request) => return request,
                None => {
                    let waited = self.more.wait(waiting);
                    waiting = waited.unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }
}

/// The threads. They end with the process.
pub(crate) struct Workshop {
    short: Arc<Queue>,
    lists: Arc<Queue>,
    long: Arc<Queue>,
    control: Arc<KeysmithEnd>,
}

impl Workshop {
    /// Starts them.
    pub(crate) fn open(smith: &Arc<Smith>, control: &Arc<KeysmithEnd>) -> io::Result<Self> {
        let workshop = Self {
            short: Arc::default(),
            lists: Arc::default(),
            long: Arc::default(),
            control: Arc::clone(control),
        };
        let queues = [
            (&workshop.short, SHORT),
            (&workshop.lists, LISTS),
            (&workshop.long, LONG),
        ];
        for (queue, threads) in queues {
            for _ in 0..threads {
                let queue = Arc::clone(queue);
                let (smith, control) = (Arc::clone(smith), Arc::clone(control));
                let thread = thread::Builder::new()
                    .name("smith".into())
                    .stack_size(STACK);
                thread.spawn(move || {
                    loop {
                        let Request { number, task } = queue.next();
                        answer(&control, number, smith.work(&task));
                    }
                })?;
            }
        }
        Ok(workshop)
    }

    const fn queue_of(&self, task: &KeysmithTask) -> &Arc<Queue> {
        match task {
            KeysmithTask::MakeKey { .. }
            | KeysmithTask::Revoke { .. }
            | KeysmithTask::Fence { .. }
            | KeysmithTask::DescribeImage { .. } => &self.short,
            KeysmithTask::ListParents { .. }
            | KeysmithTask::ListClones { .. }
            | KeysmithTask::ListSnapshots { .. } => &self.lists,
            _ => &self.long,
        }
    }

    /// Has a request done.
    pub(crate) fn take(&self, number: u64, task: KeysmithTask) {
        let queue = self.queue_of(&task);
        let mut waiting = queue.waiting();
        if waiting.len() >= MAX_KEYSMITH_REQUESTS {
            drop(waiting);
            let reason = "too many requests are waiting for this store";
            let refused = Refused::new(KeysmithRefusal::TooMany, reason);
            answer(&self.control, number, Err(refused));
            return;
        }
        waiting.push_back(Request { number, task });
        drop(waiting);
        queue.more.notify_one();
    }
}

fn answer(
    control: &KeysmithEnd,
    request: u64,
    result: Result<labelgate_control::KeysmithAnswer, Refused>,
) {
    let result = result.map_err(|refused| refused.said());
    // A supervisor that is gone is noticed by whoever listens to it.
    let _ = say(control, &FromKeysmith::Answer { request, result });
}

/// Says what must arrive.
pub(crate) fn say(control: &KeysmithEnd, message: &FromKeysmith) -> Result<(), SendError> {
    loop {
        match control.send(message) {
            Err(SendError::WouldBlock) => {
                let mut polled = [PollFd::new(control, PollFlags::OUT)];
                // What came of it shows when it is tried again.
                let _ = poll(&mut polled, None);
            }
            sent => return sent,
        }
    }
}
