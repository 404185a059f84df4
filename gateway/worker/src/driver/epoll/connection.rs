//! One connection.

use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use labelgate_engine::Transmission;
use rustix::io::Errno;
use rustix::net::{
    RecvAncillaryBuffer, RecvFlags, SendAncillaryBuffer, SendFlags, Shutdown, recvmsg, sendmsg,
};
use tokio::io::unix::AsyncFd;

use super::bells::Bell;
use crate::driver::PIECES;
use crate::driver::closing::Phase;
use crate::driver::inbound::Inbound;
use crate::driver::outbound::Outbound;
use crate::driver::staging::FULL;

/// A connection.
pub(super) struct Connection {
    socket: AsyncFd<OwnedFd>,
    bell: Arc<Bell>,
    waker: Waker,
    pub(super) phase: Phase,
    pub(super) inbound: Inbound,
    pub(super) outbound: Outbound,
    /// It is in the list of those to be looked at in the next turn.
    pub(super) scheduled: bool,
}

/// What came of trying to move bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moved {
    /// This many bytes, and more may go at once.
    Some(usize),
    /// This many bytes, and no more: the bell rings when that changes.
    Last(usize),
    /// Nothing: the bell rings when that changes.
    Blocked,
}

impl Moved {
    const fn new(count: usize, waiting: bool) -> Self {
        if waiting {
            Self::Last(count)
        } else {
            Self::Some(count)
        }
    }
}

impl Connection {
    /// To be called within the runtime.
    pub(super) fn new(socket: OwnedFd, bell: Arc<Bell>, inbound: Inbound) -> io::Result<Self> {
        // SAFETY: the descriptor is owned by the value that is registered with it, and `AsyncFd`
        // deregisters it before it drops that value.
        let registered = unsafe { AsyncFd::register(socket) };
        let socket = registered.map_err(|error| {
            let (socket, error) = error.into_parts();
            let _ = rustix::net::shutdown(socket, Shutdown::Both);
            error
        })?;
        Ok(Self {
            // It stays in blocking mode, which it shares with the supervisor's copy; every call
            // says for itself that it does not wait.
            socket,
            waker: Arc::clone(&bell).into(),
            bell,
            phase: Phase::Open,
            inbound,
            outbound: Outbound::default(),
            scheduled: false,
        })
    }

    /// The connection is about to be looked at.
    pub(super) fn answer(&self) {
        self.bell.answer();
    }

    /// Receives once into [`Inbound::space`]; zero bytes are the end.
    pub(super) fn receive(&mut self) -> io::Result<Moved> {
        let mut context = Context::from_waker(&self.waker);
        loop {
            let Poll::Ready(guard) = self.socket.poll_read_ready(&mut context) else {
                return Ok(Moved::Blocked);
            };
            let mut guard = guard?;
            let [payload, staging] = self.inbound.space(FULL);
            let room = payload.len() + staging.len();
            let mut pieces = [IoSliceMut::new(payload), IoSliceMut::new(staging)];
            let mut control = RecvAncillaryBuffer::default();
            let flags = RecvFlags::DONTWAIT;
            match recvmsg(self.socket.get_ref(), &mut pieces, &mut control, flags) {
                Ok(received) => {
                    let count = received.bytes;
                    self.inbound.arrived(count);
                    // epoll(7): less than there was room for means that the socket is empty.
                    if count == 0 || count == room {
                        return Ok(Moved::Some(count));
                    }
                    guard.clear_ready();
                    let waiting = self.socket.poll_read_ready(&mut context).is_pending();
                    return Ok(Moved::new(count, waiting));
                }
                Err(Errno::AGAIN) => guard.clear_ready(),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Sends once from [`Outbound::pieces`]; `done` gets what is wholly sent.
    pub(super) fn send(&mut self, done: impl FnMut(Transmission)) -> io::Result<Moved> {
        let mut context = Context::from_waker(&self.waker);
        loop {
            let Poll::Ready(guard) = self.socket.poll_write_ready(&mut context) else {
                return Ok(Moved::Blocked);
            };
            let mut guard = guard?;
            let mut pieces = [IoSlice::new(&[]); PIECES];
            let (mut used, mut length) = (0, 0);
            for (piece, slice) in pieces.iter_mut().zip(self.outbound.pieces()) {
                *piece = IoSlice::new(slice);
                used += 1;
                length += slice.len();
            }
            let pieces = pieces.get(..used).unwrap_or_default();
            let mut control = SendAncillaryBuffer::default();
            let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
            match sendmsg(self.socket.get_ref(), pieces, &mut control, flags) {
                Ok(sent) => {
                    self.outbound.advance(sent, done);
                    if sent == length {
                        return Ok(Moved::Some(sent));
                    }
                    guard.clear_ready();
                    let waiting = self.socket.poll_write_ready(&mut context).is_pending();
                    return Ok(Moved::new(sent, waiting));
                }
                Err(Errno::AGAIN) => guard.clear_ready(),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Closes one or both sides. It fails if the peer was faster, which is just as well.
    pub(super) fn shut(&self, how: Shutdown) {
        let _ = rustix::net::shutdown(self.socket.get_ref(), how);
    }

    /// Frees what an idle connection does not need.
    pub(super) fn shrink(&mut self) {
        self.inbound.shrink();
        self.outbound.shrink();
    }
}
