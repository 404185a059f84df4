//! A new image is there for clients when the answer says so.

use std::time::Duration;

use labelgate_mac::Label;
use tokio::time::{sleep, timeout};

use crate::label_table::LabelTable;
use crate::worker::{Description, Standing};

/// How long an answer waits for a worker to have an image: as long as opening one in a cluster that
/// is well may take. One that takes longer is made all the same.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often the worker is asked.
const PAUSE: Duration = Duration::from_millis(5);

/// Waits until a label's worker, if one runs, serves an image of this target or cannot.
pub(super) async fn available(labels: &LabelTable, label: &Label, target: &str) {
    let settled = async {
        while let Some(described) = labels.describe_one(label).await
            && !is_settled(&described, target)
        {
            sleep(PAUSE).await;
        }
    };
    // What is wrong with it, if it is not there by then, is in the audit trail.
    let _ = timeout(PATIENCE, settled).await;
}

/// Whether clients find the image, or learn that they cannot have it. A worker that is still to be
/// told of it does not list it.
fn is_settled(described: &Description, target: &str) -> bool {
    let listed = described.images.iter();
    let mut listed = listed.filter(|listed| listed.image.target.as_str() == target);
    described.worker.is_none() || listed.any(|listed| listed.standing != Standing::Between)
}
