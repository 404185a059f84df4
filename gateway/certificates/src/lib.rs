//! The gateway's certificate authority, and both ends of its TLS.
//!
//! The gateway is its own authority. Nothing of that is kept: the keys of the [`Authority`] and of
//! the gateway itself are derived from the registry's master key, and the certificate of the one is
//! the same, byte for byte, whenever it is made. So a backup has all of it, and a gateway that was
//! restored is the one that its hosts know.
//!
//! A host makes its key itself ([`Request::make`]) and sends what asks for a certificate. What the
//! authority takes from that is the public key alone. Certificates are verified by rustls and
//! webpki, TLS 1.3 is all that is spoken ([`server_config`], [`client_config`]); whether a host that
//! has one may still come in is for the registry to say, by the certificate's [`fingerprint`].

#![forbid(unsafe_code)]

mod authority;
mod error;
mod key;
mod request;
mod tls;

pub use authority::{Authority, Issued, LONGEST_REQUEST, SERVER_EXPIRES};
pub use error::CertificateError;
pub use request::Request;
pub use tls::{Credentials, client_config, fingerprint, server_config};

/// The name of an address or a host that a server's certificate may have.
pub use rustls::pki_types::ServerName;
