//! What a driver tells the loop.

use std::io;

use labelgate_backends::Request;
use labelgate_engine::{ConnectionId, IoId, Place, Receive, Received, Transmission};

use crate::meter::Meter;

/// Whose system call it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Part of an operation of the engine's.
    Operation(IoId),
    /// Part of the flush before the worker lets go of the image.
    LastFlush,
}

/// What a driver hands back with a system call's result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    /// What it belongs to.
    pub place: Place,
    /// What for.
    pub purpose: Purpose,
    /// What is counted when the operation ends.
    pub meter: Meter,
    /// Of an image: when it was begun, counted in [`labelgate_engine::Action::Settle`]s.
    pub epoch: u64,
}

/// What becomes of watching the control socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attention {
    /// Messages are left: call again in the next turn.
    Again,
    /// All that was there has been taken: call again when more is there.
    Later,
    /// It is at its end: do not call again.
    Never,
}

/// The loop, as a driver sees it during a turn.
pub trait Handler {
    /// The wait is over; what follows has happened by now.
    fn woken(&mut self);

    /// So many bytes have come from a client.
    fn arrived(&mut self, bytes: usize);

    /// What a connection asked for has arrived whole; the answer is what it asks for next.
    fn received(&mut self, connection: ConnectionId, received: Received<'_>) -> Receive;

    /// A transmission is wholly in the socket.
    fn sent(&mut self, connection: ConnectionId, transmission: Transmission);

    /// The connection is gone, and nothing of its memory is known to the kernel any more.
    /// Called exactly once for each [`super::Driver::add`].
    fn closed(&mut self, connection: ConnectionId);

    /// A system call of an image operation has ended.
    fn finished(&mut self, ticket: Ticket, request: Request, result: io::Result<usize>);

    /// The control socket can be read, or its other end is gone.
    fn control(&mut self) -> Attention;
}
