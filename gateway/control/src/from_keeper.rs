//! What a keeper tells the supervisor.

use serde::{Deserialize, Serialize};

use crate::{KeptShape, List, NotServed, Text};

/// What a keeper tells the supervisor. None of it is believed further than it is bounded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FromKeeper {
    /// It is confined and waits for images.
    Ready {
        /// What confines it, in words for the log.
        confinement: List<Text<128>, 16>,
    },
    /// It has connected to its backend. Said once for each connection, before the first image that
    /// is reached through it is said to be open.
    Connected {
        /// What the backend calls this connection, as it wants it said when the connection is to be
        /// shut out: of Ceph, its addresses with their nonce.
        instance: Text<512>,
    },
    /// The answer to [`crate::ToKeeper::AddImage`].
    ImageOpened {
        /// Which image.
        image: u32,
        /// What it looks like, or why it cannot be served.
        result: Result<KeptShape, NotServed>,
    },
    /// The answer to [`crate::ToKeeper::RefreshImage`].
    ImageRefreshed {
        /// Which image.
        image: u32,
        /// What it looks like now, or why that could not be found out.
        result: Result<KeptShape, Text<256>>,
    },
    /// Somebody else has resized the image.
    ImageResized {
        /// Which image.
        image: u32,
        /// What it looks like now.
        shape: KeptShape,
    },
    /// The backend has shut this keeper out of the image: nothing succeeds on it any more. Said
    /// once.
    ImageFenced {
        /// Which image.
        image: u32,
    },
    /// The answer to [`crate::ToKeeper::RemoveImage`]: what was under way on it has ended, and it is
    /// closed.
    ImageRemoved {
        /// Which image.
        image: u32,
    },
}
