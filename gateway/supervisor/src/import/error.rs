//! Why an image was not imported.

use std::io;

use labelgate_control::{HearError, ImportBlame, TellError, Text};

use super::NewFileError;
use crate::provider::WrongContext;
use crate::worker::Death;

/// Why an image was not imported. Nothing is left of it.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The importer says that it cannot be done, and why.
    #[error("{reason}")]
    Refused {
        /// Whose fault it is.
        blame: ImportBlame,
        /// What is wrong, and what to do about it.
        reason: Text<512>,
    },
    /// The client's stream failed before its end.
    #[error("the image was not sent to its end: {0}")]
    Upload(io::Error),
    /// Neither the client nor the importer got any further.
    #[error("nothing has moved for {seconds} s")]
    Stalled {
        /// For how long.
        seconds: u64,
    },
    /// It takes too long in all.
    #[error("not done after {seconds} s, the longest that an import may take")]
    Late {
        /// The limit.
        seconds: u64,
    },
    /// The store has no room, or would have none left.
    #[error("the store has no room for it: at most {most} bytes may be taken; free some space")]
    Space {
        /// How much may be taken, in bytes.
        most: u64,
    },
    /// The new file cannot be made, or cannot be given its name.
    #[error(transparent)]
    File(#[from] NewFileError),
    /// The importer's program cannot be started.
    #[error("labelgate-importer cannot be started: {0}")]
    Start(io::Error),
    /// The importer is not in the domain that it was started in, so it was given nothing.
    #[error("labelgate-importer: {0}")]
    Context(#[from] WrongContext),
    /// The importer broke the rules of its control socket: the image may have taken it over.
    #[error("labelgate-importer said what it never says: {0}")]
    Violation(HearError),
    /// The importer died: the image may have made it.
    #[error("labelgate-importer died over the image: {0}")]
    Died(Death),
    /// The importer said that all is well, and the file is not what it should be.
    #[error("labelgate-importer left a file of {size} bytes, which cannot be")]
    Lied {
        /// The size of the file.
        size: u64,
    },
    /// The system refused something else.
    #[error("{0}")]
    System(#[from] io::Error),
}

impl ImportError {
    /// Whose fault it is; `None` if it is the client's, who did not send it all.
    #[must_use]
    pub const fn blame(&self) -> Option<ImportBlame> {
        Some(match self {
            Self::Upload(_) | Self::Stalled { .. } | Self::Late { .. } => return None,
            Self::Refused { blame, .. } => *blame,
            Self::Space { .. } => ImportBlame::Space,
            Self::Violation(_) | Self::Died(_) | Self::Lied { .. } => ImportBlame::Image,
            Self::File(_) | Self::Start(_) | Self::Context(_) | Self::System(_) => {
                ImportBlame::Gateway
            }
        })
    }
}

impl From<TellError> for ImportError {
    fn from(error: TellError) -> Self {
        Self::System(io::Error::other(error))
    }
}
