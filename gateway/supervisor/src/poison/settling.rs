//! What a worker may have lost without anyone hearing of it.
//!
//! A worker tells of a failed flush, if it lives. One that is killed while its flush fails takes
//! the kernel's only report with it, and a worker that a guest has taken over need not tell. So
//! whenever an image has no worker any more, its witness is asked, and until it has answered no
//! other worker gets the image.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use labelgate_control::Serial;
use tokio::sync::watch;

use super::{PoisonMarks, poisoned};
use crate::config::Image;
use crate::image::Witness;

/// Images whose witness has not answered yet.
#[derive(Debug, Default)]
pub struct Settling {
    /// Each channel closes when the answer is there, and any poison remembered.
    asked: Mutex<HashMap<Serial, watch::Receiver<()>>>,
}

impl Settling {
    /// Asks an image's witness.
    pub fn begin(&self, image: Arc<Image>, witness: Witness, marks: Arc<PoisonMarks>) {
        let (answered, waiting) = watch::channel(());
        let mut asked = self.asked();
        asked.retain(|_, waiting| waiting.has_changed().is_ok());
        let earlier = asked.insert(image.designator.serial, waiting);
        drop(asked);
        tokio::spawn(async move {
            let answer = tokio::task::spawn_blocking(move || witness.ask()).await;
            let lost = match answer {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some(format!("writes of its last worker are lost ({error})")),
                Err(panic) => Some(format!("its last writes cannot be accounted for ({panic})")),
            };
            if let Some(why) = lost
                && !marks.contains(image.designator.serial)
            {
                poisoned(&image, &why, &marks).await;
            }
            if let Some(earlier) = earlier {
                closed(earlier).await;
            }
            drop(answered);
        });
    }

    /// Waits until it is known what became of the last writes of an image.
    pub fn of(&self, serial: Serial) -> impl Future<Output = ()> + use<> {
        let waiting = self.asked().get(&serial).cloned();
        async move {
            if let Some(waiting) = waiting {
                closed(waiting).await;
            }
        }
    }

    /// Waits until it is known of every image.
    pub async fn all(&self) {
        let all: Vec<_> = self.asked().values().cloned().collect();
        for waiting in all {
            closed(waiting).await;
        }
    }

    fn asked(&self) -> MutexGuard<'_, HashMap<Serial, watch::Receiver<()>>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits for the other end to go; it never sends.
async fn closed(mut waiting: watch::Receiver<()>) {
    while waiting.changed().await.is_ok() {}
}
