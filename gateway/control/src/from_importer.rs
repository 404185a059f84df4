//! What an importer tells the supervisor.

use serde::{Deserialize, Serialize};

use crate::{ImageFormat, List, Text};

/// What an importer tells the supervisor. The image may have taken it over: it is believed for
/// nothing but how far it has come, and the supervisor looks at the file itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FromImporter {
    /// It is confined and begins.
    Ready {
        /// What confines it, in words for the log.
        confinement: List<Text<128>, 16>,
    },
    /// It has come this far.
    Progress(ImportProgress),
    /// The image is complete and on stable storage. The importer exits.
    Done {
        /// The format it was in.
        format: ImageFormat,
        /// The disk's size, in bytes; the target's is that, rounded up to whole blocks.
        size: u64,
        /// How many bytes were written to the target; the rest are holes, or shared with the
        /// source.
        written: u64,
    },
    /// It cannot be imported. The importer exits.
    Failed {
        /// Whose fault it is.
        blame: ImportBlame,
        /// What is wrong, and what to do about it.
        reason: Text<512>,
    },
}

/// How far an importer has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportProgress {
    /// What it is doing.
    pub phase: ImportPhase,
    /// How many bytes it has done of that.
    pub done: u64,
    /// Out of how many, if that is known.
    pub total: Option<u64>,
}

/// What an importer is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ImportPhase {
    /// Taking in the stream.
    Receiving,
    /// Writing the disk from what it has taken in, or from another image.
    Writing,
    /// Waiting for the disk to be on stable storage.
    Flushing,
}

/// Whose fault it is that an image is not imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ImportBlame {
    /// The image's: it is damaged, or of a kind that is not taken in.
    Image,
    /// It is larger than it may be, or the store is full.
    Space,
    /// The gateway's: a file or the confinement failed.
    Gateway,
}
