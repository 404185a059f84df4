//! How long an operation waits of which nothing is done.

use std::time::Instant;

use crate::order::Work;
use crate::session::Session;
use crate::{Error, Kind};

/// When something was last done of any operation: of those that read, and of the others. What waits behind
/// others that are being done is not forgotten, however many there are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moved {
    read: Instant,
    other: Instant,
}

impl Moved {
    pub(crate) const fn at(now: Instant) -> Self {
        Self {
            read: now,
            other: now,
        }
    }

    const fn of(&mut self, work: &Work) -> &mut Instant {
        match work.order.reads() {
            true => &mut self.read,
            false => &mut self.other,
        }
    }

    /// So many bytes of it have been done.
    pub(crate) fn on(&mut self, work: &mut Work, length: u32) {
        if length > 0 {
            work.since = Instant::now();
            *self.of(work) = work.since;
        }
    }

    /// It has been sent: from now on, what becomes of others is no excuse.
    pub(crate) fn sent(&mut self, work: &mut Work) {
        work.since = self.since(work);
        work.sent = true;
    }

    fn since(mut self, work: &Work) -> Instant {
        match work.sent {
            true => work.since,
            false => work.since.max(*self.of(work)),
        }
    }
}

impl Session {
    /// Fails the operations of which nothing has been done for too long, whatever else the server answers.
    /// If one of them is on its way, the connection goes first: nothing may land in its place any more.
    pub(crate) fn expire(&mut self, now: Instant) {
        let (moved, patience) = (self.moved, self.options.patience);
        let is_over = |work: &Work| now.saturating_duration_since(moved.since(work)) >= patience;
        let over = self.works.iter().filter(|(_, work)| is_over(work));
        let mut over: Vec<u64> = over.map(|(number, _)| *number).collect();
        over.sort_unstable();
        if over.iter().any(|number| self.flying.contains_key(number)) {
            self.broken |= self.context.is_some();
            self.drop_connection();
        }
        for number in over {
            let doing = self.works.get(&number).map(|work| work.order.doing());
            let error = match (&self.outage, doing) {
                (None, Some(doing)) => Error::of(doing, Kind::NotReady),
                _ => self.trouble.clone(),
            };
            self.flying.remove(&number);
            if self.broken {
                self.trouble = error.clone();
            }
            self.done(number, Err(error));
        }
    }
}
