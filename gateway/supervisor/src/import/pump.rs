//! The client's bytes, into the importer's pipe. They are moved, not looked at.

use std::io;
use std::os::fd::OwnedFd;

use rustix::pipe::fcntl_setpipe_size;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::pipe;

use super::ImportError;

/// How much the pipe holds, if the system lets it, and how much is moved at once.
const ROOM: usize = 1 << 20;

/// A pipe: our end, and the importer's.
pub(super) fn pipe() -> Result<(pipe::Sender, OwnedFd), ImportError> {
    let (sender, receiver) = pipe::pipe()?;
    // Smaller is slower, and nothing else.
    let _ = fcntl_setpipe_size(&sender, ROOM);
    Ok((sender, receiver.into_blocking_fd()?))
}

/// Moves all bytes, and closes the pipe behind the last one: that is how the importer knows that
/// it has the whole image.
///
/// # Errors
/// The stream failed. The importer then takes the pipe's end for the image's, and must not be
/// believed.
pub(super) async fn pump(
    mut body: impl AsyncRead + Unpin,
    mut pipe: pipe::Sender,
) -> io::Result<()> {
    let mut room = vec![0; ROOM];
    loop {
        let count = body.read(&mut room).await?;
        if count == 0 {
            return Ok(());
        }
        let bytes = room.get(..count).unwrap_or_default();
        match pipe.write_all(bytes).await {
            Ok(()) => {}
            // The importer has seen enough, or is gone, and will say why.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}
