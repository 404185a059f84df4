//! What goes wrong with certificates.

/// Why there is no certificate, or no TLS.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// What asks for a certificate is longer than any that is sound.
    #[error("the request for a certificate has {0} bytes; that is none")]
    TooLong(usize),
    /// It cannot be read, or was not signed by the key that it is for.
    #[error("the request for a certificate is not sound: {0}; make a new one")]
    Request(#[source] rcgen::Error),
    /// A key cannot be derived from the master key.
    #[error("a key cannot be derived")]
    Derive,
    /// A certificate cannot be made.
    #[error("a certificate cannot be made: {0}")]
    Make(#[from] rcgen::Error),
    /// The kernel has no random numbers.
    #[error("no random numbers: {0}")]
    Random(#[from] getrandom::Error),
    /// Not within what certificates can say.
    #[error("the time is not one that a certificate can have")]
    Time,
    /// What was to be a certificate or a key in PEM is none.
    #[error("the {what} is none in PEM: {error}")]
    Pem {
        /// Which.
        what: &'static str,
        /// What is wrong with it.
        error: rustls::pki_types::pem::Error,
    },
    /// Certificate and key do not go together, or are of no kind that is known.
    #[error("the certificate and the key are of no use: {0}")]
    Tls(#[from] rustls::Error),
    /// What certificates are verified with is not sound.
    #[error("the authority's certificate is of no use: {0}")]
    Verifier(#[from] rustls::server::VerifierBuilderError),
}
