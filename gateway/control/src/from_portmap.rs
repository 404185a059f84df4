//! What a port mapper tells the supervisor.

use serde::{Deserialize, Serialize};

use crate::{List, Text};

/// What a port mapper tells the supervisor. Strangers' datagrams, or another program of this machine,
/// made it say so: nothing of it gives access to anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FromPortmap {
    /// It is confined and waits for its first message.
    Ready {
        /// What confines it, in words for the log.
        confinement: List<Text<128>, 16>,
    },
    /// So many datagrams came since it last said so. Said at most once a second.
    Counted(Datagrams),
    /// What it was to enter is there.
    Entered,
    /// It is not, and nothing of it is. The process ends.
    NotEntered {
        /// Why not.
        reason: Text<256>,
    },
    /// What it had entered is there no more. The process ends.
    TakenOut,
}

/// Datagrams by what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Datagrams {
    /// Answered.
    pub answered: u32,
    /// Met with silence: no question, one whose answer would be longer than it, or one that was not
    /// sent to an address of this machine alone.
    pub silent: u32,
    /// Met with silence because too many came from there.
    pub limited: u32,
}
