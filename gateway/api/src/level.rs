//! Levels that were given to somebody.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{Label, Note};

/// A label that was given to somebody, and to nobody else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Level {
    /// The label.
    pub label: Label,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// Whose it is.
    pub for_whom: Note,
}

/// All levels that are allocated, by label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Levels {
    /// The levels.
    pub levels: Vec<Level>,
}

/// A level to allocate: two categories that no other has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AllocateLevel {
    /// Whose it shall be.
    pub for_whom: Note,
    /// The lowest category, 0 to 1023, where a hypervisor has a range of its own. The default is
    /// 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 1023)]
    pub lowest: Option<u16>,
    /// The highest category, 0 to 1023. The default is 1023.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 1023)]
    pub highest: Option<u16>,
}

/// Which level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct LevelPath {
    /// The label.
    pub label: Label,
}
