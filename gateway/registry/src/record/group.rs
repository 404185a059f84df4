//! Labels of disks that several identities share.

use std::collections::BTreeSet;

use labelgate_mac::Label;
use serde::{Deserialize, Serialize};

use super::Record;
use crate::IdentityName;

/// A group label: its images are served by its own worker, to its members, who keep their own
/// label besides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// The label, which is no identity's own.
    pub label: Label,
    /// Who may open its images.
    pub members: BTreeSet<IdentityName>,
}

impl Record for Group {
    type Key = Label;

    fn key(&self) -> Label {
        self.label.clone()
    }
}
