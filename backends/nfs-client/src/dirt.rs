//! What has ended and is not on stable storage yet.

use crate::call::Verifier;

/// What was written and not committed, and what the server has said of its memory with it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dirt {
    /// How many times something was left.
    left: u64,
    /// How many of them were flushed.
    flushed: u64,
    /// What came with what is left. A server that says something else has been restarted since.
    verifier: Option<Verifier>,
    /// Some of it is gone, or may be.
    lost: bool,
}

impl Default for Dirt {
    /// A predecessor may have left something. What the server said to that is not known.
    fn default() -> Self {
        Self {
            left: 1,
            flushed: 0,
            verifier: None,
            lost: false,
        }
    }
}

impl Dirt {
    /// Something was written that is not stable. What comes with a stable write is not compared, as nothing
    /// of that is left: if its server was restarted over what is, the next flush tells, or the next write
    /// that leaves something.
    pub(crate) fn wrote(&mut self, verifier: Verifier) {
        self.left += 1;
        self.compare(verifier);
        self.verifier = Some(verifier);
    }

    /// All was flushed that was left until [`Dirt::left`] was this.
    pub(crate) fn flushed(&mut self, verifier: Verifier, left: u64) {
        self.compare(verifier);
        self.flushed = self.flushed.max(left);
        if self.is_clean() {
            self.verifier = None;
        }
    }

    fn compare(&mut self, verifier: Verifier) {
        self.lost |= self.verifier.is_some_and(|before| before != verifier);
    }

    /// A flush has failed, or something that covers what is left.
    pub(crate) const fn lose(&mut self) {
        self.lost = true;
    }

    pub(crate) const fn left(&self) -> u64 {
        self.left
    }

    /// Whether nothing is left.
    pub(crate) const fn is_clean(&self) -> bool {
        self.flushed == self.left
    }

    /// Whether this session has left something.
    pub(crate) const fn is_ours(&self) -> bool {
        self.verifier.is_some()
    }

    pub(crate) const fn is_lost(&self) -> bool {
        self.lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: Verifier = [1; 8];
    const AFTER: Verifier = [2; 8];

    #[test]
    fn a_server_that_was_restarted_over_dirt_has_lost_it() {
        let mut dirt = Dirt::default();
        dirt.wrote(BEFORE);
        dirt.flushed(AFTER, dirt.left());
        assert!(dirt.is_lost());
        let mut dirt = Dirt::default();
        dirt.wrote(BEFORE);
        dirt.wrote(AFTER);
        assert!(dirt.is_lost());
        // What came after a flush was sent is not covered by it.
        let mut dirt = Dirt::default();
        dirt.wrote(BEFORE);
        let left = dirt.left();
        dirt.wrote(BEFORE);
        dirt.flushed(BEFORE, left);
        assert!(!dirt.is_clean() && !dirt.is_lost());
        dirt.flushed(AFTER, dirt.left());
        assert!(dirt.is_lost());
    }

    #[test]
    fn a_server_that_was_restarted_without_dirt_has_lost_nothing() {
        let mut dirt = Dirt::default();
        assert!(!dirt.is_clean() && !dirt.is_ours());
        dirt.flushed(BEFORE, dirt.left());
        assert!(dirt.is_clean());
        dirt.flushed(AFTER, dirt.left());
        dirt.wrote(BEFORE);
        assert!(dirt.is_ours() && !dirt.is_clean());
        dirt.flushed(BEFORE, dirt.left());
        dirt.wrote(AFTER);
        assert!(!dirt.is_lost());
    }
}
