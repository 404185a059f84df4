//! The key that a label's handles are sealed with.

use std::fmt;
use std::net::IpAddr;

use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{CONTENT, SEAL};

/// What a label's key is derived for. A change of it, or of the handles' layout, makes every
/// handle stale.
const CONTEXT: &str = "labelgate 2026 nfs handle key";

/// One label's key.
///
/// It is printed nowhere, and wiped from memory when it is dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct HandleKey([u8; 32]);

impl HandleKey {
    /// The key that these bytes are.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key of `label` under the gateway's master key, which no worker has.
    ///
    /// The master key's length is fixed, so that no part of it can pass for one of the label.
    #[must_use]
    pub fn derive(master: &[u8; 32], label: &str) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
        hasher.update(master);
        hasher.update(label.as_bytes());
        Self(*hasher.finalize().as_bytes())
    }

    /// The bytes: for the one worker of the label.
    #[must_use]
    pub const fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// The seal of `content` for `client`.
    pub(super) fn seal(&self, content: &[u8; CONTENT], client: Option<IpAddr>) -> [u8; SEAL] {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher.update(content);
        hasher.update(&address(client));
        let hash = *hasher.finalize().as_bytes();
        let mut seal = [0; SEAL];
        for (to, from) in seal.iter_mut().zip(hash) {
            *to = from;
        }
        seal
    }
}

/// A client's address; an IPv4 client is the same one on a socket that speaks both.
fn address(client: Option<IpAddr>) -> [u8; 16] {
    match client {
        None => [0; 16],
        Some(IpAddr::V4(address)) => address.to_ipv6_mapped().octets(),
        Some(IpAddr::V6(address)) => address.octets(),
    }
}

impl fmt::Debug for HandleKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HandleKey(..)")
    }
}
