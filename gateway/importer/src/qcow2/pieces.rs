//! The disk, piece by piece.

use super::entry::{Cluster, Place, cluster, l2_table};
use super::table::Table;
use super::{Decompressor, HEADER_LENGTH, Header, Malformed};
use crate::{Fault, Source};

/// How many subclusters a cluster has, where it has any.
const PARTS: u32 = u32::BITS;

/// Pieces of a disk, from its front to its end; what is not covered reads as zeros.
#[derive(Debug)]
pub struct Pieces<S> {
    source: S,
    header: Header,
    l1: Table,
    /// The table that describes the cluster at `next`, if there is one.
    l2: Option<Table>,
    /// The next cluster of the disk, in bytes; a multiple of the cluster size.
    next: u64,
    /// What is left of a cluster in parts: where it begins on the disk and in the file.
    parts: Option<(u64, u64, u32)>,
    decompressor: Decompressor,
}

/// A piece of the disk that may have something else in it than zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// Where it is on the disk, in bytes.
    pub at: u64,
    /// Its length, in bytes; it ends within the disk.
    pub length: u64,
    /// Where its bytes are.
    pub content: Content,
}

/// Where the bytes of a piece are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// In the file, as they are.
    Plain(u64),
    /// In the file, compressed; decompressed they fill a cluster.
    Compressed {
        /// Where.
        offset: u64,
        /// How many bytes, at most.
        length: u64,
    },
}

impl<S: Source> Pieces<S> {
    /// The pieces of the disk in `source`.
    ///
    /// # Errors
    /// [`Fault`], if the header already says that there can be none.
    pub fn new(source: S) -> Result<Self, Fault> {
        let mut bytes = [0; HEADER_LENGTH];
        let there = usize::try_from(source.size()).unwrap_or(usize::MAX);
        let bytes = bytes
            .get_mut(..there.min(HEADER_LENGTH))
            .unwrap_or_default();
        let read = source.read(0, bytes);
        read.map_err(Fault::file("reading the image's header"))?;
        let header = Header::parse(bytes)?;
        let l1 = Table::new(
            &source,
            "L1 table",
            header.l1_offset,
            header.l1_entries.into(),
        )?;
        Ok(Self {
            decompressor: Decompressor::new(header.compression, header.cluster_bits),
            source,
            header,
            l1,
            l2: None,
            next: 0,
            parts: None,
        })
    }

    /// What the header says.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// How far it has come on the disk, in bytes.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.next.min(self.header.size)
    }

    /// Looks at most at one cluster, or at one L2 table's place, and says what is there:
    /// `Ok(None)` if nothing but zeros. After the disk's end, always that: see [`Self::is_done`].
    ///
    /// # Errors
    /// [`Fault`]. The image must then not be used.
    pub fn step(&mut self) -> Result<Option<Piece>, Fault> {
        if let Some(piece) = self.next_part()? {
            return Ok(Some(piece));
        }
        if self.is_done() {
            return Ok(None);
        }
        if self.next.is_multiple_of(self.header.l2_covers()) && !self.next_table()? {
            self.next = self.next.saturating_add(self.header.l2_covers());
            return Ok(None);
        }
        let at = self.next;
        let cluster = self.cluster(at)?;
        self.next = at.saturating_add(self.header.cluster_size());
        match cluster {
            Cluster::Whole(place) => self.whole(at, place),
            Cluster::Parts(offset, allocated) => {
                self.parts = Some((at, offset, allocated));
                self.next_part()
            }
        }
    }

    /// Whether the whole disk has been looked at.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        self.next >= self.header.size && self.parts.is_none()
    }

    /// Fills `room` with bytes of a plain piece.
    ///
    /// # Errors
    /// What reading says.
    pub fn read(&self, offset: u64, room: &mut [u8]) -> Result<(), Fault> {
        let read = self.source.read(offset, room);
        read.map_err(Fault::file("reading the image's data"))
    }

    /// Decompresses a compressed piece and gives its cluster.
    ///
    /// # Errors
    /// [`Malformed::Compressed`], or what reading says.
    pub fn decompress(&mut self, offset: u64, length: u64) -> Result<&[u8], Fault> {
        self.decompressor.cluster(&self.source, offset, length)
    }

    /// Finds the L2 table for what comes next; whether there is one.
    fn next_table(&mut self) -> Result<bool, Fault> {
        let index = self.next / self.header.l2_covers();
        let entry = self.l1.get(&self.source, index)?;
        self.l2 = match l2_table(&self.header, entry)? {
            None => None,
            Some(offset) => {
                let numbers = self.header.cluster_size() / 8;
                Some(Table::new(&self.source, "L2 table", offset, numbers)?)
            }
        };
        Ok(self.l2.is_some())
    }

    fn cluster(&mut self, at: u64) -> Result<Cluster, Fault> {
        let Some(l2) = &mut self.l2 else {
            return Ok(Cluster::Whole(Place::Nowhere));
        };
        let index = (at >> self.header.cluster_bits) % self.header.l2_entries();
        let (entry, bitmap) = if self.header.extended {
            let first = index.saturating_mul(2);
            let entry = l2.get(&self.source, first)?;
            (entry, l2.get(&self.source, first.saturating_add(1))?)
        } else {
            (l2.get(&self.source, index)?, 0)
        };
        Ok(cluster(&self.header, entry, bitmap)?)
    }

    fn whole(&self, at: u64, place: Place) -> Result<Option<Piece>, Fault> {
        let size = self.header.cluster_size();
        match place {
            Place::Nowhere => Ok(None),
            Place::Plain(offset) => self.plain(at, size, offset).map(Some),
            // The last may end where the file does, short of its last sector's end.
            Place::Compressed { offset, length } => match self.source.size().checked_sub(offset) {
                Some(left @ 1..) => Ok(Some(Piece {
                    at,
                    length: size.min(self.header.size.saturating_sub(at)),
                    content: Content::Compressed {
                        offset,
                        length: length.min(left),
                    },
                })),
                _ => Err(Malformed::Truncated { what: "data" }.into()),
            },
        }
    }

    /// A plain piece, cut where the disk ends. All of what is left lies within the file.
    fn plain(&self, at: u64, length: u64, offset: u64) -> Result<Piece, Fault> {
        let length = length.min(self.header.size.saturating_sub(at));
        match offset.checked_add(length) {
            Some(end) if end <= self.source.size() => Ok(Piece {
                at,
                length,
                content: Content::Plain(offset),
            }),
            _ => Err(Malformed::Truncated { what: "data" }.into()),
        }
    }

    /// The next run of subclusters of a cluster in parts.
    fn next_part(&mut self) -> Result<Option<Piece>, Fault> {
        let Some((at, offset, allocated)) = self.parts else {
            return Ok(None);
        };
        let first = allocated.trailing_zeros();
        let run = (!(allocated.checked_shr(first).unwrap_or(0))).trailing_zeros();
        let past = first.saturating_add(run);
        let rest = allocated & u32::MAX.checked_shl(past).unwrap_or(0);
        self.parts = (rest != 0).then_some((at, offset, rest));
        let size = self.header.cluster_size() / u64::from(PARTS);
        let skip = size.saturating_mul(first.into());
        let at = at.saturating_add(skip);
        if at >= self.header.size {
            // Beyond the end of the disk, as all that follow it.
            self.parts = None;
            return Ok(None);
        }
        let length = size.saturating_mul(run.into());
        let offset = offset.saturating_add(skip);
        self.plain(at, length, offset).map(Some)
    }
}
