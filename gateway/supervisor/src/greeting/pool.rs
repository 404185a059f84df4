//! Greeters that are ready before anyone needs them.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::{sleep, timeout};

use super::greeter::Greeter;
use super::launch::Launch;
use crate::config::Identities;

/// After a greeter could not be started, the next attempt to have one ready waits this long, and
/// longer each time.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// Greeters that have died while they waited are noticed after this long.
const ROUND: Duration = Duration::from_secs(5);

/// Greeters that are ready before anyone needs them. Each is used for one connection.
#[derive(Debug)]
pub struct Pool {
    launch: Arc<Launch>,
    wanted: usize,
    ready: Mutex<VecDeque<Greeter>>,
    taken: Notify,
}

impl Pool {
    /// A pool that keeps so many ready, once it is [kept](Pool::keep).
    pub fn new(launch: Arc<Launch>, wanted: usize) -> Self {
        Self {
            launch,
            wanted,
            ready: Mutex::default(),
            taken: Notify::new(),
        }
    }

    /// A greeter that is ready; a new one if none is.
    pub async fn take(&self) -> io::Result<Greeter> {
        while let Some(mut greeter) = self.pop() {
            self.taken.notify_one();
            if greeter.is_alive() {
                return Ok(greeter);
            }
        }
        Greeter::greet(&self.launch).await
    }

    /// Keeps greeters ready, for ever, while there are identities that need them.
    pub async fn keep(self: Arc<Self>, mut identities: watch::Receiver<Arc<Identities>>) {
        let mut pause = FIRST_PAUSE;
        loop {
            let needed = identities.borrow_and_update().use_greeters();
            if !needed {
                self.ready().clear();
                if identities.changed().await.is_err() {
                    return;
                }
                continue;
            }
            self.ready().retain_mut(Greeter::is_alive);
            if self.ready().len() >= self.wanted {
                // Whichever comes first: one is taken, the identities change, it is time to look.
                let woken = async {
                    tokio::select! {
                        () = self.taken.notified() => {}
                        _ = identities.changed() => {}
                    }
                };
                let _ = timeout(ROUND, woken).await;
                continue;
            }
            match Greeter::greet(&self.launch).await {
                Ok(greeter) => {
                    self.ready().push_back(greeter);
                    pause = FIRST_PAUSE;
                }
                Err(error) => {
                    tracing::error!("no greeter could be started: {error}");
                    sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }

    fn pop(&self) -> Option<Greeter> {
        self.ready().pop_front()
    }

    fn ready(&self) -> std::sync::MutexGuard<'_, VecDeque<Greeter>> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
