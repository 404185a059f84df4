//! Reading records as they are written.

use std::io;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::spawn_blocking;

use crate::reader::Tail;
use crate::trail::{Progress, Shared};

/// So many records are handed out at a time.
const BATCH: usize = 256;

/// A record, as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number.
    pub seq: u64,
    /// The line, without its line feed.
    pub text: String,
}

/// The records of a trail, from some number on.
#[derive(Debug)]
pub struct Follow {
    source: Source,
    progress: watch::Receiver<Progress>,
}

#[derive(Debug)]
enum Source {
    /// A file is read by a thread that may block, and is there meanwhile.
    Files(Option<Tail>),
    Recent(Arc<Shared>, u64),
}

impl Follow {
    pub(crate) fn files(tail: Tail, progress: watch::Receiver<Progress>) -> Self {
        let source = Source::Files(Some(tail));
        Self { source, progress }
    }

    pub(crate) fn recent(
        shared: Arc<Shared>,
        after: u64,
        progress: watch::Receiver<Progress>,
    ) -> Self {
        let source = Source::Recent(shared, after);
        Self { source, progress }
    }

    /// The next records; waits until there are some. `None`: the trail is closed and was read to
    /// its end.
    ///
    /// What it has waited for is not lost when the future is dropped while it waits; records that
    /// are being read at that moment are, and reading has to begin again with [`crate::Trail::follow`].
    pub async fn next(&mut self) -> io::Result<Option<Vec<Line>>> {
        loop {
            // What is written from here on wakes it up again.
            let closed = self.progress.has_changed().is_err();
            self.progress.mark_unchanged();
            let lines = self.read().await?;
            if !lines.is_empty() {
                return Ok(Some(lines));
            }
            if closed {
                return Ok(None);
            }
            // An error says that the writer has ended, after which there may be more to read.
            let _ = self.progress.changed().await;
        }
    }

    async fn read(&mut self) -> io::Result<Vec<Line>> {
        match &mut self.source {
            Source::Recent(shared, after) => {
                let lines = shared.recent.after(*after, BATCH);
                *after = lines.last().map_or(*after, |line| line.seq);
                Ok(lines)
            }
            Source::Files(place) => {
                let gone = || io::Error::other("reading was interrupted");
                let mut tail = place.take().ok_or_else(gone)?;
                let read = spawn_blocking(move || {
                    let lines = tail.read(BATCH);
                    (tail, lines)
                });
                let (tail, lines) = read.await.map_err(io::Error::other)?;
                *place = Some(tail);
                lines
            }
        }
    }
}
