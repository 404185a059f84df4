//! What the logins of each source have come to.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

/// So many of each kind are remembered, which is more than there are hosts on a storage network.
const REMEMBERED: usize = 4096;

/// What the logins of a source have come to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Repute {
    /// Somebody there has proved who it is.
    pub(super) is_regular: bool,
    /// Seats that came to nothing before that; none for a regular.
    pub(super) spent: u32,
}

/// What the logins of all sources have come to, as far as that is remembered. Regulars are not
/// forgotten for others.
#[derive(Debug, Default)]
pub(super) struct Reputes {
    regulars: Recent,
    strangers: Recent,
}

impl Reputes {
    /// Somebody there has proved who it is.
    pub(super) fn prove(&mut self, source: IpAddr) {
        self.strangers.forget(source);
        self.regulars.note(source);
    }

    /// One from there gets a seat.
    pub(super) fn spend(&mut self, source: IpAddr) {
        if self.regulars.get(source).is_none() {
            self.strangers.note(source);
        }
    }

    pub(super) fn of(&self, source: IpAddr) -> Repute {
        Repute {
            is_regular: self.regulars.get(source).is_some(),
            spent: self.strangers.get(source).unwrap_or_default(),
        }
    }
}

/// How often each of the sources was noted that were noted last.
#[derive(Debug, Default)]
struct Recent {
    sources: HashMap<IpAddr, Noted>,
    /// The same by the number of the last note.
    order: BTreeMap<u64, IpAddr>,
    notes: u64,
}

#[derive(Debug, Default, Clone, Copy)]
struct Noted {
    last: u64,
    times: u32,
}

impl Recent {
    /// Notes a source, for which the one that was noted longest ago may be forgotten.
    fn note(&mut self, source: IpAddr) {
        if self.sources.len() >= REMEMBERED
            && !self.sources.contains_key(&source)
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.sources.remove(&oldest);
        }
        self.notes += 1;
        let noted = self.sources.entry(source).or_default();
        self.order.remove(&noted.last);
        (noted.last, noted.times) = (self.notes, noted.times.saturating_add(1));
        self.order.insert(self.notes, source);
    }

    fn forget(&mut self, source: IpAddr) {
        if let Some(noted) = self.sources.remove(&source) {
            self.order.remove(&noted.last);
        }
    }

    fn get(&self, source: IpAddr) -> Option<u32> {
        self.sources.get(&source).map(|noted| noted.times)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_proves_itself_is_a_regular_whatever_was_before_or_comes_after() {
        let (mut reputes, host) = (Reputes::default(), IpAddr::from([10, 9, 1, 1]));
        let repute = |is_regular, spent| Repute { is_regular, spent };
        assert_eq!(reputes.of(host), repute(false, 0));
        reputes.spend(host);
        reputes.spend(host);
        assert_eq!(reputes.of(host), repute(false, 2));
        reputes.prove(host);
        reputes.spend(host);
        assert_eq!(reputes.of(host), repute(true, 0));
    }

    #[test]
    fn what_is_remembered_is_bounded_and_strangers_displace_no_regular() {
        let (mut reputes, host) = (Reputes::default(), IpAddr::from([10, 9, 1, 1]));
        reputes.prove(host);
        for n in 0..=u32::try_from(REMEMBERED).unwrap() {
            reputes.spend(std::net::Ipv4Addr::from_bits(n).into());
            reputes.spend([0, 0, 0, 1].into());
        }
        assert!(reputes.of(host).is_regular);
        assert_eq!(reputes.strangers.sources.len(), REMEMBERED);
        assert_eq!(reputes.strangers.order.len(), REMEMBERED);
        assert_eq!(reputes.of([0, 0, 0, 0].into()).spent, 0, "it is forgotten");
        assert!(reputes.of([0, 0, 0, 1].into()).spent > 4096);
    }
}
