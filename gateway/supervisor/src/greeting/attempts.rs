//! How often the logins of each source fail.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::hall::source_of;
use crate::rate::Rate;

/// Sources without a recent failure are forgotten when there are more than this many.
const REMEMBERED: usize = 4096;
/// So many failures come at once without being slowed down, as a multiple of the rate.
const AT_ONCE: u32 = 4;
/// A failure is not held longer than this.
const LONGEST: Duration = Duration::from_secs(2);

/// How often the logins of each source fail. Whoever tries too often is slowed down and not shut
/// out: a virtual machine with a wrong secret, or one that guesses, does not lock its host's
/// others out.
#[derive(Debug)]
pub struct Attempts {
    per_second: u32,
    sources: Mutex<HashMap<IpAddr, Rate>>,
}

impl Attempts {
    /// So many failures of a source per second are no reason to slow it down.
    pub fn new(per_second: u32) -> Self {
        Self {
            per_second,
            sources: Mutex::default(),
        }
    }

    /// Notes a failure; answers until when it is to keep its source waiting, if it is.
    pub fn failed(&self, address: IpAddr, now: Instant) -> Option<Instant> {
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        if sources.len() > REMEMBERED {
            sources.retain(|_, rate| !rate.is_full(now));
        }
        if sources.len() > REMEMBERED {
            // More sources fail than there are hosts on any storage network: nobody is spared.
            return Some(now + LONGEST);
        }
        let burst = self.per_second.saturating_mul(AT_ONCE);
        let rate = sources
            .entry(source_of(address))
            .or_insert_with(|| Rate::new(self.per_second, burst, now));
        let wait = rate.take(now).err()?;
        Some(now + wait.min(LONGEST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_failures_are_free_and_many_are_slowed_down() {
        let (attempts, now) = (Attempts::new(5), Instant::now());
        let (bad, other) = ("10.9.1.2".parse().unwrap(), "10.9.1.3".parse().unwrap());
        for _ in 0..20 {
            assert_eq!(attempts.failed(bad, now), None);
        }
        let until = attempts.failed(bad, now).unwrap();
        assert!(until > now + Duration::from_millis(150));
        assert!(until < now + Duration::from_millis(250));
        assert_eq!(attempts.failed(other, now), None);
        assert_eq!(attempts.failed(bad, now + Duration::from_secs(1)), None);
    }

    #[test]
    fn the_table_is_bounded() {
        let (attempts, now) = (Attempts::new(5), Instant::now());
        for n in 0..2 * u32::try_from(REMEMBERED).unwrap() {
            attempts.failed(std::net::Ipv4Addr::from_bits(n).into(), now);
        }
        assert!(attempts.sources.lock().unwrap().len() <= REMEMBERED + 1);
        let new = "10.9.1.2".parse().unwrap();
        assert!(attempts.failed(new, now).is_some());
        let later = now + Duration::from_secs(60);
        assert_eq!(attempts.failed(new, later), None, "they are forgotten");
    }
}
