//! The two ways in which an image gets from its store to its worker.

use labelgate_control::Handed;
use labelgate_mac::Context;

/// How an image is labelled, and who opens it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Manner {
    /// The supervisor compares labels, opens the file, locks it and passes it on.
    Open,
    /// Content where SELinux enforces: opened as above. The kernel asks the policy again when a
    /// worker receives it, and at each read.
    Content {
        /// What its file has.
        context: Box<Context>,
        /// What its file has until it is complete.
        draft: Box<Context>,
    },
    /// An image where SELinux enforces. The supervisor may neither read nor write it: it finds the
    /// file, and the worker opens and locks it under its own context.
    Path {
        /// What its file has.
        context: Box<Context>,
        /// The UID and GID its file is given to, which its worker has; `None` if the supervisor has
        /// none to give out.
        owner: Option<u32>,
    },
}

impl Manner {
    /// What the image's file must have, where a provider has contexts.
    #[must_use]
    pub const fn context(&self) -> Option<&Context> {
        match self {
            Self::Open => None,
            Self::Content { context, .. } | Self::Path { context, .. } => Some(context),
        }
    }

    /// What its worker's descriptor is.
    #[must_use]
    pub const fn handed(&self) -> Handed {
        match self {
            Self::Open | Self::Content { .. } => Handed::Opened,
            Self::Path { .. } => Handed::Path,
        }
    }
}
