//! How long fuzz targets run inside `cargo test`.

use std::time::Duration;

/// `LABELGATE_FUZZ_SECONDS`, or two seconds.
pub(crate) fn time() -> Duration {
    let seconds = std::env::var("LABELGATE_FUZZ_SECONDS").ok();
    let seconds = seconds.and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(seconds.unwrap_or(2))
}
