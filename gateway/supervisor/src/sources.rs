//! How many connections each address has, and how fast they come.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::Instant;

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use dashmap::mapref::one::RefMut;

use crate::config::Limits;
use crate::rate::Rate;

/// Sources without a connection are forgotten when there are more than this many: an IPv6 network
/// has more addresses than any memory.
const REMEMBERED: usize = 16_384;

/// What is known of all addresses that connect.
#[derive(Debug)]
pub struct Sources {
    limits: Limits,
    table: DashMap<IpAddr, Source>,
    /// The table is swept when it has grown to this: seldom enough to cost nothing.
    sweep_at: AtomicUsize,
}

#[derive(Debug)]
struct Source {
    connections: u32,
    rate: Rate,
}

/// Why a source gets no further connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SourceRefusal {
    /// It has as many as it may.
    #[error("the address has {0} connections, which is the limit (connections_per_source)")]
    TooMany(u32),
    /// They come too fast.
    #[error("the address connects too often (accepts_per_source_per_second)")]
    TooOften,
}

/// A connection's place among those of its source; gives it back when dropped.
#[derive(Debug)]
pub struct SourcePlace {
    sources: Arc<Sources>,
    address: IpAddr,
}

impl Sources {
    /// An empty table under these limits.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            table: DashMap::new(),
            sweep_at: AtomicUsize::new(REMEMBERED),
        }
    }

    /// A place for one more connection of `address`, which has just come.
    pub fn admit(
        self: &Arc<Self>,
        address: IpAddr,
        now: Instant,
    ) -> Result<SourcePlace, SourceRefusal> {
        self.arrive(address, now)?;
        self.place(address, now)
    }

    /// Notes that a connection of `address` has come, unless they come too fast.
    pub fn arrive(&self, address: IpAddr, now: Instant) -> Result<(), SourceRefusal> {
        if self.table.len() > self.sweep_at.load(Ordering::Relaxed) {
            let matters = |source: &mut Source| source.connections > 0 || !source.rate.is_full(now);
            self.table.retain(|_, source| matters(source));
            let next = self.table.len().saturating_mul(2).max(REMEMBERED);
            self.sweep_at.store(next, Ordering::Relaxed);
        }
        let mut source = self.source(address, now);
        source.rate.take(now).map_err(|_| SourceRefusal::TooOften)
    }

    /// A place for one more connection of `address`, however long ago it came.
    pub fn place(
        self: &Arc<Self>,
        address: IpAddr,
        now: Instant,
    ) -> Result<SourcePlace, SourceRefusal> {
        let mut source = self.source(address, now);
        if source.connections >= self.limits.connections_per_source {
            return Err(SourceRefusal::TooMany(source.connections));
        }
        source.connections += 1;
        let sources = Arc::clone(self);
        Ok(SourcePlace { sources, address })
    }

    fn source(&self, address: IpAddr, now: Instant) -> RefMut<'_, IpAddr, Source> {
        let per_second = self.limits.accepts_per_source_per_second;
        self.table.entry(address).or_insert_with(|| Source {
            connections: 0,
            rate: Rate::new(per_second, per_second.saturating_mul(4), now),
        })
    }
}

impl Drop for SourcePlace {
    fn drop(&mut self) {
        // Kept in the table at zero, so that a fast reconnect does not get a full bucket.
        if let Entry::Occupied(mut source) = self.sources.table.entry(self.address) {
            let connections = &mut source.get_mut().connections;
            *connections = connections.saturating_sub(1);
        }
    }
}

/// The connections of one label.
#[derive(Debug, Default)]
pub struct LabelPlaces(AtomicU32);

/// A connection's place among those of its label; gives it back when dropped.
#[derive(Debug)]
pub struct LabelPlace(Arc<LabelPlaces>);

impl LabelPlaces {
    /// A place for one more connection, unless there are `limit` already.
    pub fn admit(self: &Arc<Self>, limit: u32) -> Option<LabelPlace> {
        let more = |taken: u32| (taken < limit).then_some(taken + 1);
        let taken = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
        taken.is_ok().then(|| LabelPlace(Arc::clone(self)))
    }
}

impl Drop for LabelPlace {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn sources(connections: u32, per_second: u32) -> Arc<Sources> {
        Arc::new(Sources::new(Limits {
            connections_per_source: connections,
            connections_per_label: 1,
            workers: 1,
            accepts_per_source_per_second: per_second,
            accepts_per_second: 1,
            spare_memory: 0,
            worker_memory: 1 << 30,
        }))
    }

    #[test]
    fn a_place_is_given_back() {
        let sources = sources(2, 1000);
        let (now, a) = (Instant::now(), "10.9.1.2".parse().unwrap());
        let first = sources.admit(a, now).unwrap();
        let _second = sources.admit(a, now).unwrap();
        assert_eq!(
            sources.admit(a, now).unwrap_err(),
            SourceRefusal::TooMany(2)
        );
        sources.admit("10.9.1.3".parse().unwrap(), now).unwrap();
        drop(first);
        sources.admit(a, now).unwrap();
    }

    #[test]
    fn a_fast_reconnect_is_slowed_down() {
        let sources = sources(10, 1);
        let (now, a) = (Instant::now(), "10.9.1.2".parse().unwrap());
        for _ in 0..4 {
            sources.admit(a, now).unwrap();
        }
        assert_eq!(sources.admit(a, now).unwrap_err(), SourceRefusal::TooOften);
        sources.admit(a, now + Duration::from_secs(2)).unwrap();
    }

    #[test]
    fn addresses_without_a_connection_are_forgotten() {
        let sources = sources(1, 1000);
        let now = Instant::now();
        let later = now + Duration::from_secs(60);
        let kept = sources.admit("2001:db8::".parse().unwrap(), now).unwrap();
        for n in 0..REMEMBERED {
            let n = u128::try_from(n).unwrap();
            let address = std::net::Ipv6Addr::from_bits((0x2001_0db8 << 96) + 1 + n);
            sources.admit(address.into(), now).unwrap();
        }
        sources.admit("10.9.1.2".parse().unwrap(), later).unwrap();
        assert!(sources.table.len() < 3);
        let again = sources.admit("2001:db8::".parse().unwrap(), later);
        assert_eq!(again.unwrap_err(), SourceRefusal::TooMany(1));
        drop(kept);
    }

    #[test]
    fn a_label_has_its_own_limit() {
        let places = Arc::new(LabelPlaces::default());
        let first = places.admit(1).unwrap();
        assert!(places.admit(1).is_none());
        drop(first);
        assert!(places.admit(1).is_some());
    }
}
