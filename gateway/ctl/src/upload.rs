//! The body of a request that is a file, or what comes by a pipe.

use std::io::{self, Read};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::thread;

use http_body_util::BodyExt;
use hyper::body::{Body, Bytes, Frame, SizeHint};
use labelgate_client::RequestBody;
use tokio::sync::mpsc;

use crate::fault::Fault;
use crate::input;

/// Bytes that are read at a time.
const CHUNK: usize = 1 << 20;

/// Chunks that wait to be sent.
const AHEAD: usize = 4;

/// A file on its way to the gateway.
#[derive(Debug)]
pub(crate) struct Upload {
    /// Bytes in all; not known of a pipe.
    pub(crate) total: Option<u64>,
    /// Bytes handed over so far.
    pub(crate) sent: Arc<AtomicU64>,
    chunks: mpsc::Receiver<io::Result<Bytes>>,
}

impl Upload {
    /// Opens a file, or standard input for `-`.
    pub(crate) fn open(file: &Path) -> Result<Self, Fault> {
        let total = size(file)?;
        let source = input::open(file)?;
        // A file that grows meanwhile is taken as it was: what was promised is what is sent.
        let source: Box<dyn Read + Send> = match total {
            Some(total) => Box::new(source.take(total)),
            None => source,
        };
        let (sender, chunks) = mpsc::channel(AHEAD);
        // Reading a pipe blocks for as long as its writer likes, which is no work for the runtime.
        thread::spawn(move || pump(source, &sender));
        Ok(Self {
            total,
            sent: Arc::default(),
            chunks,
        })
    }

    /// The body of a request.
    pub(crate) fn body(self) -> RequestBody {
        BodyExt::boxed(self)
    }
}

/// How large a regular file is.
fn size(file: &Path) -> Result<Option<u64>, Fault> {
    if input::is_standard(file) {
        return Ok(None);
    }
    let metadata = std::fs::metadata(file).map_err(Fault::input(file))?;
    Ok(metadata.is_file().then_some(metadata.len()))
}

fn pump(mut source: Box<dyn Read + Send>, sender: &mpsc::Sender<io::Result<Bytes>>) {
    loop {
        let mut chunk = Vec::with_capacity(CHUNK);
        let limit = u64::try_from(CHUNK).unwrap_or(u64::MAX);
        let read = source.by_ref().take(limit).read_to_end(&mut chunk);
        let last = !matches!(read, Ok(length) if length > 0);
        let item = match read {
            Ok(0) => return,
            Ok(_) => Ok(Bytes::from(chunk)),
            Err(error) => Err(error),
        };
        // Nobody takes it any more if the gateway has refused.
        if sender.blocking_send(item).is_err() || last {
            return;
        }
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.chunks.poll_recv(context).map(|chunk| {
            let chunk = chunk?;
            let length = chunk.as_ref().map_or(0, Bytes::len);
            let length = u64::try_from(length).unwrap_or(u64::MAX);
            self.sent.fetch_add(length, Ordering::Relaxed);
            Some(chunk.map(Frame::data))
        })
    }

    fn size_hint(&self) -> SizeHint {
        // With a length the gateway can refuse early, and notices a file that became shorter.
        self.total
            .map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
