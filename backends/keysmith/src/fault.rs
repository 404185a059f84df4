//! Why a keysmith did not come to work.

use std::io;

use labelgate_control::{ReceiveError, SendError, Text};
use labelgate_mac::Context;
use labelgate_mac::confinement::ConfinementError;
use labelgate_mac::selinux::ContextError;

use crate::Refused;

/// Why a keysmith did not come to work, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Standard input is no control socket: only labelgated starts this program.
    #[error("standard input: {0}")]
    Stdin(io::Error),
    /// The supervisor could not be heard.
    #[error(transparent)]
    Receive(#[from] ReceiveError),
    /// The supervisor could not be told.
    #[error(transparent)]
    Send(#[from] SendError),
    /// The supervisor is gone.
    #[error("the supervisor is gone")]
    Abandoned,
    /// The supervisor's first message says something else, or a later one says it again.
    #[error("the supervisor does not say, once and first, which store this keysmith is for")]
    NotConfigured,
    /// It is not in the SELinux context that it was started in.
    #[error("this keysmith must run as {expected}, so it does nothing: {}", match .is.as_ref() {
        Ok(is) => format!("it runs as {is}"),
        Err(error) => error.to_string(),
    })]
    Context {
        /// What it runs as.
        is: Box<Result<Context, ContextError>>,
        /// What it must run as.
        expected: Text<1536>,
    },
    /// It is not confined.
    #[error("not confined, so it does nothing: {0}")]
    Confinement(#[from] ConfinementError),
    /// It has no library, or no cluster.
    #[error(transparent)]
    Cluster(#[from] Refused),
    /// The system has no thread for it.
    #[error("starting a thread: {0}")]
    Thread(io::Error),
}
