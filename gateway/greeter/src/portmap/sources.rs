//! How often each source is answered, in memory that does not grow.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::time::Instant;

/// Answers to one source in the long run.
const PER_SECOND: u64 = 50;
/// Answers to one source at once.
const AT_ONCE: u64 = 100;
/// So many sources are told apart. Those that fall together share their answers, so that none ever
/// gets more than its own; which do, nobody outside can know.
const BUCKETS: usize = 4096;

/// Microseconds that one answer takes of its source's time.
const INTERVAL: u64 = 1_000_000 / PER_SECOND;

/// How often each source was answered.
///
/// A datagram's source is whoever it says. So this bounds how often somebody hears from us who has
/// asked nothing; and no number of invented sources makes anyone hear more, as it would if the
/// oldest were forgotten.
#[derive(Debug)]
pub(crate) struct Sources {
    /// When each bucket will have room for all of its answers again, in microseconds since `start`.
    full_at: Box<[u64]>,
    places: RandomState,
    start: Instant,
}

impl Sources {
    /// None of which was ever answered. Asks the kernel for random bytes.
    pub(crate) fn new(start: Instant) -> Self {
        Self {
            full_at: vec![0; BUCKETS].into(),
            places: RandomState::new(),
            start,
        }
    }

    /// Whether this source may be answered now; counts as an answer if it may.
    pub(crate) fn take(&mut self, source: IpAddr, now: Instant) -> bool {
        let since = now.saturating_duration_since(self.start);
        let now = u64::try_from(since.as_micros()).unwrap_or(u64::MAX);
        let place = self.places.hash_one(network(source)) % BUCKETS as u64;
        let place = usize::try_from(place).unwrap_or(0);
        let Some(full_at) = self.full_at.get_mut(place) else {
            return false;
        };
        let next = now.max(*full_at).saturating_add(INTERVAL);
        let may = next.saturating_sub(now) <= AT_ONCE * INTERVAL;
        if may {
            *full_at = next;
        }
        may
    }

    /// After this long a source that was answered as often as it may has all of its answers again.
    #[cfg(test)]
    pub(crate) const REST: std::time::Duration =
        std::time::Duration::from_micros(AT_ONCE * INTERVAL);
}

/// What counts as one source: an address of IPv4, and a network of IPv6, whose addresses one host
/// can have all of (RFC 4291, 2.5.4: 64 bits).
fn network(source: IpAddr) -> u64 {
    match source.to_canonical() {
        IpAddr::V4(address) => address.to_bits().into(),
        IpAddr::V6(address) => {
            let [network @ .., _, _, _, _, _, _, _, _] = address.octets();
            u64::from_be_bytes(network)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn answered(sources: &mut Sources, source: &str, times: u64, now: Instant) -> u64 {
        let source = source.parse().unwrap();
        (0..times)
            .map(|_| u64::from(sources.take(source, now)))
            .sum()
    }

    #[test]
    fn a_source_gets_so_many_at_once_and_the_rate_after_that() {
        let start = Instant::now();
        let mut sources = Sources::new(start);
        assert_eq!(answered(&mut sources, "192.0.2.7", 1000, start), AT_ONCE);
        let later = start + Duration::from_secs(1);
        assert_eq!(answered(&mut sources, "192.0.2.7", 1000, later), PER_SECOND);
        let rested = later + Sources::REST;
        assert_eq!(answered(&mut sources, "192.0.2.7", 1000, rested), AT_ONCE);
    }

    #[test]
    fn one_that_asks_too_often_takes_nothing_from_another() {
        let start = Instant::now();
        let mut sources = Sources::new(start);
        answered(&mut sources, "192.0.2.7", 1000, start);
        // Some may share its bucket; most do not.
        let others = (0..100).map(|n| format!("198.51.100.{n}"));
        let served = others
            .filter(|other| answered(&mut sources, other, 1, start) == 1)
            .count();
        assert!(served > 90, "{served}");
    }

    #[test]
    fn invented_sources_get_nobody_more_than_its_own() {
        let start = Instant::now();
        let mut sources = Sources::new(start);
        let mut victim = answered(&mut sources, "192.0.2.7", 10, start);
        for n in 0..100_000_u32 {
            let invented = IpAddr::V4(std::net::Ipv4Addr::from_bits(n));
            sources.take(invented, start);
            victim += answered(&mut sources, "192.0.2.7", 1, start);
        }
        assert!(victim <= AT_ONCE, "{victim}");
    }

    #[test]
    fn a_network_of_ipv6_is_one_source() {
        let start = Instant::now();
        let mut sources = Sources::new(start);
        let addresses = (0..1000).map(|n| format!("2001:db8:0:7::{n:x}"));
        let answers: u64 = addresses
            .map(|address| answered(&mut sources, &address, 1, start))
            .sum();
        assert_eq!(answers, AT_ONCE);
    }

    #[test]
    fn an_address_of_ipv4_is_the_same_however_it_is_written() {
        let start = Instant::now();
        let mut sources = Sources::new(start);
        answered(&mut sources, "::ffff:192.0.2.7", 1000, start);
        assert_eq!(answered(&mut sources, "192.0.2.7", 10, start), 0);
    }
}
