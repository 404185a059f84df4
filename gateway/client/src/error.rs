//! What can go wrong, told apart by whose fault it is.

use std::io;
use std::path::PathBuf;

use labelgate_api::Failure;
use labelgate_certificates::CertificateError;

use crate::Place;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The gateway said no.
    #[error("{}", .0.message)]
    Refused(Failure),
    /// Nobody listens there.
    #[error("cannot reach the gateway at {place}: {error}")]
    Unreachable {
        /// Where.
        place: Place,
        /// Why.
        error: io::Error,
    },
    /// Somebody listens there with whom there is no TLS: it is another gateway, or has another
    /// name, or it does not know this host.
    #[error("no TLS with the gateway at {place}: {error}")]
    Tls {
        /// Where.
        place: Place,
        /// Why.
        error: io::Error,
    },
    /// What this host proves itself with cannot be read.
    #[error("cannot read {}: {error}", .file.display())]
    Credentials {
        /// The file.
        file: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// It can be read, and is of no use.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// That is no gateway's address.
    #[error("{0:?} is no gateway's address; write https://HOST:9261")]
    Address(String),
    /// The gateway did not answer in time.
    #[error("the gateway has not answered within {seconds} seconds")]
    TimedOut {
        /// How long it was waited for.
        seconds: u64,
    },
    /// The connection ended in the middle of an answer.
    #[error("the gateway broke off: {0}")]
    BrokenOff(String),
    /// The answer is not what the interface says.
    #[error("the gateway's answer is not understood: {0}")]
    Nonsense(String),
    /// What is to be sent could not be read to its end.
    #[error("cannot read what is to be sent: {0}")]
    Source(String),
}

/// An error with what it came from.
pub(crate) fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let said = cause.to_string();
        // Some say of themselves what their cause says.
        if !text.ends_with(&said) {
            text += &format!(": {said}");
        }
        next = cause.source();
    }
    text
}
