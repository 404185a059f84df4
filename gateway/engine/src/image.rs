//! Images as engines see them: a geometry, operations, and what becomes of these.

use std::fmt;

use labelgate_buffers::Buffer;

/// The shape of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Geometry {
    /// Size in bytes; a multiple of `block_size` (what is left of a file over that is not served).
    pub size: u64,
    /// Logical block size in bytes: 512 or 4096; 1 for a file that may be of any length.
    pub block_size: u32,
    /// Physical block size in bytes: a power of two, at least `block_size`.
    pub physical_block_size: u32,
    /// Writes are refused.
    pub read_only: bool,
    /// Discard gives space back and reads as zeros afterwards.
    pub discard: bool,
}

/// An image of the worker's label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageDescription {
    /// The iSCSI target name, `iqn.2026-11.io.labelgate:<store>.<image>`.
    pub target: String,
    /// What it is called as a file; no other image of the worker is called so.
    pub file_name: String,
    /// Serial number: 32 hexadecimal digits, unique per image and stable.
    pub serial: String,
    /// NAA locally assigned identifier (type 3h): unique per image and stable.
    pub naa: [u8; 8],
    /// Its shape now.
    pub geometry: Geometry,
}

/// Who may not use an image, because somebody has reserved it, of those who can hold no reservation
/// themselves: clients of other protocols than SCSI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Exclusion {
    /// Nobody: it is not reserved.
    #[default]
    Nobody,
    /// Whoever wants to change it.
    Writers,
    /// Whoever wants to read or change it.
    Everybody,
}

/// An operation on an image. Offsets and lengths are in bytes and within the image; the image
/// checks that again.
#[derive(Debug)]
pub enum Operation {
    /// Read `length` bytes at `offset` into the front of `buffer`.
    Read {
        /// Where in the image.
        offset: u64,
        /// How much.
        length: usize,
        /// Where to; handed back with the completion.
        buffer: Buffer,
    },
    /// Write `length` bytes of `buffer` from `from` on at `offset`.
    Write {
        /// Where in the image.
        offset: u64,
        /// How much.
        length: usize,
        /// Where from; handed back with the completion.
        buffer: Buffer,
        /// Where the data starts in the buffer.
        from: usize,
        /// Complete only when the data is on stable storage (FUA).
        stable: bool,
    },
    /// Everything completed so far goes to stable storage.
    Flush,
    /// The range is no longer needed; it reads as zeros afterwards.
    Discard {
        /// Where in the image.
        offset: u64,
        /// How much.
        length: u64,
    },
    /// The range becomes zeros.
    WriteZeroes {
        /// Where in the image.
        offset: u64,
        /// How much.
        length: u64,
        /// Whether its space may be given back.
        unmap: bool,
    },
    /// Whether the image is allocated at `offset`, and how far that holds.
    Extent {
        /// Where in the image.
        offset: u64,
    },
    /// The image becomes `size` bytes long; what is new reads as zeros, what is beyond is lost.
    Resize {
        /// Its new length in bytes.
        size: u64,
    },
    /// What its store knows about the image.
    Status,
}

impl Operation {
    /// Whether it changes what is stored.
    #[must_use]
    pub const fn changes(&self) -> bool {
        match self {
            Self::Write { .. }
            | Self::Discard { .. }
            | Self::WriteZeroes { .. }
            | Self::Resize { .. } => true,
            Self::Read { .. } | Self::Flush | Self::Extent { .. } | Self::Status => false,
        }
    }
}

/// A run of an image, from the offset that was asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// How many bytes it holds for, at least one.
    pub length: u64,
    /// Whether they have storage behind them.
    pub mapped: bool,
}

/// What a store knows about an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    /// Its size in bytes, as it is served.
    pub size: u64,
    /// Bytes of storage behind it.
    pub allocated: u64,
    /// When it was last read.
    pub accessed: Timestamp,
    /// When it was last written.
    pub modified: Timestamp,
    /// When anything about it last changed.
    pub changed: Timestamp,
}

/// A moment by the store's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Timestamp {
    /// Seconds since 1970.
    pub seconds: i64,
    /// Nanoseconds after that, less than a second of them.
    pub nanoseconds: u32,
}

/// What a successful operation answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is done.
    Done,
    /// A read of a file that may be of any length: how many bytes there were. Fewer than were asked
    /// for means the end of the file.
    Read {
        /// In bytes, at the front of the buffer.
        length: usize,
    },
    /// The answer to [`Operation::Extent`].
    Extent(Extent),
    /// The answer to [`Operation::Resize`]: the new shape.
    Resized(Geometry),
    /// The answer to [`Operation::Status`].
    Status(Status),
}

/// Why an image operation failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImageError {
    /// The range is not within the image (it may have been resized meanwhile).
    OutOfRange,
    /// The image is read-only.
    ReadOnly,
    /// The store is full.
    NoSpace,
    /// The store could not read or write its medium.
    Medium,
    /// An earlier flush failed: what was acknowledged before may be lost, and nothing is served
    /// until an admin has looked and reopened the image.
    Poisoned,
    /// The kernel or the supervisor has taken this image away from this label.
    Revoked,
    /// The backend is not there at the moment.
    NotReady,
    /// Other operations on the image have to end first.
    Busy,
    /// The kernel does not let this label have the file.
    Denied,
    /// It is no file that has data.
    NoFile,
}

impl fmt::Display for ImageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OutOfRange => "the range is not within the image",
            Self::ReadOnly => "the image is read-only",
            Self::NoSpace => "the store is full",
            Self::Medium => "the store could not read or write its medium",
            Self::Poisoned => "an earlier flush failed; reopen the image once its store is sound",
            Self::Revoked => "this label may no longer reach the image",
            Self::NotReady => "the image's backend is not there at the moment",
            Self::Busy => "other operations on the image have to end first",
            Self::Denied => "the kernel does not let this label have the file",
            Self::NoFile => "it is no file that has data",
        })
    }
}

impl std::error::Error for ImageError {}

/// The end of an operation.
#[derive(Debug)]
pub struct Completion {
    /// What became of it.
    pub result: Result<Outcome, ImageError>,
    /// The buffer it owned.
    pub buffer: Option<Buffer>,
}
