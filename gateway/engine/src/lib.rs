//! The contract between protocol engines and the worker's drivers.
//!
//! A protocol engine (iSCSI, NFS) is a sans-I/O state machine. It is told what happened through
//! the methods of [`Engine`] and says what it wants by pushing [`Action`]s into an [`Outbox`] and
//! by answering each receive with the next [`Receive`]. A driver (io_uring, epoll) moves the
//! bytes. Neither knows the other.
//!
//! * **Receiving.** Every connection has exactly one outstanding [`Receive`] at any time. The
//!   engine says where the bytes go: a short header it will parse, payload into a buffer of its
//!   choice at an offset of its choice (so that written data lands where the image takes it from),
//!   bytes to drop, or nothing at all until further notice (flow control).
//! * **Sending.** A [`Transmission`] is a gather list: headers, slices of one buffer, padding,
//!   digests. Those of one connection are sent in order and never interleaved.
//! * **Image I/O.** An [`Operation`] owns its buffer until its one [`Completion`] hands it back.
//!   There is no "cancel": an operation ends when the kernel has ended it. What is asked of a
//!   directory tree is a [`tree::Call`], which has one [`tree::Answer`].
//! * **Time.** The engine names its next [`Engine::deadline`]; the driver calls [`Engine::tick`].

#![forbid(unsafe_code)]

mod action;
mod identifier;
mod image;
mod receive;
mod transmission;
pub mod tree;

use std::time::Instant;

pub use action::{Action, Ending, Outbox, ReservationChange};
pub use identifier::{ConnectionId, ImageId, IoId, Place};
pub use image::{
    Completion, Exclusion, Extent, Geometry, ImageDescription, ImageError, Operation, Outcome,
    Status, Timestamp,
};
pub use receive::{Admission, Login, MAX_HEADER, Ports, Receive, Received};
pub use transmission::Transmission;

/// A protocol engine: all the state of one label's connections for one protocol.
///
/// Methods take the current time instead of reading a clock, never block, and do no I/O.
pub trait Engine {
    /// A connection was handed over. The answer is its first receive.
    fn accept(
        &mut self,
        connection: ConnectionId,
        admission: Admission,
        now: Instant,
        outbox: &mut Outbox,
    ) -> Receive;

    /// What the connection's outstanding [`Receive`] asked for has arrived whole.
    /// The answer is the next receive.
    fn received(
        &mut self,
        connection: ConnectionId,
        received: Received<'_>,
        now: Instant,
        outbox: &mut Outbox,
    ) -> Receive;

    /// A transmission is wholly in the socket; its buffer has been released. `length` is what it
    /// measured, in bytes.
    fn sent(&mut self, connection: ConnectionId, length: usize, now: Instant, outbox: &mut Outbox);

    /// The connection is gone (peer closed it, it failed, or the engine's own
    /// [`Action::Close`] has been carried out). Nothing is sent or received on it any more;
    /// image operations in flight still complete.
    fn closed(&mut self, connection: ConnectionId, now: Instant, outbox: &mut Outbox);

    /// An image operation has ended.
    fn completed(&mut self, io: IoId, completion: Completion, now: Instant, outbox: &mut Outbox);

    /// An image of this label is there to be served.
    fn image_added(&mut self, image: ImageId, description: ImageDescription);

    /// The image's geometry has changed (resize).
    fn image_changed(&mut self, image: ImageId, geometry: Geometry);

    /// The image must no longer be served; its sessions end.
    fn image_removed(&mut self, image: ImageId, now: Instant, outbox: &mut Outbox);

    /// A tree of this label is there to be served, as long as the worker lives.
    fn tree_added(&mut self, _: tree::TreeId, _: tree::TreeDescription) {}

    /// A call of a tree has been answered.
    fn answered(&mut self, _: IoId, _: tree::Answer, _: Instant, _: &mut Outbox) {}

    /// Ask every client to leave: those that have not by `deadline` are closed.
    fn drain(&mut self, deadline: Instant, now: Instant, outbox: &mut Outbox);

    /// When [`Engine::tick`] wants to be called next.
    fn deadline(&self) -> Option<Instant>;

    /// The deadline has passed.
    fn tick(&mut self, now: Instant, outbox: &mut Outbox);

    /// Image operations submitted and not yet completed, plus connections not yet closed:
    /// zero means that nothing is left to wait for.
    fn outstanding(&self) -> usize;
}
