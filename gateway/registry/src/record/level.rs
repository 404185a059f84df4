//! Labels that the gateway has given out.

use jiff::Timestamp;
use labelgate_mac::Label;
use serde::{Deserialize, Serialize};

use super::{Purpose, Record};

/// A label that the gateway has given out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Level {
    /// The label: two categories at `s0`.
    pub label: Label,
    /// When it was given out.
    pub since: Timestamp,
    /// What an admin wrote it is for.
    pub for_whom: Purpose,
}

impl Record for Level {
    type Key = Label;

    fn key(&self) -> Label {
        self.label.clone()
    }
}
