//! The lines of an operation that takes long.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Failure, Image};

/// One line of the answer to a long operation: any number of `progress`, then one `result` or one
/// `error`, and no line after it. An answer that ends without either was cut off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// How far it is.
    Progress(Progress),
    /// It is done: this is the new image.
    Result(Box<Image>),
    /// It failed, and nothing of it remains.
    Error(Failure),
}

/// How far an operation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Progress {
    /// Bytes done.
    pub done: u64,
    /// Bytes in all, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
}
