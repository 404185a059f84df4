//! Who waits for a turn, and in which order.
//!
//! Users of this machine and hosts have places of their own, and so has each host: however much one
//! of them asks, the others are heard. A host's operations wait one behind the other, and of all hosts
//! one at a time stands where users of this machine do. So an admin here waits for what is under way,
//! and for one operation of a host; and a host for one of each other.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use labelgate_api::ErrorCode;
use labelgate_registry::HostId;
use tokio::sync::{Mutex as Line, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

use super::failure::Denied;

/// Operations that are under way or wait: of users of this machine,
const LOCAL: usize = 64;
/// of all hosts,
const HOSTS: usize = 256;
/// and of one: libvirt does 20 things at a time unless it is told otherwise (`max_workers`).
const PER_HOST: usize = 24;

/// Those who wait for a turn.
#[derive(Debug)]
pub(super) struct Queue {
    local: Arc<Semaphore>,
    all_hosts: Arc<Semaphore>,
    /// Held by the one host that is next.
    next_host: Arc<Line<()>>,
    hosts: Mutex<HashMap<HostId, Waiting>>,
}

/// What one host waits for.
#[derive(Debug, Default)]
struct Waiting {
    operations: usize,
    /// Held by the one that is next.
    next: Arc<Line<()>>,
}

/// A place among those who wait, or whose operation is under way; it is free again when this is
/// dropped.
#[derive(Debug)]
pub(super) struct Place {
    queue: Arc<Queue>,
    host: Option<(HostId, Arc<Line<()>>)>,
    _place: OwnedSemaphorePermit,
}

impl Queue {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            local: Arc::new(Semaphore::new(LOCAL)),
            all_hosts: Arc::new(Semaphore::new(HOSTS)),
            next_host: Arc::default(),
            hosts: Mutex::default(),
        })
    }

    /// A place for an operation of this host's; without one, of a user's of this machine.
    pub(super) fn enter(self: &Arc<Self>, host: Option<&HostId>) -> Result<Place, Denied> {
        let places = match host {
            Some(_) => &self.all_hosts,
            None => &self.local,
        };
        let place = Arc::clone(places).try_acquire_owned();
        let place = place.map_err(|_| busy("too many operations wait for their turn"))?;
        let host = match host {
            Some(host) => Some((host.clone(), self.line_up(host)?)),
            None => None,
        };
        Ok(Place {
            queue: Arc::clone(self),
            host,
            _place: place,
        })
    }

    fn line_up(&self, host: &HostId) -> Result<Arc<Line<()>>, Denied> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = hosts.entry(host.clone()).or_default();
        if waiting.operations >= PER_HOST {
            return Err(busy("too many operations of this host wait for their turn"));
        }
        waiting.operations += 1;
        Ok(Arc::clone(&waiting.next))
    }
}

fn busy(why: &str) -> Denied {
    Denied::new(ErrorCode::Busy, why).hint("try again in a moment")
}

/// What the next host holds until it has its turn.
#[derive(Debug)]
pub(super) struct Front {
    _among_its_own: OwnedMutexGuard<()>,
    _among_hosts: OwnedMutexGuard<()>,
}

impl Place {
    /// Waits until it may ask for a turn. What it holds meanwhile is to be dropped as soon as it has
    /// its turn.
    pub(super) async fn front(&self) -> Option<Front> {
        let (_, own) = self.host.as_ref()?;
        let among_its_own = Arc::clone(own).lock_owned().await;
        let among_hosts = Arc::clone(&self.queue.next_host).lock_owned().await;
        Some(Front {
            _among_its_own: among_its_own,
            _among_hosts: among_hosts,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some((host, _)) = &self.host else {
            return;
        };
        let hosts = self.queue.hosts.lock();
        let mut hosts = hosts.unwrap_or_else(PoisonError::into_inner);
        if let Some(waiting) = hosts.get_mut(host) {
            waiting.operations -= 1;
            if waiting.operations == 0 {
                hosts.remove(host);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::task::{JoinSet, yield_now};

    use super::*;

    fn host(name: &str) -> HostId {
        name.parse().unwrap()
    }

    #[test]
    fn a_host_that_has_all_of_its_places_takes_none_of_others() {
        let queue = Queue::new();
        let (one, other) = (host("kvm-1"), host("kvm-2"));
        let mut places: Vec<Place> = (0..PER_HOST)
            .map(|_| queue.enter(Some(&one)).unwrap())
            .collect();
        let refused = queue.enter(Some(&one)).unwrap_err();
        assert_eq!(refused.0.code, ErrorCode::Busy);
        assert!(queue.enter(Some(&other)).is_ok() && queue.enter(None).is_ok());
        places.pop();
        assert!(queue.enter(Some(&one)).is_ok());
        drop(places);
        assert!(queue.hosts.lock().unwrap().is_empty(), "nothing stays");
    }

    #[test]
    fn all_hosts_together_take_no_place_of_an_admin_here() {
        let queue = Queue::new();
        let enter = |number: usize| queue.enter(Some(&host(&format!("kvm-{}", number / 8))));
        let places: Vec<Place> = (0..HOSTS).map(|number| enter(number).unwrap()).collect();
        assert!(enter(HOSTS).is_err());
        assert!(queue.enter(None).is_ok());
        drop(places);
        assert!(enter(HOSTS).is_ok());
    }

    #[tokio::test]
    async fn an_admin_here_waits_for_one_host_and_hosts_take_turns() {
        let queue = Queue::new();
        let turn = Arc::new(Line::new(()));
        let done = Arc::new(Mutex::new(Vec::new()));
        let under_way = Arc::clone(&turn).lock_owned().await;
        let mut waiting = JoinSet::new();
        let (one, other) = (host("kvm-1"), host("kvm-2"));
        let asked = [Some(&one), Some(&one), Some(&one), Some(&other), None];
        for who in asked {
            let place = queue.enter(who).unwrap();
            let name = who.map_or("admin", HostId::as_str).to_owned();
            let (turn, done) = (Arc::clone(&turn), Arc::clone(&done));
            waiting.spawn(async move {
                let front = place.front().await;
                let _turn = turn.lock_owned().await;
                drop(front);
                done.lock().unwrap().push(name);
                yield_now().await;
            });
            // As they come.
            yield_now().await;
        }
        drop(under_way);
        while waiting.join_next().await.is_some() {}
        let order = done.lock().unwrap().join(" ");
        assert_eq!(order, "kvm-1 admin kvm-2 kvm-1 kvm-1");
    }
}
