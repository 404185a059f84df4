//! The user a label's worker runs as.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use labelgate_mac::Label;

/// How many labels that are no pair of categories can have a worker's UID while a supervisor
/// lives.
const OTHERS: u32 = 65_536;

/// How many UIDs belong to the gateway, from `uid_base` on.
pub const UID_RANGE: u32 = Label::PAIRS + OTHERS;

/// Gives each label a UID (and GID of the same number) of its own.
///
/// Labels of two categories at `s0` have the same one for ever. The others get the next free one
/// of a second range and keep it while this supervisor lives: two labels never share one.
#[derive(Debug)]
pub struct Uids {
    base: u32,
    others: Mutex<HashMap<Label, u32>>,
}

/// Every UID of the second range is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more than {OTHERS} labels that are not two categories; restart the gateway")]
pub struct NoUid;

impl Uids {
    /// UIDs from `base` on.
    #[must_use]
    pub fn new(base: u32) -> Self {
        let others = Mutex::new(HashMap::new());
        Self { base, others }
    }

    /// The UID of a label's worker.
    pub fn of(&self, label: &Label) -> Result<u32, NoUid> {
        if let Some(pair) = label.pair_index() {
            return Ok(self.base.saturating_add(pair));
        }
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        let next = u32::try_from(others.len()).map_err(|_| NoUid)?;
        let number = match others.get(label) {
            Some(&number) => number,
            None if next < OTHERS => {
                others.insert(label.clone(), next);
                next
            }
            None => return Err(NoUid),
        };
        Ok(self
            .base
            .saturating_add(Label::PAIRS)
            .saturating_add(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_labels_share_a_uid() {
        let uids = Uids::new(1_900_000_000);
        let of = |label: &str| uids.of(&label.parse().unwrap()).unwrap();

        assert_eq!(of("s0:c0,c1"), 1_900_000_000);
        assert_eq!(of("s0:c1022,c1023"), 1_900_523_775);
        assert_eq!(of("s0:c7"), 1_900_523_776);
        assert_eq!(of("s1:c0,c1"), 1_900_523_777);
        assert_eq!(of("s0:c7"), 1_900_523_776, "it keeps what it got");
    }
}
