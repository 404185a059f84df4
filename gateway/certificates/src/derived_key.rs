//! Keys that are derived from the registry's master key.

use hkdf::Hkdf;
use rcgen::{KeyPair, PKCS_ED25519};
use rustls::pki_types::PrivatePkcs8KeyDer;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::CertificateError;

/// What stands before the 32 bytes of an Ed25519 key in PKCS #8 (RFC 8410 7; RFC 5958).
const PKCS8: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// What a key is for. Each gets another key.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    Authority,
    Server,
}

impl Purpose {
    /// The label (HKDF's info, RFC 5869 2.3). Whoever changes one makes every certificate worthless.
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Authority => b"labelgate 2026-11-30 certificate authority ed25519",
            Self::Server => b"labelgate 2026-11-30 gateway's certificate ed25519",
        }
    }
}

/// The key of this purpose, in PKCS #8.
pub(crate) fn pkcs8(master: &[u8; 32], purpose: Purpose) -> Zeroizing<Vec<u8>> {
    let mut seed = Zeroizing::new([0; 32]);
    // 32 bytes are fewer than the most there can be (255 times the hash's length).
    let expanded = Hkdf::<Sha256>::new(None, master).expand(purpose.label(), seed.as_mut_slice());
    debug_assert!(expanded.is_ok());
    let mut der = Zeroizing::new(Vec::with_capacity(PKCS8.len() + seed.len()));
    der.extend_from_slice(&PKCS8);
    der.extend_from_slice(seed.as_slice());
    der
}

/// The same, to sign certificates with.
pub(crate) fn key_pair(der: &[u8]) -> Result<KeyPair, CertificateError> {
    let der = PrivatePkcs8KeyDer::from(der);
    Ok(KeyPair::from_pkcs8_der_and_sign_algo(&der, &PKCS_ED25519)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_derived_from_all_of_the_master_key_and_from_what_it_is_for() {
        let master = [7; 32];
        let mut other = master;
        other[31] ^= 1;
        let authority = pkcs8(&master, Purpose::Authority);
        assert_eq!(authority, pkcs8(&master, Purpose::Authority));
        assert_ne!(authority, pkcs8(&master, Purpose::Server));
        assert_ne!(authority, pkcs8(&other, Purpose::Authority));
        assert!(!authority.windows(32).any(|part| part == master));
        key_pair(&authority).unwrap();
    }
}
