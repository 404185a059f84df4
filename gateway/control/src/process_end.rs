//! The end of the control socket that a process of ours has.

use std::io::{self, IoSlice, IoSliceMut};
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendFlags, SocketType, recvmsg, sendmsg, sockopt,
};

use crate::codec::{decode, encode};
use crate::{
    DecodeError, EncodeError, MAX_MESSAGE, Mismatch, Order, ToGreeter, ToImporter, ToKeeper,
    ToKeysmith, ToPortmap, ToWorker,
};

/// The end of the control socket that a process has which the supervisor has started. `M` is what
/// the process is told.
///
/// Blocking and non-blocking calls can be mixed: the mode is chosen per call and the socket's own
/// is left alone. Poll it for readability through [`AsFd`].
#[derive(Debug)]
pub struct ProcessEnd<M> {
    socket: OwnedFd,
    told: PhantomData<fn() -> M>,
}

/// A worker's end of its control socket.
pub type WorkerEnd = ProcessEnd<ToWorker>;

/// A greeter's end of its control socket.
pub type GreeterEnd = ProcessEnd<ToGreeter>;

/// A port mapper's end of its control socket.
pub type PortmapEnd = ProcessEnd<ToPortmap>;

/// An importer's end of its control socket.
pub type ImporterEnd = ProcessEnd<ToImporter>;

/// A keeper's end of its control socket.
pub type KeeperEnd = ProcessEnd<ToKeeper>;

/// A keysmith's end of its control socket.
pub type KeysmithEnd = ProcessEnd<ToKeysmith>;

/// What [`ProcessEnd`] received.
#[derive(Debug)]
pub enum Incoming<M: Order = ToWorker> {
    /// A message.
    Message(M),
    /// A message whose descriptor was lost on the way. The kernel does this when its policy
    /// forbids the receiver the descriptor: it is a refusal.
    Withheld(M::Datagram),
    /// Nothing is there at the moment.
    Nothing,
    /// The supervisor has closed its end, or is gone.
    Closed,
}

/// Why nothing could be received. After any of these the process ends: it no longer knows what
/// it is to do.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// The datagram is longer than any message.
    #[error("a datagram of more than {MAX_MESSAGE} bytes")]
    TooLong,
    /// More than one descriptor came with a message.
    #[error("more than one descriptor with a message")]
    ManyDescriptors,
    /// The descriptor and the message do not belong together.
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
    /// The datagram is no message.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The socket failed.
    #[error("control socket: {0}")]
    Socket(#[from] io::Error),
}

/// Why a message could not be sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The supervisor is behind: send it again when the socket is writable. Everything but
    /// [`crate::FromWorker::Audit`] must arrive.
    #[error("the control socket is full")]
    WouldBlock,
    /// The supervisor is gone.
    #[error("the supervisor has closed the control socket")]
    Closed,
    /// The message does not fit a datagram.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The socket failed.
    #[error("control socket: {0}")]
    Socket(io::Error),
}

impl<M: Order> ProcessEnd<M> {
    /// Takes the end that the process was started with as its standard input.
    ///
    /// Descriptor 0 itself stays open, so that no later open(2) gets its number.
    pub fn from_stdin() -> io::Result<Self> {
        // Above the standard descriptors, closed on exec.
        let socket = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3)?;
        Self::try_from(socket)
    }

    /// Waits for the next message.
    pub fn receive_blocking(&self) -> Result<Incoming<M>, ReceiveError> {
        self.receive_with(RecvFlags::CMSG_CLOEXEC)
    }

    /// The next message, if it is there already.
    pub fn receive(&self) -> Result<Incoming<M>, ReceiveError> {
        self.receive_with(RecvFlags::CMSG_CLOEXEC | RecvFlags::DONTWAIT)
    }

    fn receive_with(&self, flags: RecvFlags) -> Result<Incoming<M>, ReceiveError> {
        let mut datagram = [0; MAX_MESSAGE];
        // Room for two: a second descriptor shall be seen, not silently dropped.
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let received = loop {
            let mut parts = [IoSliceMut::new(&mut datagram)];
            match recvmsg(&self.socket, &mut parts, &mut control, flags) {
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Ok(Incoming::Nothing),
                Err(Errno::CONNRESET) => return Ok(Incoming::Closed),
                Err(error) => return Err(io::Error::from(error).into()),
                Ok(received) => break received,
            }
        };
        // Taken out first, so that descriptors of a message that is refused are closed.
        let descriptor = only_descriptor(&mut control)?;
        if received.flags.contains(ReturnFlags::TRUNC) {
            return Err(ReceiveError::TooLong);
        }
        // No message is empty: no bytes are the end of the stream.
        if received.bytes == 0 && descriptor.is_none() {
            return Ok(Incoming::Closed);
        }
        let datagram = datagram.get(..received.bytes).unwrap_or_default();
        let message = decode::<M::Datagram>(datagram)?;
        // The data arrives all the same, and, of several descriptors, some.
        if received.flags.contains(ReturnFlags::CTRUNC) {
            return Ok(Incoming::Withheld(message));
        }
        Ok(Incoming::Message(M::join(message, descriptor)?))
    }

    /// Sends a message without waiting.
    pub fn send(&self, message: &M::Answer) -> Result<(), SendError> {
        let mut room = [0; MAX_MESSAGE];
        let datagram = encode(message, &mut room)?;
        let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
        loop {
            let mut nothing = SendAncillaryBuffer::default();
            let parts = [IoSlice::new(datagram)];
            return match sendmsg(&self.socket, &parts, &mut nothing, flags) {
                Ok(_) => Ok(()),
                Err(Errno::INTR) => continue,
                Err(Errno::AGAIN | Errno::NOBUFS) => Err(SendError::WouldBlock),
                Err(Errno::PIPE | Errno::CONNRESET | Errno::NOTCONN) => Err(SendError::Closed),
                Err(error) => Err(SendError::Socket(error.into())),
            };
        }
    }
}

/// The descriptor that came with a message, if any; more than one is an error.
fn only_descriptor(control: &mut RecvAncillaryBuffer<'_>) -> Result<Option<OwnedFd>, ReceiveError> {
    let mut descriptors: Vec<OwnedFd> = Vec::new();
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(rights) = message {
            descriptors.extend(rights);
        }
    }
    let first = descriptors.pop();
    if descriptors.is_empty() {
        Ok(first)
    } else {
        Err(ReceiveError::ManyDescriptors)
    }
}

impl<M> TryFrom<OwnedFd> for ProcessEnd<M> {
    type Error = io::Error;

    /// Takes a descriptor that must be a `SOCK_SEQPACKET` socket.
    fn try_from(socket: OwnedFd) -> io::Result<Self> {
        if sockopt::socket_type(&socket)? != SocketType::SEQPACKET {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "not a control socket: this program is started by labelgated",
            ));
        }
        Ok(Self {
            socket,
            told: PhantomData,
        })
    }
}

impl<M> AsFd for ProcessEnd<M> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
