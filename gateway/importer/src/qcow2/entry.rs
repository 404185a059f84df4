//! Entries of the L1 and L2 tables.
//!
//! Source: QEMU's `docs/interop/qcow2.rst`, "Cluster mapping" and "Extended L2 Entries".

use super::{Header, Malformed};

/// "Bit 9 - 55: Bits 9-55 of the offset into the image file".
const OFFSET: u64 = 0x00ff_ffff_ffff_fe00;
/// Bit 63: the reference count is exactly one. For writers.
const COPIED: u64 = 1 << 63;
/// Bit 62: a compressed cluster.
const COMPRESSED: u64 = 1 << 62;
/// Bit 0 of a standard descriptor, version 3 without subclusters: "this cluster reads as zeros".
const ZERO: u64 = 1 << 0;

/// Where a part of the disk is in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Nowhere: it reads as zeros.
    Nowhere,
    /// As it is, from this offset on.
    Plain(u64),
    /// Compressed, in these bytes or fewer.
    Compressed {
        /// Where.
        offset: u64,
        /// How many bytes, at most.
        length: u64,
    },
}

/// One cluster of the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cluster {
    /// It is all in one place.
    Whole(Place),
    /// It has 32 parts: those with their bit set are plain, each at its place in the cluster at
    /// this offset, and the others read as zeros.
    Parts(u64, u32),
}

/// Where an L2 table is; `None` if everything that it would describe reads as zeros.
///
/// # Errors
/// Reserved bits, or an offset that is no cluster's.
pub fn l2_table(header: &Header, entry: u64) -> Result<Option<u64>, Malformed> {
    if entry & !(OFFSET | COPIED) != 0 {
        return Err(Malformed::Entry { table: "L1", entry });
    }
    match aligned(header, entry, "L2 table")? {
        0 => Ok(None),
        offset => Ok(Some(offset)),
    }
}

/// What an L2 entry says. `bitmap` is its second half, zero where entries have none.
///
/// # Errors
/// Bits that cannot be, or an offset that is no cluster's.
pub fn cluster(header: &Header, entry: u64, bitmap: u64) -> Result<Cluster, Malformed> {
    if entry & COMPRESSED != 0 {
        return compressed(header, entry, bitmap).map(Cluster::Whole);
    }
    let zero_is_known = header.version >= 3 && !header.extended;
    let known = if zero_is_known {
        OFFSET | COPIED | ZERO
    } else {
        OFFSET | COPIED
    };
    if entry & !known != 0 {
        return Err(Malformed::Entry { table: "L2", entry });
    }
    let offset = aligned(header, entry, "data cluster")?;
    if header.extended {
        return parts(offset, bitmap);
    }
    // Without a backing file, what is not allocated reads as zeros.
    Ok(Cluster::Whole(match (entry & ZERO, offset) {
        (0, 1..) => Place::Plain(offset),
        _ => Place::Nowhere,
    }))
}

fn aligned(header: &Header, entry: u64, what: &'static str) -> Result<u64, Malformed> {
    let offset = entry & OFFSET;
    if offset.is_multiple_of(header.cluster_size()) {
        Ok(offset)
    } else {
        Err(Malformed::Unaligned { what })
    }
}

/// "Bit 0 - 31: Allocation status (one bit per subcluster)", "32 - 63: Subcluster reads as zeros".
/// "It is an error to have both".
fn parts(offset: u64, bitmap: u64) -> Result<Cluster, Malformed> {
    let allocated = bitmap & u64::from(u32::MAX);
    let zeros = bitmap >> 32;
    if allocated & zeros != 0 || (allocated != 0 && offset == 0) {
        return Err(Malformed::Entry {
            table: "L2",
            entry: bitmap,
        });
    }
    Ok(match u32::try_from(allocated).unwrap_or_default() {
        0 => Cluster::Whole(Place::Nowhere),
        u32::MAX => Cluster::Whole(Place::Plain(offset)),
        allocated => Cluster::Parts(offset, allocated),
    })
}

/// "Compressed Clusters Descriptor (x = 62 - (cluster_bits - 8))": bits 0 to x-1 are the offset,
/// "not necessarily aligned"; bits x to 61 are the "number of additional 512-byte sectors used".
fn compressed(header: &Header, entry: u64, bitmap: u64) -> Result<Place, Malformed> {
    // Of an extended entry, "the bitmap must be zero". COPIED is "always 0 for compressed".
    if bitmap != 0 || entry & COPIED != 0 {
        return Err(Malformed::Entry { table: "L2", entry });
    }
    // 53 to 61: the header's cluster_bits are 9 to 21.
    let x = 70_u32.saturating_sub(header.cluster_bits);
    let described = entry & !COMPRESSED;
    let offset = described & ((1_u64 << x) - 1);
    let sectors = (described >> x) + 1;
    // At most 2^13 sectors.
    let length = sectors * 512 - offset % 512;
    Ok(Place::Compressed { offset, length })
}
