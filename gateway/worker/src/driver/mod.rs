//! Drivers: they move the bytes between sockets, images and an engine.
//!
//! A driver owns every socket and everything in flight. [`Driver::turn`] waits until something has
//! happened and tells the [`Handler`]; between turns the loop tells the driver what to do next.
//! There are two, with the same meaning: [`Ring`] (io_uring) and [`Epoll`] (where io_uring is
//! switched off).
//!
//! `unsafe` lives below this module and nowhere else in the worker: where memory is lent to the
//! kernel (`loan`, `ring`) or to a thread (`epoll::helpers`), where a descriptor is registered with
//! tokio (`epoll`), and where the allocator is asked to give memory back (`heap`).

mod closing;
mod epoll;
mod fault;
mod handler;
mod heap;
mod inbound;
mod loan;
mod outbound;
mod report;
mod ring;
mod silence;
mod slots;
mod staging;
mod table;
mod want;

use std::io;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::time::Instant;

use labelgate_backends::Request;
use labelgate_control::WorkerEnd;
use labelgate_engine::{ConnectionId, Ending, Receive, Transmission};

pub use epoll::Epoll;
pub(crate) use heap::trim as trim_heap;

pub use handler::{Attention, Handler, Purpose, Ticket};
pub use ring::Ring;

/// How many whole messages of one connection a turn hands over at most, so that no connection
/// starves the others.
pub(crate) const BURST: usize = 64;

/// How many pieces one gather send has at most (the kernel takes 1024).
pub(crate) const PIECES: usize = 256;

/// What the loop wants of a driver.
///
/// Connections are named by small dense numbers the loop chooses; one may be used again once
/// [`Handler::closed`] has been called for it. What is asked of a connection that is closing or
/// gone is dropped: the engine may not know yet.
pub trait Driver {
    /// Takes over a connected stream socket; `first` is what it is to receive.
    fn add(&mut self, connection: ConnectionId, socket: OwnedFd, first: Receive);

    /// Ends a connection's pause.
    fn receive(&mut self, connection: ConnectionId, receive: Receive);

    /// Queues something to send.
    fn send(&mut self, connection: ConnectionId, transmission: Transmission);

    /// Runs one system call of an image operation; [`Handler::finished`] has its result.
    fn submit(&mut self, ticket: Ticket, request: Request);

    /// Ends a connection; [`Handler::closed`] follows, in a later turn.
    fn close(&mut self, connection: ConnectionId, ending: Ending);

    /// Tells the handler whenever the control socket can be read, from now on.
    ///
    /// # Errors
    /// The system refuses to watch it.
    fn watch(&mut self, control: Rc<WorkerEnd>) -> io::Result<()>;

    /// Wakes up whenever this bell, an eventfd in non-blocking mode, is rung, from now on. Who rings
    /// it is looked at after the turn.
    ///
    /// # Errors
    /// The system refuses to watch it.
    fn listen(&mut self, bell: Rc<OwnedFd>) -> io::Result<()>;

    /// Does what was asked for, waits until something has happened or `deadline` has passed, and
    /// tells the handler everything that has happened.
    ///
    /// # Errors
    /// The driver itself has failed and nothing can be served any more.
    fn turn<H: Handler>(&mut self, deadline: Option<Instant>, handler: &mut H) -> io::Result<()>;

    /// Gives up memory that only a busy worker needs.
    fn trim(&mut self);

    /// System calls of image operations that have not ended.
    fn in_flight(&self) -> usize;
}
