//! How far a long operation is, shown on standard error if that is a terminal.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use labelgate_api::Progress;

/// How often the bar moves.
const TICK: Duration = Duration::from_millis(120);

/// A bar where the size is known, and otherwise how much was done and how fast.
#[derive(Debug)]
pub(crate) struct Bar(ProgressBar);

impl Bar {
    /// Begins to show it.
    pub(crate) fn new(total: Option<u64>) -> Self {
        let bar = match total {
            Some(total) => ProgressBar::new(total).with_style(known()),
            None => ProgressBar::new_spinner().with_style(unknown()),
        };
        bar.enable_steady_tick(TICK);
        Self(bar)
    }

    /// Shows what the gateway says.
    pub(crate) fn set(&self, progress: Progress) {
        if let Some(total) = progress.total.filter(|&total| total > 0) {
            self.0.set_length(total);
            self.0.set_style(known());
        }
        self.0.set_position(progress.done);
    }

    /// Shows what was sent, until the gateway says how far it is itself.
    pub(crate) async fn follow(&self, sent: Arc<AtomicU64>) -> std::convert::Infallible {
        loop {
            self.0.set_position(sent.load(Ordering::Relaxed));
            tokio::time::sleep(TICK).await;
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

fn known() -> ProgressStyle {
    style("{bar:30} {bytes}/{total_bytes}  {bytes_per_sec}  {eta}")
}

fn unknown() -> ProgressStyle {
    style("{spinner} {bytes}  {bytes_per_sec}")
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
