//! A connection that waits until it is known whose it is, and is told when its turn is.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::time::{sleep_until, timeout};

use super::hall::{Hall, Notice, Room, source_of};

/// The hall, and how to reach everyone in it.
#[derive(Debug)]
pub struct Visitors {
    inside: Mutex<Inside>,
    /// Something has happened.
    changed: Notify,
}

#[derive(Debug)]
struct Inside {
    hall: Hall,
    bells: HashMap<u64, Arc<Bell>>,
}

#[derive(Debug, Default)]
struct Bell {
    sit: Notify,
    leave: Notify,
}

/// One visitor; gone when this is dropped.
#[derive(Debug)]
pub struct Visitor {
    visitors: Arc<Visitors>,
    source: IpAddr,
    number: u64,
    bell: Arc<Bell>,
}

impl Visitors {
    /// An empty hall.
    pub fn new(room: Room) -> Self {
        let (hall, bells) = (Hall::new(room, Instant::now()), HashMap::new());
        Self {
            inside: Mutex::new(Inside { hall, bells }),
            changed: Notify::new(),
        }
    }

    /// Lets a connection in, of which it may be known by its address who it is. It may push another
    /// one out.
    pub fn enter(self: &Arc<Self>, address: IpAddr, is_known: bool) -> Visitor {
        let (source, bell) = (source_of(address), Arc::<Bell>::default());
        let number = self.with(|inside| {
            if is_known {
                inside.hall.vouch(source);
            }
            let (number, pushed) = inside.hall.enter(source, Instant::now());
            inside.bells.insert(number, Arc::clone(&bell));
            inside.ring(pushed);
            number
        });
        Visitor {
            visitors: Arc::clone(self),
            source,
            number,
            bell,
        }
    }

    /// Gives out seats for ever.
    pub async fn keep(self: Arc<Self>) {
        loop {
            let again = self.with(|inside| {
                let (notices, again) = inside.hall.turn(Instant::now());
                inside.ring(notices);
                again
            });
            let changed = self.changed.notified();
            match again {
                Some(at) => {
                    let wait = at.saturating_duration_since(Instant::now());
                    // Either will do.
                    let _ = timeout(wait.max(Duration::from_millis(1)), changed).await;
                }
                None => changed.await,
            }
        }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Inside) -> T) -> T {
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        act(&mut inside)
    }
}

impl Inside {
    fn ring(&self, notices: impl IntoIterator<Item = Notice>) {
        for notice in notices {
            match notice {
                Notice::Sit(number) => {
                    if let Some(bell) = self.bells.get(&number) {
                        bell.sit.notify_one();
                    }
                }
                Notice::Leave(number) => {
                    if let Some(bell) = self.bells.get(&number) {
                        bell.leave.notify_one();
                    }
                }
            }
        }
    }
}

impl Visitor {
    /// Waits for a seat, now that the client has said something.
    pub async fn sit(&self) {
        let visitors = &self.visitors;
        visitors.with(|inside| inside.hall.speak(self.source, self.number, Instant::now()));
        visitors.changed.notify_one();
        self.bell.sit.notified().await;
    }

    /// Its greeter talks with its client, which has come further.
    pub fn advance(&self) {
        let (visitors, now) = (&self.visitors, Instant::now());
        if visitors.with(|inside| inside.hall.advance(self.source, self.number, now)) {
            visitors.changed.notify_one();
        }
    }

    /// Its client has proved who it is.
    pub fn prove(&self) {
        let now = Instant::now();
        let prove = |inside: &mut Inside| inside.hall.prove(self.source, self.number, now);
        self.visitors.with(prove);
    }

    /// Waits until it has to leave.
    pub async fn told_to_leave(&self) {
        self.bell.leave.notified().await;
    }

    /// Gives the seat up for everyone but its source, and leaves after a while.
    pub async fn atone(self, until: Instant) {
        let visitors = &self.visitors;
        let now = Instant::now();
        visitors.with(|inside| inside.hall.atone(self.source, self.number, now));
        visitors.changed.notify_one();
        sleep_until(until.into()).await;
    }
}

impl Drop for Visitor {
    fn drop(&mut self) {
        self.visitors.with(|inside| {
            inside.hall.leave(self.source, self.number);
            inside.bells.remove(&self.number);
        });
        self.visitors.changed.notify_one();
    }
}
