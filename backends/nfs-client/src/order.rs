//! What a session is to do, and how far it has come with it.

use std::time::Instant;

use crate::attributes::{Attributes, State};
use crate::call::{Call, MAX_ZEROS, Source, Stability};
use crate::{Error, Kind, Place};

/// Something to be done with a file. Offsets and lengths are in bytes.
#[derive(Debug, Clone)]
pub enum Order {
    /// Read as much as the place takes.
    Read {
        /// Where in the file.
        offset: u64,
        /// Where to.
        place: Place,
    },
    /// Write what is in the place, which must stay as it is until this has ended: it may be sent more
    /// than once.
    Write {
        /// Where in the file.
        offset: u64,
        /// Where from.
        place: Place,
        /// End it when it is on stable storage.
        stable: bool,
    },
    /// Everything that has ended goes to stable storage.
    Flush,
    /// The range becomes zeros. They are written: version 3 of NFS knows no holes.
    Zero {
        /// Where in the file.
        offset: u64,
        /// How much.
        length: u64,
    },
    /// Whether there is storage at the offset, and how far that holds: always, to the end.
    Extent {
        /// Where in the file.
        offset: u64,
    },
    /// Make the file larger. It never becomes smaller.
    Resize {
        /// How large, in bytes.
        size: u64,
    },
}

/// What an operation that went well answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is done.
    Done,
    /// How far the file is as it is.
    Extent {
        /// How many bytes it holds for, at least one.
        length: u64,
        /// Whether there may be data; where there is none, it reads as zeros.
        mapped: bool,
    },
}

impl Order {
    /// Which bytes of the file it is about.
    pub(crate) const fn span(&self) -> (u64, u64) {
        match self {
            Self::Read { offset, place } | Self::Write { offset, place, .. } => {
                (*offset, place.len() as u64)
            }
            Self::Flush | Self::Resize { .. } => (0, 0),
            Self::Zero { offset, length } => (*offset, *length),
            Self::Extent { offset } => (*offset, 1),
        }
    }

    /// Whether it changes what is in the file.
    pub(crate) const fn changes(&self) -> bool {
        matches!(
            self,
            Self::Write { .. } | Self::Zero { .. } | Self::Resize { .. }
        )
    }

    /// Whether it is carried out by writing.
    pub(crate) const fn is_write(&self) -> bool {
        matches!(self, Self::Write { .. } | Self::Zero { .. })
    }

    /// Whether it only reads what is in it.
    pub(crate) const fn reads(&self) -> bool {
        matches!(self, Self::Read { .. } | Self::Extent { .. })
    }

    pub(crate) const fn doing(&self) -> &'static str {
        match self {
            Self::Read { .. } => "reading",
            Self::Write { .. } => "writing",
            Self::Flush => "flushing",
            Self::Zero { .. } => "writing zeros",
            Self::Extent { .. } => "looking for data",
            Self::Resize { .. } => "making it larger",
        }
    }

    /// Whether it can be carried out on this file.
    pub(crate) fn check(&self, file: &Attributes, read_only: bool) -> Result<(), Error> {
        let (offset, length) = self.span();
        let within = offset
            .checked_add(length)
            .is_some_and(|end| end <= file.size);
        let makes_sense = match self {
            Self::Flush => true,
            Self::Resize { size } => (file.size..=file.largest).contains(size),
            _ => within && length > 0,
        };
        if !makes_sense {
            return Err(Error::of(self.doing(), Kind::OutOfRange));
        }
        match self.changes() && (read_only || file.read_only) {
            true => Err(Error::of(self.doing(), Kind::ReadOnly)),
            false => Ok(()),
        }
    }
}

/// An order on its way.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) tag: u64,
    pub(crate) order: Order,
    /// How many bytes are done.
    pub(crate) done: u64,
    pub(crate) attempts: u32,
    /// Since when nothing of it has been done.
    pub(crate) since: Instant,
    /// The number of the call that was sent and has not been answered.
    pub(crate) called: Option<u32>,
    /// It has been sent, however often.
    pub(crate) sent: bool,
    /// Some of what is done is not stable.
    pub(crate) dirty: bool,
    /// What the file was when it was looked at to be made larger.
    pub(crate) seen: Option<State>,
}

impl Work {
    pub(crate) const fn new(tag: u64, order: Order, since: Instant) -> Self {
        Self {
            tag,
            order,
            done: 0,
            attempts: 0,
            since,
            called: None,
            sent: false,
            dirty: false,
            seen: None,
        }
    }

    /// What is next.
    pub(crate) fn call(&self, file: &Attributes, through: bool) -> Option<Call> {
        let (offset, length) = self.order.span();
        let (at, left) = (offset + self.done, length - self.done);
        let from = usize::try_from(self.done).ok()?;
        let part = |most: u32| u32::try_from(left.min(most.into())).ok();
        let stability = match self.wants_stable(through) {
            true => Stability::Stable,
            false => Stability::Unstable,
        };
        Some(match &self.order {
            Order::Read { place, .. } => Call::Read(at, place.clone(), from, part(file.most_read)?),
            Order::Write { place, .. } => {
                let source = Source::Place(place.clone(), from, part(file.most_write)?);
                Call::Write(at, source, stability)
            }
            Order::Zero { .. } => {
                let source = Source::Zeros(part(file.most_write.min(MAX_ZEROS))?);
                Call::Write(at, source, stability)
            }
            Order::Resize { size } => match self.seen {
                Some(seen) => Call::Grow(*size, seen.changed),
                None => Call::State,
            },
            Order::Flush => Call::Commit,
            Order::Extent { .. } => return None,
        })
    }

    /// Whether its writes shall be stable when they end.
    pub(crate) const fn wants_stable(&self, through: bool) -> bool {
        through || matches!(self.order, Order::Write { stable: true, .. })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn calls_cover_an_order_once(
            offset in 0_u64..20_000, length in 1_u64..3_000_000, most_write in 512_u32..2_000_000,
        ) {
            let file = Attributes { size: 1 << 30, most_write, ..Attributes::default() };
            let mut work = Work::new(1, Order::Zero { offset, length }, Instant::now());
            prop_assert_eq!(work.order.check(&file, false), Ok(()));
            while work.done < length {
                let Some(Call::Write(at, source, _)) = work.call(&file, false) else {
                    return Err(TestCaseError::fail("no write"));
                };
                prop_assert_eq!(at, offset + work.done);
                let moved = source.length();
                prop_assert!(moved > 0 && moved <= most_write);
                work.done += u64::from(moved);
            }
            prop_assert_eq!(work.done, length);
        }
    }

    #[test]
    fn a_file_never_becomes_smaller() {
        let file = Attributes {
            size: 100,
            largest: 1000,
            ..Attributes::default()
        };
        let check = |size| Order::Resize { size }.check(&file, false).is_ok();
        assert!(!check(99) && check(100) && check(1000) && !check(1001));
        let order = Order::Resize { size: 200 };
        let refused = order.check(&file, true).map_err(|error| error.kind());
        assert_eq!(refused, Err(Kind::ReadOnly));
    }
}
