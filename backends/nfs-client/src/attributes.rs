//! What a file is, and what its server can do. It is believed as far as it makes sense.

use crate::standard as s;

/// The most that is read or written by one call, in bytes: that much memory an answer takes.
pub(crate) const MAX_TRANSFER: u32 = 1 << 20;
/// The least that a server must be able to.
const MIN_TRANSFER: u32 = 512;
/// What calls are best multiples of.
const GRAIN: u32 = 4096;

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attributes {
    /// Its size in bytes.
    pub size: u64,
    /// Its server does not let this user write to it.
    pub read_only: bool,
    /// The size that it can have at most, in bytes.
    pub largest: u64,
    /// The most that is read and written by one call, in bytes.
    pub(crate) most_read: u32,
    pub(crate) most_write: u32,
}

impl Default for Attributes {
    fn default() -> Self {
        Self {
            size: 0,
            read_only: false,
            largest: MAX_SIZE,
            most_read: MAX_TRANSFER,
            most_write: MAX_TRANSFER,
        }
    }
}

/// The largest file that there is anywhere.
const MAX_SIZE: u64 = i64::MAX.cast_unsigned();

/// A time of the server's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Time {
    pub(crate) seconds: u32,
    pub(crate) nanoseconds: u32,
}

/// What a server says of a file at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct State {
    /// What it is, as RFC 1813 numbers it.
    pub(crate) kind: u32,
    pub(crate) size: u64,
    /// When it last changed.
    pub(crate) changed: Time,
}

impl State {
    pub(crate) const fn is_file(&self) -> bool {
        self.kind == s::NF3REG
    }

    /// Whether there can be such a file.
    pub(crate) const fn makes_sense(&self) -> bool {
        self.size <= MAX_SIZE
    }
}

/// What a server can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) read: u32,
    pub(crate) write: u32,
    pub(crate) largest: u64,
}

impl Attributes {
    /// Takes what the server can do; whether it is enough.
    pub(crate) fn limit(&mut self, limits: Limits) -> bool {
        let best = |most: u32| match most.min(MAX_TRANSFER) {
            most @ GRAIN.. => most - most % GRAIN,
            most => most,
        };
        self.most_read = best(limits.read);
        self.most_write = best(limits.write);
        self.largest = limits.largest.min(MAX_SIZE);
        self.most_read >= MIN_TRANSFER && self.most_write >= MIN_TRANSFER
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_bounded_and_round() {
        let mut attributes = Attributes::default();
        let mut limit = |read, write| {
            let largest = u64::MAX;
            let enough = attributes.limit(Limits {
                read,
                write,
                largest,
            });
            enough.then_some((attributes.most_read, attributes.most_write))
        };
        assert_eq!(limit(u32::MAX, 1 << 20), Some((1 << 20, 1 << 20)));
        assert_eq!(limit(65_000, 4096), Some((61_440, 4096)));
        assert_eq!(limit(512, 700), Some((512, 700)));
        assert_eq!(limit(511, 1 << 20), None);
        assert_eq!(limit(1 << 20, 0), None);
        assert_eq!(attributes.largest, i64::MAX.unsigned_abs());
    }
}
