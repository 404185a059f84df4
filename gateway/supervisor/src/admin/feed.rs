//! Answers that are made while they are sent, and bodies that are read where waiting is allowed.

use std::io::{self, Read, Write};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::Frame;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::mpsc;
use tokio::time::timeout;

/// Pieces that are on their way, at most.
const PIECES: usize = 4;
/// The largest piece, in bytes.
const PIECE: usize = 256 << 10;
/// How long a body that somebody waits for may bring nothing.
const PATIENCE: Duration = Duration::from_secs(30);

/// The end of an answer that pieces are put into. An error in it cuts the answer off.
pub(super) type Pieces = mpsc::Sender<io::Result<Bytes>>;

/// An answer's body, and the end that its pieces are put into.
pub(super) fn feed() -> (Pieces, Body) {
    let (pieces, taken) = mpsc::channel(PIECES);
    (pieces, Body::new(Feed(taken)))
}

struct Feed(mpsc::Receiver<io::Result<Bytes>>);

impl HttpBody for Feed {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let piece = self.0.poll_recv(context);
        piece.map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}

/// Writes into an answer, from where waiting is allowed.
#[derive(Debug)]
pub(super) struct PieceWriter {
    to: Pieces,
    collected: Vec<u8>,
}

impl PieceWriter {
    pub(super) fn new(to: Pieces) -> Self {
        let collected = Vec::new();
        Self { to, collected }
    }
}

impl Write for PieceWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = PIECE.saturating_sub(self.collected.len()).max(1);
        let taken = bytes.get(..room).unwrap_or(bytes);
        self.collected.extend_from_slice(taken);
        if self.collected.len() >= PIECE {
            self.flush()?;
        }
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.collected.is_empty() {
            return Ok(());
        }
        let piece = Bytes::from(std::mem::take(&mut self.collected));
        let sent = self.to.blocking_send(Ok(piece));
        sent.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))
    }
}

/// Reads a body, from where waiting is allowed. It has an end only if the body was sent to its
/// end.
#[derive(Debug)]
pub(super) struct BodyReader {
    from: mpsc::Receiver<io::Result<Bytes>>,
    rest: Bytes,
}

impl BodyReader {
    /// A reader of a body of at most so many bytes.
    pub(super) fn new(body: Body, most: u64) -> Self {
        let (pieces, from) = mpsc::channel(PIECES);
        tokio::spawn(take((body, PATIENCE), most, pieces));
        let rest = Bytes::new();
        Self { from, rest }
    }
}

async fn take((mut body, patience): (Body, Duration), most: u64, pieces: Pieces) {
    use http_body_util::BodyExt;
    let mut left = most;
    loop {
        let frame = match timeout(patience, body.frame()).await {
            Ok(Some(frame)) => frame.map_err(io::Error::other),
            Ok(None) => return,
            Err(_) => Err(io::Error::new(
                io::ErrorKind::TimedOut,
                format!("nothing of it came for {} seconds", patience.as_secs()),
            )),
        };
        let piece = match frame.map(Frame::into_data) {
            Ok(Ok(data)) => match left.checked_sub(data.len() as u64) {
                Some(less) => {
                    left = less;
                    Ok(data)
                }
                None => Err(io::Error::other(format!("it is longer than {most} bytes"))),
            },
            // Trailers say nothing here.
            Ok(Err(_)) => continue,
            Err(error) => Err(error),
        };
        let last = piece.is_err();
        if pieces.send(piece).await.is_err() || last {
            return;
        }
    }
}

impl Read for BodyReader {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        while self.rest.is_empty() {
            match self.from.blocking_recv() {
                Some(piece) => self.rest = piece?,
                None => return Ok(0),
            }
        }
        let length = to.len().min(self.rest.len());
        let piece = self.rest.split_to(length);
        to.get_mut(..length)
            .unwrap_or_default()
            .copy_from_slice(&piece);
        Ok(length)
    }
}

/// Reads a body as it comes.
#[derive(Debug)]
pub(super) struct BodyStream {
    body: Body,
    rest: Bytes,
}

impl BodyStream {
    pub(super) fn new(body: Body) -> Self {
        let rest = Bytes::new();
        Self { body, rest }
    }
}

impl AsyncRead for BodyStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        to: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while self.rest.is_empty() {
            let frame = match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(frame) => frame.map_err(io::Error::other)?,
                None => return Poll::Ready(Ok(())),
            };
            // Trailers say nothing here.
            self.rest = frame.into_data().unwrap_or_default();
        }
        let length = to.remaining().min(self.rest.len());
        to.put_slice(&self.rest.split_to(length));
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_written_is_read_again_in_any_pieces() {
        let (pieces, body) = feed();
        let written: Vec<u8> = (0..3_000_000_u32).flat_map(u32::to_le_bytes).collect();
        let expected = written.clone();
        let writing = tokio::task::spawn_blocking(move || {
            let mut writer = PieceWriter::new(pieces);
            writer.write_all(&written)?;
            writer.flush()
        });
        let reading = tokio::task::spawn_blocking({
            let mut reader = BodyReader::new(body, 20 << 20);
            move || {
                let mut read = Vec::new();
                reader.read_to_end(&mut read).map(|_| read)
            }
        });
        writing.await.unwrap().unwrap();
        assert!(reading.await.unwrap().unwrap() == expected);
    }

    #[tokio::test]
    async fn a_body_that_stops_coming_is_not_taken_for_one_that_ends() {
        let (sent, body) = feed();
        let (pieces, mut from) = mpsc::channel(PIECES);
        sent.send(Ok(Bytes::from_static(b"some"))).await.unwrap();
        take((body, Duration::from_millis(50)), 100, pieces).await;
        assert_eq!(from.recv().await.unwrap().unwrap(), "some");
        let late = from.recv().await.unwrap().unwrap_err();
        assert_eq!(late.kind(), io::ErrorKind::TimedOut);
        assert!(from.recv().await.is_none());
    }

    #[tokio::test]
    async fn a_body_that_is_too_long_is_not_taken_for_one_that_ends() {
        let mut reader = BodyReader::new(Body::from(vec![0; 100]), 99);
        let read = tokio::task::spawn_blocking(move || {
            let mut read = Vec::new();
            reader.read_to_end(&mut read)
        });
        assert!(read.await.unwrap().is_err());
    }
}
