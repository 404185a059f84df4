//! How often something may happen.

use std::time::{Duration, Instant};

/// A token bucket: `burst` at once, `per_second` in the long run.
#[derive(Debug, Clone)]
pub struct Rate {
    per_second: f64,
    burst: f64,
    tokens: f64,
    at: Instant,
}

impl Rate {
    /// A full bucket.
    #[must_use]
    pub fn new(per_second: u32, burst: u32, now: Instant) -> Self {
        let burst = f64::from(burst.max(1));
        Self {
            per_second: f64::from(per_second.max(1)),
            burst,
            tokens: burst,
            at: now,
        }
    }

    /// Takes a token, or says how long until there is one.
    pub fn take(&mut self, now: Instant) -> Result<(), Duration> {
        self.look(now)?;
        self.tokens -= 1.0;
        Ok(())
    }

    /// Whether there is a token, or how long until there is one.
    pub fn look(&mut self, now: Instant) -> Result<(), Duration> {
        self.refill(now);
        if self.tokens >= 1.0 {
            return Ok(());
        }
        let wait = (1.0 - self.tokens) / self.per_second;
        Err(Duration::from_secs_f64(wait))
    }

    /// Whether nothing was taken for long enough that it makes no difference any more.
    pub fn is_full(&mut self, now: Instant) -> bool {
        self.refill(now);
        self.tokens >= self.burst
    }

    fn refill(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.at).as_secs_f64();
        self.tokens = (self.tokens + elapsed * self.per_second).min(self.burst);
        self.at = self.at.max(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_the_rate() {
        let start = Instant::now();
        let mut rate = Rate::new(10, 3, start);
        for _ in 0..3 {
            assert_eq!(rate.take(start), Ok(()));
        }
        let wait = rate.take(start).unwrap_err();
        assert!(wait > Duration::from_millis(99) && wait < Duration::from_millis(101));
        assert_eq!(rate.take(start + Duration::from_millis(101)), Ok(()));
        assert!(rate.take(start + Duration::from_millis(102)).is_err());
        assert!(rate.is_full(start + Duration::from_secs(60)));
    }

    #[test]
    fn a_clock_that_stands_still_gives_nothing() {
        let start = Instant::now();
        let mut rate = Rate::new(1000, 1, start + Duration::from_secs(1));
        assert_eq!(rate.take(start), Ok(()));
        assert!(rate.take(start).is_err());
    }
}
