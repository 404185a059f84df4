//! What a worker tells the supervisor.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Bytes, Driver, List, MAX_RESERVATIONS, Text};

/// What a worker tells the supervisor. None of it is believed further than it is bounded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FromWorker {
    /// The answer to [`crate::ToWorker::Configure`]: confined, ready for images and connections.
    Ready {
        /// What moves its bytes; never [`Driver::Auto`].
        driver: Driver,
        /// What confines it, in words for the log ("landlock abi 7", "seccomp", ...).
        confinement: List<Text<128>, 16>,
    },
    /// It is in a user namespace of its own, where nothing is mapped yet. Said first, and only if
    /// [`crate::Configure::mapped`]; answered by [`crate::ToWorker::Mapped`].
    Unshared,
    /// The answer to [`crate::ToWorker::Tree`].
    TreeOpened {
        /// Which tree.
        tree: u32,
        /// Why it is not served, if it is not.
        result: Result<(), NotServed>,
    },
    /// The answer to [`crate::ToWorker::AddImage`].
    ImageOpened {
        /// Which image.
        image: u32,
        /// What it looks like, or why it cannot be served.
        result: Result<ImageShape, NotServed>,
    },
    /// The answer to [`crate::ToWorker::RefreshImage`].
    ImageRefreshed {
        /// Which image.
        image: u32,
        /// What it looks like now, or why that could not be found out.
        result: Result<ImageShape, Text<256>>,
    },
    /// A flush of the image has failed: acknowledged data may be lost, and nothing succeeds on it
    /// any more. Said once, before any client hears of it, and never of an image that was added
    /// as poisoned.
    ImagePoisoned {
        /// Which image.
        image: u32,
    },
    /// The kernel has refused I/O on an image that is open: it was given another label, or the
    /// policy has changed. Said once, until [`Self::ImageRestored`].
    ImageRefused {
        /// Which image.
        image: u32,
    },
    /// I/O on an image that was refused has succeeded again.
    ImageRestored {
        /// Which image.
        image: u32,
    },
    /// The answer to [`crate::ToWorker::RemoveImage`]: its sessions and its I/O have ended and
    /// its descriptor is closed.
    ImageRemoved {
        /// Which image.
        image: u32,
    },
    /// A connection has ended and its descriptor is closed; said exactly once for each, after
    /// everything else about it.
    ConnectionClosed {
        /// Which connection.
        connection: u64,
    },
    /// The kernel did not let the worker have the connection's socket. Said in the place of
    /// [`Self::ConnectionClosed`].
    ConnectionWithheld {
        /// Which connection.
        connection: u64,
    },
    /// Something happened on a connection that belongs into the audit trail.
    Audit {
        /// Which connection.
        connection: u64,
        /// What happened.
        event: AuditEvent,
    },
    /// All clients have left and every image is flushed; the worker exits.
    Drained,
    /// The reservations of an image have changed. What is here takes the place of what was here
    /// before; what is to outlive the worker is kept, and given to the next one
    /// ([`crate::ToWorker::Reservations`]).
    Reserved {
        /// Which image.
        image: u32,
        /// What is to outlive the worker; empty if nothing is.
        record: Bytes<MAX_RESERVATIONS>,
        /// What an admin is shown; empty if there is nothing.
        description: Text<320>,
        /// An initiator is told once it is kept: answered by
        /// [`crate::ToWorker::ReservationsKept`].
        awaited: bool,
    },
    /// The answer to [`crate::ToWorker::KeeperGone`]: nothing of the keeper that is gone is in the
    /// slot's queues any more, and nothing else either.
    QueueCleared {
        /// Which slot.
        slot: u32,
    },
    /// The slot's keeper has put into the queues what no keeper does. Nothing of it is believed any
    /// more; it is to be killed, and [`crate::ToWorker::KeeperGone`] said. Said once for each keeper.
    KeeperBroken {
        /// Which slot.
        slot: u32,
    },
}

/// Why a worker, or a keeper, does not serve an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum NotServed {
    /// Another process holds its lock, and may let go of it soon.
    Held,
    /// Its backend cannot be reached, and may be again soon; what was tried.
    Unreachable(Text<256>),
    /// The kernel does not let the process open it.
    Refused {
        /// What it said: EACCES or EPERM.
        errno: i32,
    },
    /// The kernel does not let the worker have its descriptor, which it was sent.
    Withheld,
    /// It is no image that can be served; what is wrong with it.
    Unfit(Text<256>),
}

impl fmt::Display for NotServed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Held => f.write_str("another process holds its lock"),
            Self::Unreachable(why) => write!(f, "its backend cannot be reached: {why}"),
            Self::Refused { errno } => write!(
                f,
                "refused by policy (errno {errno}); the kernel says why: ausearch -m avc -ts recent"
            ),
            Self::Withheld => {
                f.write_str("refused by policy: the kernel withheld its descriptor from the worker")
            }
            Self::Unfit(why) => f.write_str(why),
        }
    }
}

/// What an image looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageShape {
    /// Its size in bytes, a multiple of `block_size`.
    pub size: u64,
    /// Its logical block size in bytes.
    pub block_size: u32,
    /// Whether writes are refused.
    pub read_only: bool,
}

/// What happened on a connection. Names are as the client gave them, cleaned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum AuditEvent {
    /// An initiator is in full feature phase.
    LoginAccepted {
        /// The initiator's name.
        initiator: Text<223>,
        /// The target's name; empty in a discovery session.
        target: Text<223>,
    },
    /// An initiator was turned away.
    LoginRefused {
        /// The initiator's name, as far as it was given.
        initiator: Text<223>,
        /// The target it asked for, as far as it was given.
        target: Text<223>,
        /// Why.
        reason: Text<256>,
    },
    /// An initiator has logged out in order.
    Logout {
        /// The initiator's name.
        initiator: Text<223>,
        /// The target's name; empty in a discovery session.
        target: Text<223>,
    },
    /// A session was replaced by a new login of the same initiator (RFC 7143 6.3.5).
    SessionReinstated {
        /// The initiator's name.
        initiator: Text<223>,
        /// The target's name.
        target: Text<223>,
    },
    /// The client broke the protocol; its connection ends.
    ProtocolError {
        /// How.
        what: Text<256>,
    },
    /// An NFS client was given the handle of its export's root.
    Mounted,
    /// An NFS client was refused what it wanted to mount.
    MountRefused {
        /// Why.
        reason: Text<256>,
    },
    /// An NFS client has used a file handle that it was never given, or that is valid no more.
    HandleRefused {
        /// What is wrong with it.
        reason: Text<256>,
    },
}
