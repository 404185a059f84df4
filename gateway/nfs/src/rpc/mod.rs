//! ONC RPC version 2 (RFC 5531): what stands before the arguments and the results.
//!
//! * [`CallHeader`]: what a client sends. [`Reply`]: what it gets.
//! * [`Credential`], [`AuthSys`]: who a client says it is, which nothing here believes.

mod auth;
mod auth_sys;
mod call;
#[cfg(test)]
mod fuzz;
mod reply;

pub use auth::{BODY, Credential, flavor};
pub use auth_sys::{AuthSys, Gids};
pub use call::{CallHeader, LEAST, LONGEST, Parsed};
pub use reply::{Accepted, AuthStat, Denial, Reply, ReplyBody};

/// The version of RPC itself.
///
/// > In version 2 of the RPC protocol specification, rpcvers MUST be equal to 2. (RFC 5531, 9)
pub const VERSION: u32 = 2;

/// The numbers of `msg_type` (RFC 5531, 9).
mod msg_type {
    pub(super) const CALL: u32 = 0;
    pub(super) const REPLY: u32 = 1;
}
