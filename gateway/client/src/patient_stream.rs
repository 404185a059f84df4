//! A connection that is listened to although the other side takes nothing any more.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What a connection is read from and written to.
pub(crate) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// A gateway that refuses an upload answers, and closes without having taken all of it. What is
/// sent to it then fails, and an HTTP client that gives up there never reads why. So what cannot
/// be sent any more is dropped; that nothing comes of it is seen where the answer is read.
pub(crate) struct PatientStream(Box<dyn Io>);

impl PatientStream {
    pub(crate) fn new(stream: impl Io + 'static) -> Self {
        Self(Box::new(stream))
    }

    fn stream(self: Pin<&mut Self>) -> Pin<&mut Box<dyn Io>> {
        Pin::new(&mut self.get_mut().0)
    }
}

/// The result of sending something, or `instead` if nobody takes it any more.
fn or_dropped<T>(sent: io::Result<T>, instead: T) -> io::Result<T> {
    use io::ErrorKind::{BrokenPipe, ConnectionReset};
    match sent {
        Err(error) if matches!(error.kind(), BrokenPipe | ConnectionReset) => Ok(instead),
        sent => sent,
    }
}

impl AsyncRead for PatientStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.stream().poll_read(context, buffer)
    }
}

impl AsyncWrite for PatientStream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let sent = self.stream().poll_write(context, bytes);
        sent.map(|sent| or_dropped(sent, bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let sent = self.stream().poll_flush(context);
        sent.map(|sent| or_dropped(sent, ()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let sent = self.stream().poll_shutdown(context);
        sent.map(|sent| or_dropped(sent, ()))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let all = slices.iter().map(|slice| slice.len()).sum();
        let sent = self.stream().poll_write_vectored(context, slices);
        sent.map(|sent| or_dropped(sent, all))
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }
}
