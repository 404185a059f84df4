//! Putting a state into force.
//!
//! What is taken away goes first, on every label, and is waited for: an image that moves from one
//! label to another is never with both. Only then is anything added.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{InForce, State};
use crate::worker::Ended;

/// How long workers may take to let go, be killed and be reaped, and their last I/O to end.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// What became of a state that was put into force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// What ended because it was taken away.
    pub ended: Ended,
    /// Whether all that was taken away verifiably is gone. If not, it is not served to anyone
    /// until it is.
    pub complete: bool,
    /// When the last of it was.
    pub at: Instant,
}

impl Published {
    /// Nothing was taken away.
    pub(super) fn nothing() -> Self {
        Self {
            ended: Ended::default(),
            complete: true,
            at: Instant::now(),
        }
    }
}

impl State {
    /// Puts a state into force. To be called by whose turn it is.
    pub(super) async fn publish(&self, next: InForce) -> Published {
        let next = Arc::new(next);
        let before = self.in_force.send_replace(Arc::clone(&next));
        if before.images == next.images && before.identities == next.identities {
            return Published::nothing();
        }
        self.put_into_force(&next).await
    }

    /// Has every label's service look at what is in force, even if that is what it was.
    pub(super) async fn put_into_force(&self, next: &InForce) -> Published {
        let shared = &self.shared;
        shared.identities.send_replace(Arc::clone(&next.identities));
        let kept = shared.images.borrow().kept_in(&next.images);
        shared.images.send_replace(Arc::new(kept));
        let verdict = self.labels.reconcile(PATIENCE).await;
        let mut published = Published {
            ended: verdict.ended,
            complete: verdict.complete,
            at: Instant::now(),
        };
        if !verdict.complete {
            tracing::error!(
                "a worker that was killed, or its last I/O, has not ended yet; what it held is \
                 not served until it has"
            );
        }
        if **shared.images.borrow() != *next.images {
            shared.images.send_replace(Arc::clone(&next.images));
            let verdict = self.labels.reconcile(PATIENCE).await;
            published.ended += verdict.ended;
        }
        published
    }
}
