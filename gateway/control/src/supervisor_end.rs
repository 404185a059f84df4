//! The supervisor's end of the control socket.

use std::io;
use std::marker::PhantomData;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use tokio_seqpacket::UnixSeqpacket;
use tokio_seqpacket::ancillary::AncillaryMessageWriter;

use crate::codec::{decode, encode};
use crate::{DecodeError, EncodeError, MAX_MESSAGE, Order, ToWorker};

/// The supervisor's end of one process's control socket. `M` is what that process is told: a
/// worker's by default, [`crate::ToGreeter`] for a greeter.
///
/// Both directions may be used at the same time, from different tasks. Both calls can be dropped
/// while they wait: a message has then been neither sent nor received.
#[derive(Debug)]
pub struct SupervisorEnd<M = ToWorker> {
    socket: UnixSeqpacket,
    told: PhantomData<fn() -> M>,
}

/// Why a process could not be told something.
#[derive(Debug, thiserror::Error)]
pub enum TellError {
    /// The message does not fit a datagram.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The process is gone, or the socket failed.
    #[error("control socket: {0}")]
    Socket(#[from] io::Error),
}

/// Why nothing could be received from a process.
#[derive(Debug, thiserror::Error)]
pub enum HearError {
    /// The datagram is longer than any message: the process broke the protocol.
    #[error("a datagram of more than {MAX_MESSAGE} bytes")]
    TooLong,
    /// A descriptor came with it, which no message to the supervisor carries: the process broke
    /// the protocol.
    #[error("a descriptor, which no message to the supervisor carries")]
    Descriptor,
    /// The datagram is no message: the process broke the protocol.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The socket failed.
    #[error("control socket: {0}")]
    Socket(#[from] io::Error),
}

impl<M: Order> SupervisorEnd<M> {
    /// Takes the supervisor's end of a [`crate::pair`]. Must be called within a tokio runtime.
    pub fn new(socket: OwnedFd) -> io::Result<Self> {
        fcntl_setfl(&socket, fcntl_getfl(&socket)? | OFlags::NONBLOCK)?;
        let socket = UnixSeqpacket::try_from(socket)?;
        Ok(Self {
            socket,
            told: PhantomData,
        })
    }

    /// Sends a message and the descriptor it carries, once there is room.
    pub async fn send(&self, message: M) -> Result<(), TellError> {
        let (message, descriptor) = message.part();
        let mut room = [0; MAX_MESSAGE];
        let datagram = encode(&message, &mut room)?;
        let mut space = [0; 64];
        let mut ancillary = AncillaryMessageWriter::new(&mut space);
        if let Some(descriptor) = &descriptor {
            ancillary
                .add_fds([descriptor.as_fd()])
                .map_err(|_| io::Error::other("no room for a descriptor"))?;
        }
        self.socket
            .send_with_ancillary(datagram, &mut ancillary)
            .await?;
        Ok(())
    }

    /// The next message; `None` when the process has closed its end, or is gone.
    pub async fn receive(&self) -> Result<Option<M::Answer>, HearError> {
        let mut datagram = [0; MAX_MESSAGE];
        // Without room for descriptors the kernel closes those that come and says so.
        let received = self
            .socket
            .recv_with_ancillary(&mut datagram, &mut [])
            .await;
        let info = match received {
            Ok((info, _)) => info,
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        if info.ancillary_truncated() {
            return Err(HearError::Descriptor);
        }
        if info.truncated() {
            return Err(HearError::TooLong);
        }
        match datagram.get(..info.bytes_read()).unwrap_or_default() {
            [] => Ok(None),
            datagram => Ok(Some(decode(datagram)?)),
        }
    }
}
