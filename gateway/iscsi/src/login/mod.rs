//! The login phase (RFC 7143, 6.3), as a state machine without I/O.
//!
//! A [`Login`] takes one whole login request after the other. Each [`Step`] hands back the answer
//! and says what comes next; the machine itself comes back only if there is a next request to
//! wait for. The engine receives at most [`crate::text::MAX_TEXT`] bytes of data per request,
//! sends what it is given, numbers the PDUs, and names the session.
//!
//! Whoever speaks was identified before its first byte, so the security stage settles on
//! AuthMethod=None, and an initiator that insists on another method is refused.

mod identification;
mod leading;
mod machine;
mod reply;
mod security;
#[cfg(test)]
mod tests;

pub use machine::{Established, Login, MAX_ROUND_TRIPS, Step};
pub use reply::Reply;

use crate::name::IscsiName;
use crate::pdu::Tsih;

/// What a login must know of the world around it.
pub trait Directory {
    /// Whether there is such a target for whoever speaks. One that is unknown and one that is
    /// forbidden are the same.
    fn has_target(&self, target: &IscsiName) -> bool;

    /// Whether whoever speaks has a session with this handle.
    fn has_session(&self, tsih: Tsih) -> bool;
}
