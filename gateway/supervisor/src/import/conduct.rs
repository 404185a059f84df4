//! One import, from the importer's start to its end.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::time::Duration;

use labelgate_control::{FromImporter, ImageFormat, ImportProgress};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::process::Process;
use super::space::Watch;
use super::{ImportError, ImportJob};

/// How often it is looked at how much space the import takes.
const LOOK: Duration = Duration::from_millis(500);

/// What the importer said about an image that is complete. What counts is the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told {
    /// The format that the image came in.
    pub(super) format: ImageFormat,
}

/// Lets the importer work until it is reaped: of its own accord, or killed.
///
/// # Errors
/// [`ImportError`].
pub(super) async fn conduct(
    job: &ImportJob<'_>,
    process: Process,
    upload: impl Future<Output = io::Result<()>>,
    space: Watch,
    progress: mpsc::Sender<ImportProgress>,
) -> Result<Told, ImportError> {
    match converse(job, &process, upload, &space, &progress).await {
        // All is said, or nothing will be any more: it ends by itself.
        Ok(Some(told)) => process.end().await.map(|()| told),
        Ok(None) => match process.end().await {
            Err(died) => Err(died),
            Ok(()) => Err(ImportError::Lied { size: 0 }),
        },
        Err(refused @ ImportError::Refused { .. }) => {
            // How it ends says no more than it has said.
            let _ = process.end().await;
            Err(refused)
        }
        Err(error) => {
            process.put_down().await;
            Err(error)
        }
    }
}

/// What is said until the importer says that it is done; `None` if it never does.
async fn converse(
    job: &ImportJob<'_>,
    process: &Process,
    upload: impl Future<Output = io::Result<()>>,
    space: &Watch,
    progress: &mpsc::Sender<ImportProgress>,
) -> Result<Option<Told>, ImportError> {
    let mut upload = pin!(upload);
    let mut uploading = true;
    let start = Instant::now();
    let mut moved = start;
    let mut last = None;
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let late = start.checked_add(job.time).unwrap_or(start);
        let stalled = moved.checked_add(job.patience).unwrap_or(moved);
        tokio::select! {
            said = process.hear() => match said.map_err(ImportError::Violation)? {
                None => return Ok(None),
                Some(FromImporter::Ready { confinement }) => {
                    let layers: Vec<&str> = confinement.iter().map(|words| &**words).collect();
                    tracing::debug!(label = %job.reader(), "importer: {}", layers.join("; "));
                }
                Some(FromImporter::Progress(now)) => {
                    if last.replace(now) != Some(now) {
                        moved = Instant::now();
                    }
                    // Whoever watches may be behind, or gone.
                    let _ = progress.try_send(now);
                }
                Some(FromImporter::Done { format, .. }) if !uploading => {
                    return Ok(Some(Told { format }));
                }
                // It cannot know that the image is complete.
                Some(FromImporter::Done { size, .. }) => return Err(ImportError::Lied { size }),
                Some(FromImporter::Failed { blame, reason }) => {
                    return Err(ImportError::Refused { blame, reason });
                }
            },
            sent = &mut upload, if uploading => {
                uploading = false;
                moved = Instant::now();
                sent.map_err(ImportError::Upload)?;
            }
            _ = look.tick() => space.look()?,
            () = sleep_until(late) => {
                return Err(ImportError::Late { seconds: job.time.as_secs() });
            }
            () = sleep_until(stalled) => {
                return Err(ImportError::Stalled { seconds: job.patience.as_secs() });
            }
        }
    }
}
