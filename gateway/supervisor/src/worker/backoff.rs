//! How long to wait before a worker, or another process of ours, is started again.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(10);
/// A worker that lived this long was sound: what killed it is not what killed the one before.
const HEALTHY: Duration = Duration::from_secs(60);

/// Grows with every worker that dies young.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backoff {
    deaths: u32,
}

impl Backoff {
    /// That of what has not failed.
    pub const fn new() -> Self {
        Self { deaths: 0 }
    }

    /// Notes that a worker, or the attempt to start one, has failed; answers how long to wait.
    pub fn failed(&mut self, lived: Duration) -> Duration {
        if lived >= HEALTHY {
            self.deaths = 0;
        }
        let pause = FIRST.saturating_mul(1_u32.checked_shl(self.deaths).unwrap_or(u32::MAX));
        self.deaths = self.deaths.saturating_add(1);
        pause.min(LONGEST)
    }

    /// Notes that a worker has ended as it was asked to.
    pub fn ended(&mut self) {
        self.deaths = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_doubles_up_to_ten_seconds_and_never_overflows() {
        let mut backoff = Backoff::default();
        let pauses: Vec<u128> = (0..9)
            .map(|_| backoff.failed(Duration::ZERO).as_millis())
            .collect();
        assert_eq!(
            pauses,
            [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]
        );
        for _ in 0..100 {
            assert_eq!(backoff.failed(Duration::ZERO), LONGEST);
        }
    }

    #[test]
    fn a_minute_of_health_is_a_new_beginning() {
        let mut backoff = Backoff::default();
        backoff.failed(Duration::ZERO);
        backoff.failed(Duration::from_secs(59));
        assert_eq!(backoff.failed(HEALTHY), FIRST);
        assert_eq!(backoff.failed(Duration::ZERO), FIRST * 2);
        backoff.ended();
        assert_eq!(backoff.failed(Duration::ZERO), FIRST);
    }
}
