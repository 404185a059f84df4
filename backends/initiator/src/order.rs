//! What a session is to do, and how far it has come with it.

use std::time::Instant;

use crate::command::Command;
use crate::task::{Buffer, MAX_ZEROS};
use crate::unit::Unit;
use crate::{Error, Kind, Place};

/// Something to be done with a logical unit. Offsets and lengths are in bytes, and need not be those of
/// blocks.
#[derive(Debug, Clone)]
pub enum Order {
    /// Read as much as the place takes.
    Read {
        /// Where in the unit.
        offset: u64,
        /// Where to.
        place: Place,
    },
    /// Write what is in the place.
    Write {
        /// Where in the unit.
        offset: u64,
        /// Where from.
        place: Place,
        /// End it when it is on stable storage.
        stable: bool,
    },
    /// Everything that has ended goes to stable storage.
    Flush,
    /// The range becomes zeros.
    Zero {
        /// Where in the unit.
        offset: u64,
        /// How much.
        length: u64,
        /// Whether its space may be given back.
        unmap: bool,
    },
    /// Whether there is storage at the offset, and how far that holds.
    Extent {
        /// Where in the unit.
        offset: u64,
    },
}

/// What an operation that went well answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is done.
    Done,
    /// How far the unit is as it is.
    Extent {
        /// How many bytes it holds for, at least one.
        length: u64,
        /// Whether there may be data; where there is none, it reads as zeros.
        mapped: bool,
    },
}

impl Order {
    /// Which bytes of the unit it is about.
    pub(crate) const fn span(&self) -> (u64, u64) {
        match self {
            Self::Read { offset, place } | Self::Write { offset, place, .. } => {
                (*offset, place.len() as u64)
            }
            Self::Flush => (0, 0),
            Self::Zero { offset, length, .. } => (*offset, *length),
            Self::Extent { offset } => (*offset, 1),
        }
    }

    /// Whether it changes what is on the unit.
    pub(crate) const fn changes(&self) -> bool {
        matches!(self, Self::Write { .. } | Self::Zero { .. })
    }

    pub(crate) const fn doing(&self) -> &'static str {
        match self {
            Self::Read { .. } => "reading",
            Self::Write { .. } => "writing",
            Self::Flush => "flushing",
            Self::Zero { .. } => "writing zeros",
            Self::Extent { .. } => "looking for data",
        }
    }

    /// Whether it can be carried out on this unit.
    pub(crate) fn check(&self, unit: &Unit, read_only: bool) -> Result<(), Error> {
        let (offset, length) = self.span();
        let within = offset
            .checked_add(length)
            .is_some_and(|end| end <= unit.size);
        let empty = length == 0 && !matches!(self, Self::Flush);
        if !within || empty {
            return Err(Error::of(self.doing(), Kind::OutOfRange));
        }
        match self.changes() && (read_only || unit.read_only) {
            true => Err(Error::of(self.doing(), Kind::ReadOnly)),
            false => Ok(()),
        }
    }
}

/// The part of an order that one command carries out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece {
    /// All of it.
    Whole,
    /// Whole blocks: from which byte on, how many bytes.
    Blocks(u64, u64),
    /// A part of one block: the block's first byte, the part's place in it, how many bytes.
    Part(u64, usize, usize),
}

/// An order on its way.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) tag: u64,
    pub(crate) order: Order,
    /// How many bytes are done.
    pub(crate) done: u64,
    /// The block that a part of is to be written, as it shall be.
    pub(crate) block: Option<Box<[u8]>>,
    pub(crate) attempts: u32,
    /// Since when the target has asked for patience.
    pub(crate) waits: Option<Instant>,
    /// Some of what is done may be lost with the target's power.
    pub(crate) dirty: bool,
}

impl Work {
    pub(crate) const fn new(tag: u64, order: Order) -> Self {
        Self {
            tag,
            order,
            done: 0,
            block: None,
            attempts: 0,
            waits: None,
            dirty: false,
        }
    }

    /// What is next.
    pub(crate) fn piece(&self, unit: &Unit) -> Piece {
        let (offset, length) = self.order.span();
        if matches!(self.order, Order::Flush | Order::Extent { .. }) {
            return Piece::Whole;
        }
        let block = u64::from(unit.block);
        let (at, left) = (offset + self.done, length - self.done);
        let skew = at % block;
        if skew != 0 || left < block {
            let within = usize::try_from(skew).unwrap_or(0);
            let part = usize::try_from(left.min(block - skew)).unwrap_or(0);
            return Piece::Part(at - skew, within, part);
        }
        let most = match self.order {
            Order::Zero { .. } if unit.most_same != 0 => u64::from(unit.most_same) * block,
            Order::Zero { .. } => {
                u64::from(MAX_ZEROS.min(unit.most_blocks.saturating_mul(unit.block)))
            }
            _ => u64::from(unit.most_blocks) * block,
        };
        Piece::Blocks(at, (left - left % block).min(most.max(block)))
    }

    /// The command for it, and its data.
    pub(crate) fn command(
        &self,
        unit: &Unit,
        piece: Piece,
        through: bool,
    ) -> Option<(Command, Buffer)> {
        let block = u64::from(unit.block);
        let (at, length) = match piece {
            Piece::Whole => return self.whole(unit),
            Piece::Blocks(at, length) => (at / block, length),
            Piece::Part(at, ..) => return Some(self.part(at / block, unit, through)),
        };
        let blocks = u32::try_from(length / block).ok()?;
        let bytes = u32::try_from(length).ok()?;
        let from = usize::try_from(self.done).ok()?;
        Some(match &self.order {
            Order::Read { place, .. } => (
                Command::read(at, blocks),
                Buffer::In(place.clone(), from, bytes),
            ),
            Order::Write { place, .. } => {
                let command = Command::write(at, blocks, self.forces(unit, through));
                (command, Buffer::Out(place.clone(), from, bytes))
            }
            Order::Zero { unmap, .. } if unit.most_same != 0 => {
                let command = Command::write_same(at, blocks, *unmap && unit.unmaps);
                (command, Buffer::Zeros(unit.block))
            }
            _ => {
                let command = Command::write(at, blocks, self.forces(unit, through));
                (command, Buffer::Zeros(bytes))
            }
        })
    }

    fn whole(&self, unit: &Unit) -> Option<(Command, Buffer)> {
        match self.order {
            Order::Flush => Some((Command::synchronize(), Buffer::None)),
            Order::Extent { offset } => {
                let command = Command::block_status(offset / u64::from(unit.block), 32);
                Some((command, Buffer::room(32)))
            }
            _ => None,
        }
    }

    fn part(&self, block: u64, unit: &Unit, through: bool) -> (Command, Buffer) {
        match &self.block {
            Some(bytes) => {
                let command = Command::write(block, 1, self.forces(unit, through));
                (command, Buffer::Parameters(bytes.clone()))
            }
            None => {
                let room = u16::try_from(unit.block).unwrap_or(u16::MAX);
                (Command::read(block, 1), Buffer::room(room))
            }
        }
    }

    /// Whether its writes are stable by themselves.
    pub(crate) fn forces(&self, unit: &Unit, through: bool) -> bool {
        let wanted = through || matches!(self.order, Order::Write { stable: true, .. });
        wanted && unit.volatile && unit.stable_writes
    }

    /// Whether what it has just done may be lost with the target's power.
    pub(crate) fn leaves_dirt(&self, unit: &Unit, piece: Piece, through: bool) -> bool {
        let same = matches!(self.order, Order::Zero { .. })
            && unit.most_same != 0
            && matches!(piece, Piece::Blocks(..));
        self.order.changes() && unit.volatile && (same || !self.forces(unit, through))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pieces_cover_an_order_once_and_are_blocks_or_within_one(
            offset in 0_u64..20_000, length in 1_u64..3_000_000, block in prop_oneof![Just(512_u32), Just(4096)],
            most_same in prop_oneof![Just(0_u32), 1_u32..4096], most_blocks in 1_u32..2048,
        ) {
            let unit = Unit { block, most_same, most_blocks, ..Unit::default() };
            let mut work = Work::new(1, Order::Zero { offset, length, unmap: true });
            while work.done < length {
                let at = offset + work.done;
                let moved = match work.piece(&unit) {
                    Piece::Blocks(start, moved) => {
                        prop_assert!(start == at && start % u64::from(block) == 0);
                        prop_assert!(moved % u64::from(block) == 0);
                        prop_assert!(work.command(&unit, Piece::Blocks(start, moved), false).is_some());
                        moved
                    }
                    Piece::Part(start, within, moved) => {
                        prop_assert_eq!(start + within as u64, at);
                        prop_assert!(within + moved <= block as usize);
                        moved as u64
                    }
                    Piece::Whole => 0,
                };
                prop_assert!(moved > 0);
                work.done += moved;
            }
            prop_assert_eq!(work.done, length);
        }
    }
}
