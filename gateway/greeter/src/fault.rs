//! Why nothing came of a greeting.

use std::io;

use labelgate_control::{ReceiveError, SendError};
use labelgate_mac::confinement::ConfinementError;

/// Why nothing came of a greeting.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// It was started with arguments that labelgated does not give.
    #[error("arguments that are none: this program is started by labelgated")]
    Arguments,
    /// Standard input is no control socket: it was not labelgated that started this program.
    #[error("{0}")]
    ControlSocket(io::Error),
    /// The process could not be confined. It parses nothing then.
    #[error("not confined: {0}")]
    Confinement(#[from] ConfinementError),
    /// The supervisor said what it does not say now, or nothing that can be understood.
    #[error("the supervisor broke the control protocol: {0}")]
    Protocol(&'static str),
    /// The kernel's policy does not let this process have the connection that it was sent.
    #[error("the kernel withheld the connection: its policy refuses it to this process")]
    Withheld,
    /// As before.
    #[error(transparent)]
    Receive(#[from] ReceiveError),
    /// The supervisor could not be told something.
    #[error(transparent)]
    Send(#[from] SendError),
    /// The supervisor is gone, or wants no more of this.
    #[error("the supervisor has closed the control socket")]
    Abandoned,
    /// The client has ended the connection, or it was cut.
    #[error("the connection has ended: {0}")]
    Connection(io::Error),
    /// The client sent what nothing begins or goes on with that is greeted.
    #[error("the client broke the protocol: {0}")]
    Client(&'static str),
    /// It cannot be waited for anything.
    #[error("nothing can be waited for: {0}")]
    Poll(io::Error),
    /// The other port mapper, with which something was entered, is gone.
    #[error("rpcbind has ended the connection, and so what was entered with it")]
    RpcbindGone,
    /// What was entered is not there any more, and cannot be entered again.
    #[error("what was entered with rpcbind is gone: {0}")]
    EntryLost(String),
    /// It took longer than any login.
    #[error("the login took too long")]
    Late,
}

impl Fault {
    /// Whether the client is to blame, and not one of our own processes.
    #[must_use]
    pub const fn is_the_clients(&self) -> bool {
        matches!(self, Self::Connection(_) | Self::Client(_) | Self::Late)
    }
}
