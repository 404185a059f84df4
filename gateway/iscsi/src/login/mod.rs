//! The login phase (RFC 7143, 6.3), as a state machine without I/O.
//!
//! A [`Login`] takes one whole login request after the other. Each [`Step`] hands back the answer
//! and says what comes next; the machine itself comes back only if there is a next request to
//! wait for. The engine receives at most [`crate::text::MAX_TEXT`] bytes of data per request,
//! sends what it is given, numbers the PDUs, and names the session.
//!
//! Where whoever speaks was identified before its first byte, the security stage settles on
//! AuthMethod=None, and an initiator that insists on another method is refused. Where it was not,
//! there is an [`Authority`]: then CHAP is the only method, and no stage can be skipped on the
//! way to it.
//!
//! The process that speaks before the identity is known does not send the last answer of a login
//! that succeeds: a [`Handover`] takes what was agreed upon to the process that goes on.

mod authority;
mod chap;
mod handover;
mod identification;
mod leading;
mod machine;
mod reply;
mod security;
mod step;
#[cfg(test)]
mod tests;

pub use authority::{Algorithm, Authority, Challenge, Denial, Proof, Reverse};
pub use handover::{Handover, HandoverError, MAX_HANDOVER};
pub use machine::{Login, MAX_LAST_TEXT, MAX_ROUND_TRIPS};
pub use reply::Reply;
pub use step::{Established, Step};

use crate::name::IscsiName;
use crate::pdu::Tsih;

/// What a login must know of the world around it.
pub trait Surroundings {
    /// Whether there is such a target for whoever speaks. One that is unknown and one that is
    /// forbidden are the same.
    fn has_target(&self, target: &IscsiName) -> bool;

    /// Whether whoever speaks has a session with this handle.
    fn has_session(&self, tsih: Tsih) -> bool;

    /// Who decides whether an initiator has proved who it is; `None` if whoever speaks was
    /// identified before it spoke. It is the same for the whole of a login.
    fn authority(&mut self) -> Option<&mut dyn Authority>;
}
