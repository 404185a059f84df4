//! The keys that handles are sealed with.

use std::fmt;
use std::net::IpAddr;

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{BODY, MAC};

/// Changing this text makes every handle of every client stale.
const CONTEXT: &str = "labelgate 2026 nfs handle key";

/// The key that the handles of one label are sealed with. Printing it shows nothing of it.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct HandleKey([u8; 32]);

/// Bytes that are no key, because there are not 32 of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} bytes where a key has 32")]
pub struct NoKey(pub usize);

impl HandleKey {
    /// The key of a label, by its canonical text. Only who has the gateway's master key can make
    /// it, and it says nothing of that of any other label.
    #[must_use]
    pub fn for_label(master: &[u8; 32], label: &str) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
        // It has always the same length, so no label can pass for a part of it.
        hasher.update(master).update(label.as_bytes());
        Self(*hasher.finalize().as_bytes())
    }

    /// The key itself, for the label's worker.
    #[must_use]
    pub const fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// The MAC of a handle's body, for this client or for any.
    pub(crate) fn mac(&self, body: &[u8; BODY], client: Option<IpAddr>) -> [u8; MAC] {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher.update(body).update(&of_client(client));
        let [mac @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] =
            *hasher.finalize().as_bytes();
        mac
    }
}

/// Sixteen bytes that tell a client from every other. No client has the address of zeros.
fn of_client(client: Option<IpAddr>) -> [u8; 16] {
    match client.map(|address| address.to_canonical()) {
        None => [0; 16],
        Some(IpAddr::V4(address)) => address.to_ipv6_mapped().octets(),
        Some(IpAddr::V6(address)) => address.octets(),
    }
}

impl TryFrom<&[u8]> for HandleKey {
    type Error = NoKey;

    fn try_from(bytes: &[u8]) -> Result<Self, NoKey> {
        let key = bytes.try_into();
        key.map(Self).map_err(|_| NoKey(bytes.len()))
    }
}

impl fmt::Debug for HandleKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a label's handle key")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_32_bytes_and_is_not_shown() {
        let key = HandleKey::try_from(&[7; 32][..]).unwrap();
        assert_eq!(key.expose(), &[7; 32]);
        assert_eq!(format!("{key:?}"), "a label's handle key");
        assert_eq!(HandleKey::try_from(&[7; 31][..]), Err(NoKey(31)));
        assert_eq!(HandleKey::try_from(&[7; 33][..]), Err(NoKey(33)));
    }

    #[test]
    fn a_client_has_one_address_however_it_is_written() {
        let of = |text: &str| of_client(Some(text.parse().unwrap()));
        assert_eq!(of("10.9.1.2"), of("::ffff:10.9.1.2"));
        assert_ne!(of("10.9.1.2"), of("::10.9.1.2"));
        assert_ne!(of("10.9.1.2"), of_client(None));
    }
}
