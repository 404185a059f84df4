//! What is in force, in the words of the API.

use std::str::FromStr;

use labelgate_api as api;
use labelgate_api::ErrorCode;

use super::failure::Denied;
use crate::state::Source;

/// A text of ours as a type of the API's, or one of the API's as a type of the registry's. They
/// have the same rules; where one is stricter, it says what it wants.
pub(super) fn same<T: FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, Denied> {
    text.parse()
        .map_err(|error| Denied::new(ErrorCode::Invalid, error))
}

/// Where something is declared.
pub(super) const fn source(source: Source) -> api::Source {
    match source {
        Source::File => api::Source::Configuration,
        Source::Registry => api::Source::Registry,
    }
}

/// A number of things.
pub(super) fn count(things: usize) -> u64 {
    u64::try_from(things).unwrap_or(u64::MAX)
}
