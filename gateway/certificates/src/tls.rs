//! Both ends of TLS 1.3, each with a certificate.

use std::fmt;
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::version::TLS13;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use sha2::{Digest, Sha256};

use crate::{Authority, CertificateError};

/// What is spoken within.
const HTTP: &[u8] = b"http/1.1";

/// What one end proves itself with.
pub struct Credentials {
    /// Its certificate.
    pub(crate) chain: Vec<CertificateDer<'static>>,
    /// Its key.
    pub(crate) key: PrivateKeyDer<'static>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

impl Credentials {
    /// Those of a certificate and its key, both in PEM.
    ///
    /// # Errors
    /// One of the two is none.
    pub fn from_pem(certificate: &[u8], key: &[u8]) -> Result<Self, CertificateError> {
        let key = PrivateKeyDer::from_pem_slice(key);
        Ok(Self {
            chain: vec![certificate_from_pem(certificate, "certificate")?],
            key: key.map_err(|error| CertificateError::Pem { what: "key", error })?,
        })
    }
}

fn certificate_from_pem(
    pem: &[u8],
    what: &'static str,
) -> Result<CertificateDer<'static>, CertificateError> {
    CertificateDer::from_pem_slice(pem).map_err(|error| CertificateError::Pem { what, error })
}

/// The SHA-256 hash of a certificate in DER.
#[must_use]
pub fn fingerprint(certificate: &CertificateDer<'_>) -> [u8; 32] {
    Sha256::digest(certificate).into()
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// The gateway's end: it asks every client for a certificate of this authority's.
///
/// No session is resumed: each connection's certificate is verified anew.
///
/// # Errors
/// The credentials are of no use.
pub fn server_config(
    authority: &Authority,
    own: Credentials,
) -> Result<ServerConfig, CertificateError> {
    let mut roots = RootCertStore::empty();
    roots.add(authority.der().clone())?;
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider());
    let builder = ServerConfig::builder_with_provider(provider());
    let mut config = builder
        .with_protocol_versions(&[&TLS13])?
        .with_client_cert_verifier(verifier.build()?)
        .with_single_cert(own.chain, own.key)?;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    config.alpn_protocols = vec![HTTP.to_vec()];
    Ok(config)
}

/// A host's end: it trusts the gateway whose authority's certificate, in PEM, it has, and no other.
///
/// # Errors
/// The certificate is none, or the credentials are of no use.
pub fn client_config(authority: &[u8], own: Credentials) -> Result<ClientConfig, CertificateError> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate_from_pem(authority, "authority's certificate")?)?;
    let builder = ClientConfig::builder_with_provider(provider());
    let mut config = builder
        .with_protocol_versions(&[&TLS13])?
        .with_root_certificates(roots)
        .with_client_auth_cert(own.chain, own.key)?;
    config.resumption = rustls::client::Resumption::disabled();
    config.alpn_protocols = vec![HTTP.to_vec()];
    Ok(config)
}
