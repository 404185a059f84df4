//! Where log lines go: to standard error, for people or as JSON. Standard output belongs to the
//! audit trail ([`crate::audit`]).

use clap::ValueEnum;
use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};

/// How ordinary log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}

/// Sets the process's logging up, once. `RUST_LOG` chooses what is logged; it has no say in the
/// audit trail.
pub fn start(format: Format) -> Result<(), TryInitError> {
    let wanted = EnvFilter::builder().with_default_directive(tracing::Level::INFO.into());
    let lines = fmt::layer().with_ansi(false).with_writer(std::io::stderr);
    let lines = match format {
        Format::Text => lines.with_target(false).boxed(),
        Format::Json => lines.json().flatten_event(true).boxed(),
    };
    let lines = lines.with_filter(wanted.from_env_lossy());
    tracing_subscriber::registry().with(lines).try_init()
}
