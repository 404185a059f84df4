//! The challenges of the gateway: each one fresh, and known again if it comes back.
//!
//! An initiator may open a second connection to have the gateway answer a challenge that it was
//! set on the first, or send it back on the same one, which must be seen and must fail (RFC 7143, 9.2.1).
//!
//! So all that are outstanding are known, and of those that are over, many.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

/// The length of a challenge in bytes. libiscsi, open-iscsi, LIO's and Windows' initiators take
/// up to 1024 (RFC 7143, 12.1.3: "1024 bytes"); 32 are as long as the longest response, and no two
/// are ever alike.
pub const LENGTH: usize = 32;

/// So many that are over are remembered: more than are made in the time of a login by anyone who
/// may connect a thousand times a second.
const REMEMBERED: usize = 16_384;

type Value = [u8; LENGTH];

/// All challenges that are outstanding, and the last ones that were.
#[derive(Debug, Default)]
pub struct Challenges {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    values: HashSet<Value>,
    /// Those of `values` that are over, the oldest first.
    over: VecDeque<Value>,
}

/// A challenge that is outstanding until this is dropped. There is no copy of it, so that at most
/// one answer is checked against it.
#[derive(Debug)]
pub struct Challenge {
    value: Value,
    identifier: u8,
    challenges: Arc<Challenges>,
}

impl Challenges {
    /// A challenge that never was before, for one answer.
    pub fn fresh(self: &Arc<Self>) -> Result<Challenge, getrandom::Error> {
        let (mut value, mut identifier) = ([0; LENGTH], [0; 1]);
        getrandom::fill(&mut value)?;
        getrandom::fill(&mut identifier)?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.values.insert(value);
        let [identifier] = identifier;
        Ok(Challenge {
            value,
            identifier,
            challenges: Arc::clone(self),
        })
    }

    /// Whether these bytes are, or lately were, a challenge of the gateway's own.
    pub fn is_ours(&self, bytes: &[u8]) -> bool {
        let Ok(value) = Value::try_from(bytes) else {
            return false;
        };
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.values.contains(&value)
    }
}

impl Challenge {
    /// CHAP_C.
    pub const fn value(&self) -> &[u8; LENGTH] {
        &self.value
    }

    /// CHAP_I.
    pub const fn identifier(&self) -> u8 {
        self.identifier
    }
}

impl Drop for Challenge {
    fn drop(&mut self) {
        let known = &self.challenges.known;
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        known.over.push_back(self.value);
        if known.over.len() > REMEMBERED
            && let Some(oldest) = known.over.pop_front()
        {
            known.values.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_comes_back_is_known_while_it_is_outstanding_and_after() {
        let challenges = Arc::new(Challenges::default());
        let (first, second) = (challenges.fresh().unwrap(), challenges.fresh().unwrap());
        assert_ne!(first.value(), second.value());
        let value = *first.value();
        assert!(challenges.is_ours(&value));
        drop(first);
        assert!(challenges.is_ours(&value));
        assert!(!challenges.is_ours(&[0; LENGTH]));
        assert!(!challenges.is_ours(&value[1..]) && !challenges.is_ours(&[]));
    }

    #[test]
    fn those_that_are_over_are_forgotten_one_day_and_those_outstanding_never() {
        let challenges = Arc::new(Challenges::default());
        let outstanding = challenges.fresh().unwrap();
        let over = *challenges.fresh().unwrap().value();
        for _ in 0..REMEMBERED {
            drop(challenges.fresh().unwrap());
        }
        assert!(!challenges.is_ours(&over));
        assert!(challenges.is_ours(outstanding.value()));
        let known = challenges.known.lock().unwrap();
        assert_eq!(known.values.len(), REMEMBERED + 1);
        assert_eq!(known.over.len(), REMEMBERED);
    }
}
