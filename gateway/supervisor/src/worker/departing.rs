//! Images of a worker that is reaped, until its last I/O on them has ended.
//!
//! Requests of a dead process may still be on their way in the kernel: they hold the image's open
//! file description and with it its lock.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use labelgate_control::Serial;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, sleep};

use crate::config::Image;
use crate::image::Anchor;

/// What is held longer than this by a worker that is gone is written down as an error.
const LONG: Duration = Duration::from_secs(5);
/// How long to wait before a lock is asked again: at first, and in the long run.
const PAUSE: (Duration, Duration) = (Duration::from_millis(2), Duration::from_millis(250));

/// Images of a worker that is reaped, until its last I/O on them has ended.
#[derive(Debug, Default)]
pub(super) struct Departing {
    asking: JoinSet<()>,
    /// By serial number. Content is not among them: a successor's lock says nothing about it.
    by_serial: HashMap<Serial, AbortHandle>,
}

impl Departing {
    /// Waits for what the kernel still does with an image.
    pub(super) fn add(&mut self, image: Arc<Image>, anchor: Arc<Anchor>) {
        let (serial, content) = (image.designator.serial, image.is_content());
        let handle = self.asking.spawn(has_departed(image, anchor));
        if !content {
            self.by_serial.insert(serial, handle);
        }
    }

    /// A successor has the image's lock, which proves that nobody else has.
    pub(super) fn succeeded(&mut self, serial: Serial) {
        if let Some(asking) = self.by_serial.remove(&serial) {
            asking.abort();
        }
    }

    /// Waits until one is gone; for ever, if there is none.
    pub(super) async fn next(&mut self) {
        if self.asking.join_next().await.is_none() {
            std::future::pending().await
        }
    }

    /// Whether the last I/O of every worker that is reaped has ended.
    pub(super) fn is_empty(&mut self) -> bool {
        while self.asking.try_join_next().is_some() {}
        let empty = self.asking.is_empty();
        if empty {
            self.by_serial.clear();
        }
        empty
    }
}

/// Waits until nothing of a reaped worker is on its way to an image any more. It takes as long as
/// it takes: a store that hangs keeps the last request of a dead process, and nobody can say that
/// it is gone before it is.
async fn has_departed(image: Arc<Image>, anchor: Arc<Anchor>) {
    let began = Instant::now();
    let (mut pause, longest) = PAUSE;
    let mut said = false;
    loop {
        let (asked, of) = (Arc::clone(&anchor), Arc::clone(&image));
        let free = tokio::task::spawn_blocking(move || asked.is_free(&of)).await;
        let why = match free {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            Err(panic) => panic.to_string(),
        };
        if !said && began.elapsed() > LONG {
            said = true;
            tracing::error!(%image, "the last I/O of a worker that is gone has not ended: {why}");
        }
        sleep(pause).await;
        pause = (pause * 2).min(longest);
    }
}
