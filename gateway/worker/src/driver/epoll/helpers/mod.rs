//! The threads that run system calls of image operations.
//!
//! They touch nothing but the call they are given. The worker's own thread keeps the request it
//! came from in a [`Loan`](crate::driver::loan::Loan) until the thread has given the result.

mod order;

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::thread;

use labelgate_backends::Request;

use order::Order;

/// How many there are: one may wait for a disk's flush while another one reads.
const THREADS: usize = 2;

/// Bytes of stack of each; a call needs little.
const STACK: usize = 64 * 1024;

/// The threads, and what passes between them and the worker's own.
#[derive(Debug)]
pub(super) struct Helpers(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    waker: Waker,
}

#[derive(Debug, Default)]
struct State {
    orders: VecDeque<(u32, Order)>,
    results: Vec<(u32, io::Result<usize>)>,
    running: usize,
    stop: bool,
}

impl Helpers {
    /// Starts the threads and waits until each runs its own code, so that the process may then
    /// forbid what a thread's start needs. `waker` is woken whenever a call has ended.
    pub(super) fn start(waker: Waker) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            changed: Condvar::new(),
            waker,
        });
        let helpers = Self(shared);
        for _ in 0..THREADS {
            let shared = Arc::clone(&helpers.0);
            thread::Builder::new()
                .name("labelgate-io".into())
                .stack_size(STACK)
                .spawn(move || shared.run())?;
        }
        let mut state = helpers.0.state();
        while state.running < THREADS {
            state = helpers.0.wait(state);
        }
        drop(state);
        Ok(helpers)
    }

    /// Has a thread make the request's call; the result comes under `slot`.
    ///
    /// # Safety
    /// The request, its buffer and its descriptor stay where they are, and nobody else touches
    /// the buffer, until [`Helpers::results`] has given the result.
    pub(super) unsafe fn run(&self, slot: u32, request: &mut Request, in_flight: usize) {
        let order = Order::new(request);
        let mut state = self.0.state();
        state.orders.push_back((slot, order));
        // Room is made here: a helper that allocated would get a heap of its own.
        state.results.reserve(in_flight);
        drop(state);
        self.0.changed.notify_one();
    }

    /// Moves the results that are there into `results`, which is empty.
    pub(super) fn results(&self, results: &mut Vec<(u32, io::Result<usize>)>) {
        results.append(&mut self.0.state().results);
    }
}

impl Drop for Helpers {
    fn drop(&mut self) {
        // Not joined: one may be stuck in a call for as long as a disk likes.
        self.0.state().stop = true;
        self.0.changed.notify_all();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing in here can be half done when a panic passes.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.changed
            .wait(state)
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// A thread's life.
    fn run(&self) {
        let mut state = self.state();
        state.running += 1;
        self.changed.notify_all();
        loop {
            if let Some((slot, order)) = state.orders.pop_front() {
                drop(state);
                let result = order.execute();
                state = self.state();
                state.results.push((slot, result));
                self.waker.wake_by_ref();
            } else if state.stop {
                return;
            } else {
                state = self.wait(state);
            }
        }
    }
}
