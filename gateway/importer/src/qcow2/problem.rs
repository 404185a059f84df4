//! What can be wrong with a qcow2 image.

/// A kind of image that is not taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unsupported {
    /// Part of its content is in another file.
    #[error(
        "the qcow2 image has a backing file, which is never opened; make one that stands alone: \
         qemu-img convert -O qcow2 IMAGE ALONE.qcow2"
    )]
    BackingFile,
    /// Its content is in another file.
    #[error(
        "the qcow2 image has an external data file, which is never opened; make one that stands \
         alone: qemu-img convert -O qcow2 IMAGE ALONE.qcow2"
    )]
    ExternalData,
    /// Nobody could read it.
    #[error("the qcow2 image is encrypted; decrypt it first: qemu-img convert")]
    Encrypted,
    /// Its writer says that it is broken.
    #[error("the qcow2 image is marked as corrupt; repair it first: qemu-img check -r all")]
    Corrupt,
    /// Another version.
    #[error("qcow2 version {0} is not known; versions 2 and 3 are: qemu-img convert -O qcow2")]
    Version(u32),
    /// It must not be read without knowing what these mean.
    #[error("the qcow2 image has incompatible features that are not known: bits {0:#x}")]
    Features(u64),
    /// Neither zlib nor zstd.
    #[error("the qcow2 image is compressed in a way that is not known: type {0}")]
    Compression(u8),
}

/// How an image contradicts itself, or the description of the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// It is something else.
    #[error("it does not begin like one; if it is a raw image, say so: --format raw")]
    Magic,
    /// The file ends before something that it says it has.
    #[error("the file ends before its {what} does: it was cut off, perhaps on the way here")]
    Truncated {
        /// What is missing.
        what: &'static str,
    },
    /// Something does not begin where a cluster does.
    #[error("its {what} does not begin at a cluster")]
    Unaligned {
        /// What.
        what: &'static str,
    },
    /// Clusters are of 512 bytes to 2 MiB; with subclusters, at least 16 KiB.
    #[error("clusters of 2^{bits} bytes cannot be")]
    ClusterSize {
        /// The power of two.
        bits: u32,
    },
    /// The header does not have the length of one.
    #[error("a header of {length} bytes cannot be")]
    HeaderLength {
        /// What it says, in bytes.
        length: u32,
    },
    /// The type of compression and the bit that announces it contradict each other.
    #[error("its compression type contradicts its features")]
    CompressionType,
    /// More than QEMU ever makes.
    #[error("its L1 table has {entries} entries, more than any")]
    L1TooLong {
        /// How many.
        entries: u32,
    },
    /// It cannot describe the whole disk.
    #[error("its L1 table has {entries} entries, too few for its size")]
    L1TooShort {
        /// How many.
        entries: u32,
    },
    /// Bits that are reserved, or that exclude each other, are set.
    #[error("an entry of its {table} table has bits that cannot be: {entry:#x}")]
    Entry {
        /// Which table.
        table: &'static str,
        /// The entry.
        entry: u64,
    },
    /// A compressed cluster cannot be decompressed to exactly one cluster.
    #[error("a compressed cluster at {offset:#x} cannot be decompressed")]
    Compressed {
        /// Where it is in the file.
        offset: u64,
    },
}
