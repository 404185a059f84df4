//! Serial number arithmetic (RFC 1982), which CmdSN and StatSN follow.
//!
//! > 4.2.2: "... serial numbers, as defined in RFC 1982, where SERIAL_BITS = 32."

use std::fmt;
use std::hash::Hash;
use std::marker::PhantomData;

/// Half the number space: two serial numbers this far apart have no order (RFC 1982, 3.2).
const HALF: u32 = 1 << 31;

/// Which numbering a [`SerialNumber`] belongs to.
pub trait Numbering: Copy + Eq + Hash + fmt::Debug {}

/// Commands of a session (CmdSN, ExpCmdSN, MaxCmdSN).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Commands {}

/// Statuses of a connection (StatSN, ExpStatSN).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Statuses {}

impl Numbering for Commands {}
impl Numbering for Statuses {}

/// A command's place in its session.
pub type CmdSn = SerialNumber<Commands>;

/// A status's place on its connection.
pub type StatSn = SerialNumber<Statuses>;

/// A 32-bit serial number. It has no `Ord`: the order of RFC 1982 is not transitive.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SerialNumber<N: Numbering> {
    value: u32,
    numbering: PhantomData<N>,
}

impl<N: Numbering> SerialNumber<N> {
    /// The serial number with this value on the wire.
    #[must_use]
    pub const fn new(value: u32) -> Self {
        Self {
            value,
            numbering: PhantomData,
        }
    }

    /// Its value on the wire.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.value
    }

    /// The number after this one; zero follows the largest.
    #[must_use]
    pub const fn next(self) -> Self {
        self.plus(1)
    }

    /// The number `count` after this one. Beyond `2^31 - 1` the sum no longer follows `self`.
    #[must_use]
    pub const fn plus(self, count: u32) -> Self {
        Self::new(self.value.wrapping_add(count))
    }

    /// The number `count` before this one (MaxCmdSN = ExpCmdSN - 1 closes the window).
    #[must_use]
    pub const fn minus(self, count: u32) -> Self {
        Self::new(self.value.wrapping_sub(count))
    }

    /// Whether this number is before `other`. False for numbers exactly half the space apart,
    /// whichever way round.
    #[must_use]
    pub const fn precedes(self, other: Self) -> bool {
        let ahead = other.value.wrapping_sub(self.value);
        ahead != 0 && ahead < HALF
    }

    /// Whether this number is after `other`.
    #[must_use]
    pub const fn follows(self, other: Self) -> bool {
        other.precedes(self)
    }

    /// How many increments lead from `earlier` to this number; `None` if it is not `earlier` or
    /// after it.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Option<u32> {
        let ahead = self.value.wrapping_sub(earlier.value);
        if ahead < HALF { Some(ahead) } else { None }
    }

    /// Whether this number is in `first..=last`, which is empty when `last` precedes `first`.
    #[must_use]
    pub const fn is_within(self, first: Self, last: Self) -> bool {
        match (self.since(first), last.since(first)) {
            (Some(here), Some(end)) => here <= end,
            _ => false,
        }
    }
}

impl<N: Numbering> fmt::Debug for SerialNumber<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.value, f)
    }
}

impl<N: Numbering> fmt::Display for SerialNumber<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.value, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sn(value: u32) -> CmdSn {
        CmdSn::new(value)
    }

    #[test]
    fn zero_follows_the_largest() {
        assert_eq!(sn(u32::MAX).next(), sn(0));
        assert!(sn(u32::MAX).precedes(sn(0)));
        assert!(sn(3).follows(sn(u32::MAX - 3)));
    }

    #[test]
    fn numbers_half_the_space_apart_have_no_order() {
        assert!(!sn(7).precedes(sn(7 + HALF)) && !sn(7).follows(sn(7 + HALF)));
        assert_eq!(sn(7).since(sn(7 + HALF)), None);
    }

    #[test]
    fn a_window_may_lie_across_the_wrap_and_may_be_closed() {
        let (first, last) = (sn(u32::MAX - 1), sn(1));
        assert!(
            [u32::MAX - 1, u32::MAX, 0, 1]
                .map(sn)
                .iter()
                .all(|n| n.is_within(first, last))
        );
        assert!(
            [u32::MAX - 2, 2]
                .map(sn)
                .iter()
                .all(|n| !n.is_within(first, last))
        );
        assert!(!first.is_within(first, first.minus(1)));
    }

    proptest! {
        #[test]
        fn adding_less_than_half_the_space_goes_forward(from: u32, count in 1..HALF) {
            let (from, to) = (sn(from), sn(from).plus(count));
            prop_assert!(from.precedes(to) && to.follows(from) && !to.precedes(from));
            prop_assert_eq!(to.since(from), Some(count));
            prop_assert_eq!(to.minus(count), from);
        }
    }
}
