//! The audit trail. Its records are described in `docs/AUDIT.md`.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which records, as they are in the trail: one JSON object per line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// The last so many; 0 for none of those there are. The default is 10, the most 100,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(maximum = 100_000)]
    pub last: Option<u32>,
    /// Those after the one with this `seq`, instead of the last ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    /// Go on with those that are to come, until the client goes away.
    #[serde(default)]
    pub follow: bool,
}

/// Whether the hash chain of the trail is whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditReport {
    /// Whether every record that should be there is there, and is what was written.
    pub sound: bool,
    /// Files that were read.
    pub files: u64,
    /// Records that were read.
    pub records: u64,
    /// The `seq` of the first record, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<u64>,
    /// The `seq` of the last record, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<u64>,
    /// The hash of the last record, in hexadecimal: noted elsewhere, it proves what was there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tail: Option<String>,
    /// Where the chain is first broken, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken: Option<AuditBreak>,
}

/// Where the chain is broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditBreak {
    /// The file.
    pub file: String,
    /// The line, counted from 1.
    pub line: u64,
    /// What is wrong there.
    pub reason: String,
}
