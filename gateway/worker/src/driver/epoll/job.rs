//! One system call of an image operation.

use labelgate_backends::Request;

use crate::driver::handler::Ticket;

/// A request with a helper, and whose it is.
pub(super) struct Job {
    pub(super) ticket: Ticket,
    pub(super) request: Request,
}
