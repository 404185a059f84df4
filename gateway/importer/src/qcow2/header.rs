//! The header: what the image says about itself, and whether it is taken in.
//!
//! Source: QEMU's `docs/interop/qcow2.rst`, "Header".

use labelgate_wire::{Reader, Truncated};

use super::{Malformed, Unsupported};
use crate::Fault;

/// `QFI\xfb`.
pub const MAGIC: [u8; 4] = *b"QFI\xfb";
/// As much of the file as is looked at: version 3 with the compression type.
pub const HEADER_LENGTH: usize = 112;
/// QEMU makes and reads clusters of 512 bytes to 2 MiB.
const CLUSTER_BITS: std::ops::RangeInclusive<u32> = 9..=21;
/// With 32 subclusters of at least 512 bytes.
const MIN_EXTENDED_CLUSTER_BITS: u32 = 14;
/// QEMU's own limit of the L1 table, 32 MiB of entries.
const MAX_L1_ENTRIES: u32 = 4 << 20;
/// The version 3 header without additional fields.
const V3_LENGTH: u32 = 104;
/// Where the compression type is.
const COMPRESSION_TYPE: usize = 104;

/// "Dirty bit": reference counts may be wrong. Nothing here reads them.
const DIRTY: u64 = 1 << 0;
/// "Corrupt bit": "any data structure may be corrupt".
const CORRUPT: u64 = 1 << 1;
/// "External data file bit".
const EXTERNAL_DATA: u64 = 1 << 2;
/// "Compression type bit".
const COMPRESSION: u64 = 1 << 3;
/// "Extended L2 Entries".
const EXTENDED_L2: u64 = 1 << 4;

/// How compressed clusters are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Deflate, without zlib's header.
    Deflate,
    /// Zstandard.
    Zstd,
}

/// What a header says that is needed to read the active state of the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// 2 or 3.
    pub version: u32,
    /// The size of a cluster is two to this power; 9 to 21.
    pub cluster_bits: u32,
    /// The size of the disk, in bytes.
    pub size: u64,
    /// How many entries the L1 table has.
    pub l1_entries: u32,
    /// Where it is in the file; a multiple of the cluster size.
    pub l1_offset: u64,
    /// How clusters are compressed.
    pub compression: Compression,
    /// Whether L2 entries have a second half, which describes 32 subclusters.
    pub extended: bool,
}

impl Header {
    /// Reads the first bytes of a file: [`HEADER_LENGTH`], or all that a shorter file has.
    ///
    /// # Errors
    /// [`Fault::Unsupported`] and [`Fault::Malformed`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Fault> {
        let truncated = |_: Truncated| Malformed::Truncated { what: "header" };
        let mut reader = Reader::new(bytes);
        if reader.array::<4>().map_err(truncated)? != MAGIC {
            return Err(Malformed::Magic.into());
        }
        let fields = Fields::read(&mut reader).map_err(truncated)?;
        fields.check()?;
        let features = match fields.version {
            3 => Features::read(&mut reader, bytes, &fields)?,
            _ => Features::of_version_2(),
        };
        let header = Self {
            version: fields.version,
            cluster_bits: fields.cluster_bits,
            size: fields.size,
            l1_entries: fields.l1_entries,
            l1_offset: fields.l1_offset,
            compression: features.compression,
            extended: features.extended,
        };
        header.check()?;
        Ok(header)
    }

    /// The size of a cluster, in bytes.
    #[must_use]
    pub const fn cluster_size(&self) -> u64 {
        1 << self.cluster_bits
    }

    /// The size of an L2 entry, in bytes.
    #[must_use]
    pub const fn entry_size(&self) -> u64 {
        if self.extended { 16 } else { 8 }
    }

    /// How many entries an L2 table has. It fills a cluster.
    #[must_use]
    pub const fn l2_entries(&self) -> u64 {
        self.cluster_size() / self.entry_size()
    }

    /// How much of the disk one L2 table describes, in bytes: at most 2^39.
    #[must_use]
    pub const fn l2_covers(&self) -> u64 {
        self.l2_entries() << self.cluster_bits
    }

    fn check(&self) -> Result<(), Malformed> {
        if self.extended && self.cluster_bits < MIN_EXTENDED_CLUSTER_BITS {
            return Err(Malformed::ClusterSize {
                bits: self.cluster_bits,
            });
        }
        if self.l1_entries > MAX_L1_ENTRIES {
            return Err(Malformed::L1TooLong {
                entries: self.l1_entries,
            });
        }
        if u64::from(self.l1_entries) < self.size.div_ceil(self.l2_covers()) {
            return Err(Malformed::L1TooShort {
                entries: self.l1_entries,
            });
        }
        if self.l1_entries > 0 && !self.l1_offset.is_multiple_of(self.cluster_size()) {
            return Err(Malformed::Unaligned { what: "L1 table" });
        }
        Ok(())
    }
}

/// What both versions have.
struct Fields {
    version: u32,
    backing_offset: u64,
    cluster_bits: u32,
    size: u64,
    encryption: u32,
    l1_entries: u32,
    l1_offset: u64,
}

impl Fields {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Truncated> {
        let version = reader.u32()?;
        let backing_offset = reader.u64()?;
        let _backing_size = reader.u32()?;
        let fields = Self {
            version,
            backing_offset,
            cluster_bits: reader.u32()?,
            size: reader.u64()?,
            encryption: reader.u32()?,
            l1_entries: reader.u32()?,
            l1_offset: reader.u64()?,
        };
        // Reference counts are for writers. Snapshots are not taken along.
        let (refcounts, snapshots) = (8 + 4, 4 + 8);
        reader.skip(refcounts + snapshots)?;
        Ok(fields)
    }

    fn check(&self) -> Result<(), Fault> {
        if !matches!(self.version, 2 | 3) {
            return Err(Unsupported::Version(self.version).into());
        }
        if self.backing_offset != 0 {
            return Err(Unsupported::BackingFile.into());
        }
        if self.encryption != 0 {
            return Err(Unsupported::Encrypted.into());
        }
        if !CLUSTER_BITS.contains(&self.cluster_bits) {
            let bits = self.cluster_bits;
            return Err(Malformed::ClusterSize { bits }.into());
        }
        Ok(())
    }
}

/// What version 3 adds.
struct Features {
    compression: Compression,
    extended: bool,
}

impl Features {
    const fn of_version_2() -> Self {
        Self {
            compression: Compression::Deflate,
            extended: false,
        }
    }

    fn read(reader: &mut Reader<'_>, bytes: &[u8], fields: &Fields) -> Result<Self, Fault> {
        let truncated = |_: Truncated| Malformed::Truncated { what: "header" };
        let incompatible = reader.u64().map_err(truncated)?;
        let (compatible, autoclear, refcount_order) = (8, 8, 4);
        reader
            .skip(compatible + autoclear + refcount_order)
            .map_err(truncated)?;
        let length = reader.u32().map_err(truncated)?;
        if length < V3_LENGTH || length % 8 != 0 || u64::from(length) > 1 << fields.cluster_bits {
            return Err(Malformed::HeaderLength { length }.into());
        }
        let known = DIRTY | CORRUPT | EXTERNAL_DATA | COMPRESSION | EXTENDED_L2;
        match incompatible {
            bits if bits & EXTERNAL_DATA != 0 => Err(Unsupported::ExternalData.into()),
            bits if bits & CORRUPT != 0 => Err(Unsupported::Corrupt.into()),
            bits if bits & !known != 0 => Err(Unsupported::Features(bits & !known).into()),
            bits => Ok(Self {
                compression: compression(bits, bytes, length)?,
                extended: bits & EXTENDED_L2 != 0,
            }),
        }
    }
}

/// "If the incompatible bit "Compression type" is set: the field must be present and non-zero
/// [...]. Otherwise, this field must not be present or must be zero".
fn compression(incompatible: u64, bytes: &[u8], length: u32) -> Result<Compression, Fault> {
    let present = length > V3_LENGTH;
    let kind = match bytes.get(COMPRESSION_TYPE) {
        Some(&kind) if present => kind,
        None if present => return Err(Malformed::Truncated { what: "header" }.into()),
        _ => 0,
    };
    match (incompatible & COMPRESSION != 0, kind) {
        (false, 0) => Ok(Compression::Deflate),
        (true, 1) => Ok(Compression::Zstd),
        (true, 2..) => Err(Unsupported::Compression(kind).into()),
        (true, 0) | (false, _) => Err(Malformed::CompressionType.into()),
    }
}
