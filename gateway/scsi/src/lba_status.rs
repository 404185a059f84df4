//! GET LBA STATUS parameter data (SBC-3 5.4.2).

use labelgate_engine::{Extent, Geometry};

use crate::{Span, limits};

/// More extents than this are not asked for: an image in very many pieces must not hold up others.
const MAX_EXTENTS: usize = 2 * limits::MAX_LBA_STATUS_DESCRIPTORS;

/// A run of blocks of one state, in bytes.
#[derive(Debug, Clone, Copy)]
struct Run {
    span: Span,
    mapped: bool,
}

/// Gathers the extents that answer a GET LBA STATUS.
///
/// Ask the image for the extent at [`LbaStatus::next`], hand it to [`LbaStatus::push`], until
/// there is no next; then [`LbaStatus::finish`]. A block is reported deallocated only if it is as
/// a whole, and adjoining extents of one state become one descriptor.
#[derive(Debug, Clone)]
pub struct LbaStatus {
    block: u64,
    end: u64,
    /// Where the next extent starts.
    position: u64,
    /// What the runs cover so far ends here, on a block boundary.
    covered: u64,
    runs: Vec<Run>,
    /// How many descriptors are wanted.
    room: usize,
    extents: usize,
    allocation: usize,
}

impl LbaStatus {
    /// For a [`crate::Plan::LbaStatus`] of a unit with this geometry.
    #[must_use]
    pub fn new(geometry: &Geometry, span: Span, allocation: usize) -> Self {
        let allocation = allocation.min(limits::MAX_LBA_STATUS);
        Self {
            block: u64::from(geometry.block_size).max(1),
            end: span.end(),
            position: span.offset,
            covered: span.offset,
            runs: Vec::new(),
            room: allocation.saturating_sub(8).div_ceil(16).max(1),
            extents: 0,
            allocation,
        }
    }

    /// The byte offset to ask the image about, if there is anything left to ask.
    #[must_use]
    pub fn next(&self) -> Option<u64> {
        let wanted = self.runs.len() <= self.room && self.extents < MAX_EXTENTS;
        (wanted && self.position < self.end).then_some(self.position)
    }

    /// The extent at the offset that [`LbaStatus::next`] named.
    pub fn push(&mut self, extent: Extent) {
        let from = self.position;
        let to = from.saturating_add(extent.length.max(1)).min(self.end);
        self.position = to;
        self.extents += 1;
        if extent.mapped {
            self.cover(to.next_multiple_of(self.block), true);
        } else {
            // The block in which a hole starts is mapped, and so is the one in which it ends.
            self.cover(from.next_multiple_of(self.block), true);
            self.cover(to - to % self.block, false);
        }
    }

    /// The blocks up to `to` that are not covered yet are of one state.
    fn cover(&mut self, to: u64, mapped: bool) {
        let length = to.min(self.end).saturating_sub(self.covered);
        if length == 0 {
            return;
        }
        let span = Span {
            offset: self.covered,
            length,
        };
        self.covered += length;
        match self.runs.last_mut() {
            Some(last) if last.mapped == mapped => last.span.length += length,
            _ => self.runs.push(Run { span, mapped }),
        }
    }

    /// The parameter data, cut to the allocation length.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        if self.runs.is_empty() {
            // An extent that ended within the first block: that block is mapped.
            self.cover(self.covered.saturating_add(self.block), true);
        }
        let mut data = vec![0; 8];
        for run in self.runs.iter().take(self.room) {
            let blocks = run.span.length / self.block;
            data.extend_from_slice(&(run.span.offset / self.block).to_be_bytes());
            // A longer run is cut: the initiator asks again from there.
            data.extend_from_slice(&u32::try_from(blocks).unwrap_or(u32::MAX).to_be_bytes());
            data.extend_from_slice(&[u8::from(!run.mapped), 0, 0, 0]);
            if blocks > u64::from(u32::MAX) {
                break;
            }
        }
        let following = u32::try_from(data.len() - 4).unwrap_or(u32::MAX);
        for (room, byte) in data.iter_mut().zip(following.to_be_bytes()) {
            *room = byte;
        }
        data.truncate(self.allocation);
        data
    }
}

/// The answer to a GET LBA STATUS whose extents are all at hand, in order from the span's start.
#[must_use]
pub fn encode_lba_status(
    geometry: &Geometry,
    span: Span,
    allocation: usize,
    extents: &[Extent],
) -> Vec<u8> {
    let mut status = LbaStatus::new(geometry, span, allocation);
    for extent in extents {
        if status.next().is_none() {
            break;
        }
        status.push(*extent);
    }
    status.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GEOMETRY: Geometry = Geometry {
        size: 1 << 20,
        block_size: 4096,
        physical_block_size: 4096,
        read_only: false,
        discard: true,
    };
    const ALL: Span = Span {
        offset: 4096,
        length: (1 << 20) - 4096,
    };

    fn extent(length: u64, mapped: bool) -> Extent {
        Extent { length, mapped }
    }

    /// (LBA, blocks, deallocated) of each descriptor.
    fn descriptors(data: &[u8]) -> Vec<(u64, u32, bool)> {
        let (header, rest) = data.split_at(8);
        assert_eq!(
            u32::from_be_bytes(header[..4].try_into().unwrap()) as usize,
            data.len() - 4
        );
        rest.chunks(16)
            .map(|one| {
                let lba = u64::from_be_bytes(one[..8].try_into().unwrap());
                let blocks = u32::from_be_bytes(one[8..12].try_into().unwrap());
                (lba, blocks, one[12] == 1)
            })
            .collect()
    }

    #[test]
    fn adjoining_extents_merge_and_partly_mapped_blocks_are_mapped() {
        let extents = [
            extent(4096, true),
            extent(512, true),
            // Ends and starts within blocks 2 and 5.
            extent(3 * 4096, false),
            extent(4096 - 512, true),
            extent(1 << 30, false),
        ];

        let data = encode_lba_status(&GEOMETRY, ALL, 4096, &extents);

        assert_eq!(
            descriptors(&data),
            [(1, 2, false), (3, 2, true), (5, 1, false), (6, 250, true)]
        );
    }

    #[test]
    fn one_descriptor_asks_for_no_more_than_it_needs() {
        let mut status = LbaStatus::new(&GEOMETRY, ALL, 24);

        assert_eq!(status.next(), Some(4096));
        status.push(extent(4096, true));
        assert_eq!(status.next(), Some(8192));
        status.push(extent(4096, false));
        assert_eq!(status.next(), None);
        assert_eq!(descriptors(&status.finish()), [(1, 1, false)]);
    }

    #[test]
    fn an_image_in_pieces_is_not_followed_for_ever() {
        let mut status = LbaStatus::new(&GEOMETRY, ALL, 24);
        let mut asked = 0;
        while status.next().is_some() {
            status.push(extent(1, true));
            asked += 1;
        }

        assert_eq!(asked, MAX_EXTENTS);
        assert_eq!(descriptors(&status.finish()), [(1, 1, false)]);
    }
}
