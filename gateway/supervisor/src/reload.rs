//! Taking in a changed configuration.
//!
//! What is taken away goes first, on every label, and is waited for: an image that moves from one
//! label to another is never with both. Only then is anything added.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::audit::{Decision, Event, Record};
use crate::config::{Config, Image};
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
    let kept = kept(&shared.images.borrow(), &config.images);
    shared.images.send_replace(Arc::new(kept));
    if !labels.reconcile(PATIENCE).await {
        tracing::error!(
            "a worker that was killed has not ended yet; what it held is not served until it has"
        );
    }
    shared.images.send_replace(Arc::new(config.images));
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

/// What may be served while what is taken away has not gone yet: the images of the new
/// configuration that the old one had too.
fn kept(old: &[Arc<Image>], new: &[Arc<Image>]) -> Vec<Arc<Image>> {
    let was_there = |image: &&Arc<Image>| old.iter().any(|old| old.is_same_disk(image));
    new.iter().filter(was_there).map(Arc::clone).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn images(list: &[(&str, &str, &str)]) -> Vec<Arc<Image>> {
        let mut text = "[[store]]\nname = \"s\"\npath = \"/s\"\n".to_owned();
        for (name, label, keys) in list {
            text += &format!(
                "[[image]]\nname = {name:?}\nstore = \"s\"\nfile = {name:?}\nlabel = {label:?}\n{keys}\n"
            );
        }
        Config::parse(&text, Path::new("test")).unwrap().images
    }

    #[test]
    fn an_image_that_moves_to_another_label_is_with_neither_in_between() {
        let old = images(&[
            ("a", "s0:c1,c2", ""),
            ("b", "s0:c1,c2", ""),
            ("c", "s0:c1,c2", ""),
        ]);
        let new = images(&[
            ("a", "s0:c1,c2", "size = \"1M\""),
            ("b", "s0:c3,c4", ""),
            ("d", "s0:c1,c2", ""),
        ]);
        let kept = kept(&old, &new);
        assert_eq!(kept, [Arc::clone(&new[0])]);
    }
}
