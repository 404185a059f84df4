//! Whether the cluster would still let this keeper in, when it answers nothing.
//!
//! librados goes on with the tickets that it has when its key is gone, until it has to ask the monitors for
//! something: where an OSD is that was started again, say. They refuse it then, and it tries for ever, without a
//! word. So when nothing that was asked for has ended for a while, another connection is made with the same
//! key, which is let in, refused, or (if the cluster is away) neither.

use std::thread;
use std::time::{Duration, Instant};

use labelgate_rbd::{Cluster, Credentials, Error, Kind, Limits};
use labelgate_shared::Mailbox;

use crate::ends::Ends;

/// How long nothing has ended, when it is looked at, and how often then.
const STILL: Duration = Duration::from_secs(5);

/// Bytes of stack of the thread that connects.
const STACK: usize = 2 << 20;

/// Looks when operations do not end.
#[derive(Debug)]
pub(super) struct Vigil {
    ends: Ends,
    /// Images that are being opened.
    openings: usize,
    /// Since when none of them is open.
    opens_since: Instant,
    /// When it was looked last.
    looked: Instant,
    /// A thread is looking.
    looks: bool,
    found: Mailbox<Option<Error>>,
}

impl Vigil {
    pub(super) fn new(ends: Ends) -> std::io::Result<Self> {
        Ok(Self {
            ends,
            openings: 0,
            opens_since: Instant::now(),
            looked: Instant::now(),
            looks: false,
            found: Mailbox::new()?,
        })
    }

    /// Can be read when a thread has looked.
    pub(super) const fn found(&self) -> &Mailbox<Option<Error>> {
        &self.found
    }

    /// An image is about to be opened.
    pub(super) fn opens(&mut self) {
        if self.openings == 0 {
            self.opens_since = Instant::now();
        }
        self.openings += 1;
    }

    /// It is open, or cannot be opened.
    pub(super) fn opened(&mut self) {
        self.openings = self.openings.saturating_sub(1);
        self.opens_since = Instant::now();
    }

    /// When it has to be looked.
    pub(super) fn due(&self) -> Option<Instant> {
        if self.looks {
            return None;
        }
        let opens = (self.openings > 0).then_some(self.opens_since);
        let still = self.ends.still_since().into_iter().chain(opens).min()?;
        Some(still.max(self.looked) + STILL)
    }

    /// Looks, if it has to be: with each of these keys.
    pub(super) fn look(&mut self, now: Instant, keys: impl FnOnce() -> Vec<Credentials>) {
        if self.due().is_none_or(|due| due > now) {
            return;
        }
        let (keys, found) = (keys(), self.found.clone());
        let thread = thread::Builder::new()
            .name("vigil".into())
            .stack_size(STACK)
            .spawn(move || found.put(keys.iter().find_map(refused)));
        self.looked = now;
        // If there is no thread now, there will be one later.
        self.looks = thread.is_ok();
    }

    /// Why the cluster does not let this keeper in any more, if that was found.
    pub(super) fn excluded(&mut self) -> Option<Error> {
        let found = self.found.take();
        if !found.is_empty() {
            self.looks = false;
            self.looked = Instant::now();
        }
        found.into_iter().flatten().next()
    }
}

/// Why the monitors refuse a key; nothing if they take it, or cannot be asked.
fn refused(credentials: &Credentials) -> Option<Error> {
    let connected = Cluster::connect(credentials, &Limits::default());
    connected
        .err()
        .filter(|error| error.kind() == Kind::Permission)
}

#[cfg(test)]
mod tests {
    use labelgate_queue_pair::{KeeperSide, Operation, create};

    use super::*;
    use crate::ends::UnderWay;

    fn ends() -> Ends {
        let side = KeeperSide::map(create().unwrap()).unwrap();
        let bell = rustix::event::eventfd(0, rustix::event::EventfdFlags::NONBLOCK).unwrap();
        Ends::new(side.split().1, bell)
    }

    fn begin(ends: &Ends, tag: u64) {
        let under_way = UnderWay::new(tag, 0, &Operation::Flush);
        ends.begin(tag, under_way).unwrap();
    }

    #[test]
    fn it_looks_once_when_nothing_has_ended_for_a_while_and_again_after_that() {
        let ends = ends();
        let mut vigil = Vigil::new(ends.clone()).unwrap();
        assert_eq!(vigil.due(), None, "nothing is under way");
        begin(&ends, 1);
        begin(&ends, 2);
        let due = vigil.due().unwrap();
        assert!(due > Instant::now());
        vigil.look(Instant::now(), || panic!("it looks too soon"));
        // Something ends: it is waited for the rest anew.
        thread::sleep(Duration::from_millis(2));
        ends.take(1).unwrap();
        assert!(vigil.due().unwrap() > due);
        let later = Instant::now() + 2 * STILL;
        vigil.look(later, Vec::new);
        assert_eq!(vigil.due(), None, "it looks already");
        while vigil.found.take().is_empty() {
            thread::yield_now();
        }
        vigil.found.put(None);
        assert_eq!(vigil.excluded(), None);
        assert!(vigil.due().is_some());
        ends.take(2).unwrap();
        assert_eq!(vigil.due(), None);
    }

    #[test]
    fn it_looks_when_an_image_is_not_opened_for_a_while() {
        let mut vigil = Vigil::new(ends()).unwrap();
        vigil.opens();
        assert!(vigil.due().is_some());
        vigil.opened();
        assert_eq!(vigil.due(), None);
    }

    #[test]
    fn who_is_refused_is_told() {
        let mut vigil = Vigil::new(ends()).unwrap();
        let refused = || Error::Text("the key");
        vigil.found.put(Some(refused()));
        assert_eq!(vigil.excluded(), Some(refused()));
        assert_eq!(vigil.excluded(), None);
    }
}
