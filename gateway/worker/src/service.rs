//! What the worker wants of an engine beside the protocol.

use std::io;

use labelgate_control::AuditEvent;
use labelgate_engine::{ConnectionId, Engine, ImageId};
use labelgate_scsi::Kept;

/// An engine, with what the worker wants of it beside the protocol.
pub trait Service: Engine {
    /// Gives the memory of buffers that are not in use back to the system. The worker calls it
    /// when nothing has happened for a second.
    ///
    /// # Errors
    /// The system refuses; the worker goes on with the memory it has.
    fn trim(&self) -> io::Result<()>;

    /// Bytes of buffers that are in use. Asked once a turn, so it must cost nothing.
    fn buffer_bytes(&self) -> usize;

    /// An image has the reservations that an earlier worker has left. Called right after
    /// [`Engine::image_added`]; an engine that knows none has nothing to do.
    fn restore(&mut self, _: ImageId, _: Kept) {}

    /// The oldest event for the audit trail that has not been taken yet, and the connection it
    /// happened on. The worker asks after every turn, and after each [`Engine::closed`], when
    /// the connection can still be named.
    fn take_event(&mut self) -> Option<(ConnectionId, AuditEvent)>;
}
