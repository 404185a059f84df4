//! What the configuration says about its own faults: exact texts, with lines.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a panic in a helper is a failed test, as in the tests themselves"
)]

mod keys;
mod netlabel;
mod stores;

use std::path::Path;

use labelgate_supervisor::config::Config;

/// The problems of a text, one per line.
fn problems(text: &str) -> String {
    Config::parse(text, Path::new("labelgate.toml"))
        .unwrap_err()
        .to_string()
}
