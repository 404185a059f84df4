//! A table of 64-bit numbers in the file, read forwards in pieces.

use super::Malformed;
use crate::{Fault, Source};

/// How much is read at once, in bytes.
const PIECE: usize = 4096;
/// The size of a number.
const NUMBER: usize = 8;

/// A table of 64-bit numbers, of which one piece is in memory.
#[derive(Debug)]
pub(super) struct Table {
    what: &'static str,
    offset: u64,
    numbers: u64,
    piece: [u8; PIECE],
    /// Which number the piece begins with; none at first.
    loaded: Option<u64>,
}

impl Table {
    /// A table that lies within the file.
    ///
    /// # Errors
    /// [`Malformed::Truncated`] if it does not.
    pub(super) fn new(
        source: &impl Source,
        what: &'static str,
        offset: u64,
        numbers: u64,
    ) -> Result<Self, Malformed> {
        let length = numbers.checked_mul(NUMBER as u64);
        let end = length.and_then(|length| offset.checked_add(length));
        if end.is_none_or(|end| end > source.size()) {
            return Err(Malformed::Truncated { what });
        }
        Ok(Self {
            what,
            offset,
            numbers,
            piece: [0; PIECE],
            loaded: None,
        })
    }

    /// The number at `index`.
    ///
    /// # Errors
    /// [`Malformed::Truncated`] beyond the table's end; what reading says.
    pub(super) fn get(&mut self, source: &impl Source, index: u64) -> Result<u64, Fault> {
        let per_piece = (PIECE / NUMBER) as u64;
        let first = index - index % per_piece;
        if self.loaded != Some(first) {
            self.load(source, first)?;
        }
        let within = usize::try_from(index % per_piece).unwrap_or(0) * NUMBER;
        let bytes = self.piece.get(within..within + NUMBER);
        let number = bytes.and_then(|bytes| bytes.try_into().ok());
        match number.filter(|_| index < self.numbers) {
            Some(number) => Ok(u64::from_be_bytes(number)),
            None => Err(Malformed::Truncated { what: self.what }.into()),
        }
    }

    fn load(&mut self, source: &impl Source, first: u64) -> Result<(), Fault> {
        self.loaded = None;
        let left = self.numbers.saturating_sub(first);
        let length = usize::try_from(left).map_or(PIECE, |left| left.saturating_mul(NUMBER));
        let room = self.piece.get_mut(..length.min(PIECE)).unwrap_or_default();
        // No overflow: the table was found to lie within the file.
        let offset = self
            .offset
            .saturating_add(first.saturating_mul(NUMBER as u64));
        let read = source.read(offset, room);
        read.map_err(Fault::file("reading the image's tables"))?;
        self.loaded = Some(first);
        Ok(())
    }
}
