//! Ed25519 keys: derived from the registry's master key, or new.

use hkdf::Hkdf;
use rcgen::{KeyPair, PKCS_ED25519};
use rustls::pki_types::PrivatePkcs8KeyDer;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::CertificateError;

/// What stands before the 32 bytes of an Ed25519 key in PKCS #8 (RFC 8410 7), in its first version:
/// OpenSSL 3.0 reads no other of such a key.
const PKCS8: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// What a derived key is for. Each gets another key.
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
pub(crate) fn derived(
    master: &[u8; 32],
    purpose: Purpose,
) -> Result<Zeroizing<Vec<u8>>, CertificateError> {
    let mut seed = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(None, master)
        .expand(purpose.label(), seed.as_mut_slice())
        .map_err(|_| CertificateError::Derive)?;
    Ok(pkcs8(&seed))
}

/// A new key, in PKCS #8.
pub(crate) fn fresh() -> Result<Zeroizing<Vec<u8>>, CertificateError> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(seed.as_mut_slice())?;
    Ok(pkcs8(&seed))
}

fn pkcs8(seed: &[u8; 32]) -> Zeroizing<Vec<u8>> {
    let mut der = Zeroizing::new(Vec::with_capacity(PKCS8.len() + seed.len()));
    der.extend_from_slice(&PKCS8);
    der.extend_from_slice(seed);
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
        let authority = derived(&master, Purpose::Authority).unwrap();
        assert_eq!(authority, derived(&master, Purpose::Authority).unwrap());
        assert_ne!(authority, derived(&master, Purpose::Server).unwrap());
        assert_ne!(authority, derived(&other, Purpose::Authority).unwrap());
        assert!(!authority.windows(32).any(|part| part == master));
        key_pair(&authority).unwrap();
    }

    #[test]
    fn no_two_new_keys_are_the_same() {
        assert_ne!(fresh().unwrap(), fresh().unwrap());
    }
}
