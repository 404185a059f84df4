//! Where log lines and audit records go.
//!
//! The audit trail is JSON lines on standard output; everything else goes to standard error, for
//! people or as JSON. systemd's journal keeps the two apart by nothing but this.

use clap::ValueEnum;
use tracing_subscriber::filter::{EnvFilter, FilterFn, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};

use crate::audit;

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
    let audit = fmt::layer()
        .json()
        .flatten_event(true)
        .with_ansi(false)
        .with_level(false);
    let audit = audit.with_target(false).with_writer(std::io::stdout);
    let audit = audit.with_filter(Targets::new().with_target(audit::TARGET, tracing::Level::INFO));

    let wanted = EnvFilter::builder().with_default_directive(tracing::Level::INFO.into());
    let lines = fmt::layer().with_ansi(false).with_writer(std::io::stderr);
    let lines = match format {
        Format::Text => lines.with_target(false).boxed(),
        Format::Json => lines.json().flatten_event(true).boxed(),
    };
    let ordinary = FilterFn::new(|metadata| metadata.target() != audit::TARGET);
    let lines = lines
        .with_filter(wanted.from_env_lossy())
        .with_filter(ordinary);

    tracing_subscriber::registry()
        .with(audit)
        .with(lines)
        .try_init()
}
