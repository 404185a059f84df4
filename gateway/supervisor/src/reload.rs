//! Taking in a changed configuration.
//!
//! What is taken away goes first, on every label, and is waited for: an image that moves from one
//! label to another is never with both. Only then is anything added.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::audit::{Decision, Event, Record};
use crate::catalogue::Catalogue;
use crate::config::Config;
use crate::label_table::LabelTable;
use crate::poison;
use crate::worker::Shared;

/// How long workers may take to let go, be killed and be reaped.
const PATIENCE: Duration = Duration::from_secs(30);

/// Reads the configuration again and puts it into force. A configuration with anything wrong in
/// it changes nothing.
pub async fn reload(file: &Path, shared: &Shared, labels: &LabelTable) {
    let path = file.to_owned();
    let read = tokio::task::spawn_blocking(move || Config::read(&path)).await;
    let config = match read {
        Ok(Ok(config)) => config,
        Ok(Err(problems)) => return refuse(&problems.to_string()),
        Err(panic) => return refuse(&panic.to_string()),
    };
    if config.gateway != shared.section {
        tracing::warn!("[gateway] has changed, which takes effect when the gateway is restarted");
    }
    if config.gateway.target_prefix != shared.section.target_prefix {
        return refuse(
            "target_prefix has changed, which needs a restart: every image would be another disk",
        );
    }
    poison::read_again(&shared.poison, &config.images).await;
    shared.identities.send_replace(Arc::new(config.identities));
    let next = Catalogue::new(config.images);
    let kept = shared.images.borrow().kept_in(&next);
    shared.images.send_replace(Arc::new(kept));
    if !labels.reconcile(PATIENCE).await.complete {
        tracing::error!(
            "a worker that was killed has not ended yet; what it held is not served until it has"
        );
    }
    shared.images.send_replace(Arc::new(next));
    labels.reconcile(PATIENCE).await;
    Record::new(Event::Reload, Decision::Allow).write();
    tracing::info!("the configuration is in force");
}

fn refuse(reason: &str) {
    Record::new(Event::Reload, Decision::Deny)
        .reason(reason)
        .write();
    tracing::error!("the configuration stays as it was:\n{reason}");
}
