//! What a host asks for a certificate with.

use std::fmt;

use rcgen::{CertificateParams, DistinguishedName, DnType};
use zeroize::Zeroizing;

use crate::CertificateError;
use crate::key::{fresh, key_pair};

/// A new key, which its host keeps to itself, and what asks for a certificate for it (PKCS #10).
pub struct Request {
    /// The key, in PEM.
    pub key: Zeroizing<String>,
    /// The request, in PEM.
    pub pem: String,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("pem", &self.pem)
            .finish_non_exhaustive()
    }
}

impl Request {
    /// Makes a key, and the request for a certificate for it.
    ///
    /// # Errors
    /// The kernel has no random numbers.
    pub fn make(name: &str) -> Result<Self, CertificateError> {
        let key = key_pair(&fresh()?)?;
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        let pem = params.serialize_request(&key)?.pem()?;
        Ok(Self {
            key: Zeroizing::new(key.serialize_pem()),
            pem,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_has_nothing_of_the_key_and_neither_does_what_is_printed() {
        let request = Request::make("kvm-1").unwrap();
        let line = request.key.lines().nth(1).unwrap();
        assert!(!request.pem.contains(line));
        assert!(!format!("{request:?}").contains(line));
        assert!(request.pem.contains("BEGIN CERTIFICATE REQUEST"));
    }
}
