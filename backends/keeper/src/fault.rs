//! Why a keeper ends otherwise than it should.

use std::io;

use labelgate_control::{ReceiveError, SendError, Text};
use labelgate_mac::Context;
use labelgate_mac::confinement::ConfinementError;
use labelgate_mac::selinux::ContextError;
use labelgate_queue_pair::{Broken, MapError};

/// Why a keeper ends otherwise than it should.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Standard input is no control socket: only labelgated starts this program.
    #[error("standard input: {0}")]
    Stdin(io::Error),
    /// The supervisor's messages could not be received.
    #[error("control socket: {0}")]
    Receive(#[from] ReceiveError),
    /// The supervisor could not be told something.
    #[error("control socket: {0}")]
    Send(#[from] SendError),
    /// The supervisor has gone before it said who this keeper is.
    #[error("the supervisor has closed the control socket before it said who this keeper is")]
    Abandoned,
    /// The supervisor's first messages are not those that a keeper starts with.
    #[error("the supervisor's first messages do not say who this keeper is")]
    NotConfigured,
    /// The kernel's policy does not let the keeper have what it needs to start.
    #[error("the kernel withheld a descriptor that the supervisor sent: its policy refuses it")]
    Withheld,
    /// It is not in the SELinux context that it was started in.
    #[error("this keeper must run as {expected}, so nothing is opened: {}", match .is.as_ref() {
        Ok(is) => format!("it runs as {is}"),
        Err(error) => error.to_string(),
    })]
    Context {
        /// What it runs as.
        is: Box<Result<Context, ContextError>>,
        /// What it must run as.
        expected: Text<1536>,
    },
    /// The library that it reaches its images with is not there, or not as it must be.
    #[error(transparent)]
    Rbd(#[from] labelgate_rbd::Error),
    /// The same of Gluster's.
    #[error(transparent)]
    Gluster(#[from] labelgate_gluster::Error),
    /// The same of iSCSI's.
    #[error(transparent)]
    Iscsi(#[from] labelgate_initiator::Error),
    /// What the library is made of is not to be found.
    #[error("the library's own files: {0}")]
    Reach(io::Error),
    /// The memory that it shares with the worker cannot be used.
    #[error("memory shared with the worker: {0}")]
    Memory(io::Error),
    /// The queues between it and the worker cannot be used.
    #[error(transparent)]
    Queues(#[from] MapError),
    /// The process could not be confined, so it must not connect.
    #[error("not confined, so nothing is opened: {0}")]
    Confinement(#[from] ConfinementError),
    /// The worker has put into the queues what no worker does, or more than it may.
    #[error("the worker: {0}")]
    Worker(#[from] Broken),
    /// The backend lets it in no more, and answers nothing.
    #[error("nothing is answered, and another connection is refused: {0}")]
    Excluded(Text<256>),
    /// The system refuses what waiting needs.
    #[error("waiting: {0}")]
    Wait(io::Error),
}
