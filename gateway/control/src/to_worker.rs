//! What the supervisor tells a worker.

use std::net::SocketAddr;
use std::os::fd::OwnedFd;

use labelgate_mac::Label;
use serde::{Deserialize, Serialize};

use crate::{AddKept, Bytes, Handed, KeptShape, List, Serial, Services, Text};

/// Stands in a message for the descriptor that travels beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attached;

/// What the supervisor tells a worker.
///
/// `D` is the descriptor: an [`OwnedFd`] in a process, [`Attached`] in a datagram.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToWorker<D = OwnedFd> {
    /// The first message, sent once: who the worker is.
    ///
    /// The descriptor is the page the worker counts in, made by the supervisor (crate
    /// `labelgate-pages`), which reads it whenever it likes.
    Configure(Configure, D),
    /// The ids of the worker's user namespace are mapped: the answer to
    /// [`crate::FromWorker::Unshared`], before everything else.
    Mapped {
        /// How many trees follow the stores; at most what [`Configure::trees`] says.
        trees: u32,
    },
    /// The memory that all of the worker's buffers are to lie in, which its keepers share: a memfd of
    /// [`crate::memory_bytes`], sealed against shrinking, growing and further seals. Follows that
    /// message if [`Configure::keepers`] is not zero.
    Memory(D),
    /// The worker's bell, which its keepers ring: an eventfd in non-blocking mode. Follows
    /// [`Self::Memory`].
    Bell(D),
    /// The queues between the worker and the keepers of one slot (crate `labelgate-queue-pair`): a
    /// memfd that is sealed in the same way. As many as [`Configure::keepers`] says follow
    /// [`Self::Bell`], that of slot 0 first; none comes later.
    Queues(D),
    /// The directory of a store, below which the worker opens images that it is handed by path.
    /// As many as [`Configure::stores`] says follow that message; none comes later.
    ///
    /// The descriptor is open with `O_PATH`.
    Store(D),
    /// The root of the label's own tree in a store, which the worker alone reads and writes. As many
    /// as [`Configure::trees`] says follow the stores; none comes later. Answered by
    /// [`crate::FromWorker::TreeOpened`], once it is confined.
    ///
    /// The descriptor is open with `O_PATH`.
    Tree(AddTree, D),
    /// Serve this image. Answered by [`crate::FromWorker::ImageOpened`].
    ///
    /// The descriptor is the image, as [`AddImage::handed`] says: opened for reading and, unless
    /// read-only, writing; in blocking mode; with `O_DIRECT` if asked for; or still to be opened
    /// so. Its open file description holds an flock(2) that keeps every other worker off the
    /// image, so it must be closed when the image is removed, and not before the last I/O on it
    /// has ended.
    AddImage(AddImage, D),
    /// Look at the image's size again, after growing it if it is smaller than `size` (bytes).
    /// Answered by [`crate::FromWorker::ImageRefreshed`].
    RefreshImage {
        /// Which image.
        image: u32,
        /// The least size it shall have, in bytes.
        size: Option<u64>,
    },
    /// What an earlier worker has had kept of the reservations of an image that is about to be
    /// added: what [`crate::FromWorker::Reserved`] said last. Nobody is served before they are in
    /// force again.
    Reservations {
        /// Which image.
        image: u32,
        /// Its reservations.
        record: Bytes<MAX_RESERVATIONS>,
    },
    /// The answer to a [`crate::FromWorker::Reserved`] that is awaited, in their order.
    ReservationsKept {
        /// Which image.
        image: u32,
        /// It is on stable storage.
        kept: bool,
    },
    /// End the image's sessions, close its descriptor, forget it. Answered by
    /// [`crate::FromWorker::ImageRemoved`] after its last I/O, also for an image that could not
    /// be served. The supervisor then asks the image's lock whether it is true; a worker that
    /// takes too long, or keeps the lock, is killed.
    RemoveImage {
        /// Which image. The number is not used again for another image of this worker.
        image: u32,
    },
    /// Serve this connection. Answered by [`crate::FromWorker::ConnectionClosed`] at its end.
    ///
    /// The descriptor is a connected TCP socket in blocking mode with `TCP_NODELAY` set. The
    /// supervisor keeps a copy of it, to be able to cut the connection without the worker's help:
    /// a worker that ends a connection calls shutdown(2) before it closes its descriptor, or the
    /// client hears of the end only once the supervisor does.
    Connection(Connection, D),
    /// This connection's identity is no longer valid; its socket has been shut down already.
    CloseConnection {
        /// Which connection.
        connection: u64,
    },
    /// Ask every client to leave; after this time, or when all have left, flush every image,
    /// answer [`crate::FromWorker::Drained`], and exit.
    Drain {
        /// How long clients may take, in milliseconds.
        milliseconds: u64,
    },
    /// Serve this image, which a keeper holds. Answered by [`crate::FromWorker::ImageOpened`]. From
    /// then on it is an image like any other, for every message but [`Self::RefreshImage`].
    AddKept(AddKept),
    /// A kept image looks so from now on.
    KeptShape {
        /// Which image.
        image: u32,
        /// What it looks like.
        shape: KeptShape,
    },
    /// A keeper serves this slot from now on: it has the images of the slot open, and its
    /// predecessor can do nothing to them any more. It is sent what is outstanding, in its order,
    /// though the predecessor may have done it.
    Keeper {
        /// Which slot, below [`Configure::keepers`].
        slot: u32,
        /// The keeper's bell: an eventfd in non-blocking mode.
        bell: D,
    },
    /// The slot's keeper has ended and has been reaped. What is outstanding is kept for a successor,
    /// which is not started before this is answered by [`crate::FromWorker::QueueCleared`].
    KeeperGone {
        /// Which slot.
        slot: u32,
        /// Whether what was outstanding may be what it has died of: nobody wanted it to end.
        blamed: bool,
    },
    /// There will be no keeper for the slot for now, after [`Self::KeeperGone`] or from the start:
    /// until there is one, what is outstanding and what comes ends with an error that says so.
    KeeperLost {
        /// Which slot.
        slot: u32,
    },
}

/// The longest record of an image's reservations, in bytes.
pub const MAX_RESERVATIONS: usize = 3072;

/// The most stores that a process is told of.
pub const MAX_STORES: u32 = 256;

/// Who a worker is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Configure {
    /// The label it serves, for its confinement and its messages.
    #[serde(with = "crate::label")]
    pub label: Label,
    /// What moves its bytes.
    pub driver: Driver,
    /// The most its pool of buffers may hold, in bytes.
    pub pool_bytes: u64,
    /// The most connections it will be given at a time.
    pub max_connections: u32,
    /// How many stores follow ([`ToWorker::Store`]), at most [`MAX_STORES`]. Without any it may
    /// open nothing, ever.
    pub stores: u32,
    /// How many trees follow ([`ToWorker::Tree`]), at most [`MAX_STORES`].
    pub trees: u32,
    /// One of its trees keeps owners apart: before it does anything else it leaves the supervisor's
    /// user namespace, says so ([`crate::FromWorker::Unshared`]), and waits for
    /// [`ToWorker::Mapped`].
    pub mapped: bool,
    /// How many keepers it may have at a time, at most [`crate::MAX_KEEPERS`]. If there are to be
    /// any, [`ToWorker::Memory`] and what belongs to it comes before the stores.
    pub keepers: u32,
    /// It runs under the supervisor's own UID: some confinement is not to be had, which is to be
    /// said in [`crate::FromWorker::Ready`] and is no reason to stop.
    pub unprivileged: bool,
    /// The SELinux context it must run as, where that is what confines it: in any other it must
    /// serve nothing.
    pub context: Option<Text<1536>>,
    /// What its label's NFS file handles are sealed with: 32 bytes.
    pub handle_key: Bytes<32>,
    /// Whether each handle is good at the address of the client alone that was given it.
    pub bind_handles: bool,
}

/// What moves a worker's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Driver {
    /// io_uring where it works, epoll otherwise.
    Auto,
    /// io_uring or nothing.
    Ring,
    /// epoll.
    Epoll,
}

/// A tree to serve.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddTree {
    /// What file handles call it.
    pub tree: u32,
    /// What its root is called in the root of the export.
    pub name: Text<255>,
    /// The slot of the worker's page in which its files are counted.
    pub slot: u32,
    /// Whose its objects are.
    pub owners: Owners,
}

/// Whose the objects of a tree are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Owners {
    /// The label's, whoever made them.
    Label,
    /// Each its own: the users of the label's clients are told apart. Its descriptor is a mount on
    /// which files have their owners in the worker's user namespace.
    Callers {
        /// To be root counts for nothing.
        squash_root: bool,
    },
}

/// An image to serve.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddImage {
    /// What it is called in every later message.
    pub image: u32,
    /// What its descriptor is.
    pub handed: Handed,
    /// The slot of the worker's page in which it is counted. Images may share one.
    pub slot: u32,
    /// Its iSCSI target name (RFC 7143 4.2.7: at most 223 bytes).
    pub target: Text<223>,
    /// What it is called as a file; no two images of a worker have the same.
    pub file_name: Text<255>,
    /// Its unit serial number.
    pub serial: Serial,
    /// Its NAA identifier, type 3h.
    pub naa: [u8; 8],
    /// Logical block size in bytes: 512 or 4096.
    pub block_size: u32,
    /// Whether writes are refused. The descriptor is opened accordingly.
    pub read_only: bool,
    /// Whether the descriptor was opened with `O_DIRECT`.
    pub direct: bool,
    /// The least size it shall have, in bytes. The supervisor has grown
    /// the file already, if it may open it.
    pub size: Option<u64>,
    /// A flush of it has failed, and no admin has dealt with that: it takes logins, and every
    /// read and write ends with MEDIUM ERROR.
    pub poisoned: bool,
}

/// A connection to serve.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// What it is called in every later message; never used twice while the supervisor lives.
    pub connection: u64,
    /// The client's address.
    pub peer: SocketAddr,
    /// The address of ours that it reached.
    pub local: SocketAddr,
    /// The identity that got it its label; sessions of different identities never touch.
    pub identity: Text<256>,
    /// How far its login has come.
    pub login: LoginState,
    /// Targets on other labels that this identity may open, too: they are shown by discovery.
    pub granted: List<Text<223>, 8>,
}

/// How far a connection's login has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum LoginState {
    /// Nothing has been read from it: the worker does the login, without asking for a proof.
    Untouched,
    /// A greeter has done all of it but the last response, which the worker sends once it has
    /// checked what is here and has ended the session that the new one replaces.
    Negotiated(Bytes<1536>),
    /// It speaks RPC, and nothing has been read from it. Whose it is is known, by its address or by
    /// a file handle in the first call.
    Rpc {
        /// What is in the handles of its identity.
        epoch: u64,
        /// Where it is told that services are, if it is one that asks that (RFC 1833).
        ports: Option<Services>,
    },
    /// It speaks RPC, and a greeter has read one call from it: MNT, with a token that is good (RFC
    /// 1813, 5.2.1). The worker answers it.
    Mount {
        /// What is in the handles of its identity.
        epoch: u64,
        /// What the answer is to carry.
        xid: u32,
        /// The path behind the token.
        path: Bytes<1024>,
    },
}

/// A datagram and the descriptor beside it do not belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// The message needs a descriptor and none came with it.
    #[error("a message that carries a descriptor came without one")]
    Missing,
    /// A descriptor came with a message that carries none.
    #[error("a message that carries no descriptor came with one")]
    Unwanted,
}

impl<D> ToWorker<D> {
    /// Parts the message from its descriptor.
    pub fn detach(self) -> (ToWorker<Attached>, Option<D>) {
        match self {
            Self::AddImage(image, fd) => (ToWorker::AddImage(image, Attached), Some(fd)),
            Self::Connection(connection, fd) => {
                (ToWorker::Connection(connection, Attached), Some(fd))
            }
            Self::Configure(configure, fd) => (ToWorker::Configure(configure, Attached), Some(fd)),
            Self::Memory(fd) => (ToWorker::Memory(Attached), Some(fd)),
            Self::Bell(fd) => (ToWorker::Bell(Attached), Some(fd)),
            Self::Queues(fd) => (ToWorker::Queues(Attached), Some(fd)),
            Self::Store(fd) => (ToWorker::Store(Attached), Some(fd)),
            Self::Tree(tree, fd) => (ToWorker::Tree(tree, Attached), Some(fd)),
            Self::Mapped { trees } => (ToWorker::Mapped { trees }, None),
            Self::RefreshImage { image, size } => (ToWorker::RefreshImage { image, size }, None),
            Self::Reservations { image, record } => {
                (ToWorker::Reservations { image, record }, None)
            }
            Self::ReservationsKept { image, kept } => {
                (ToWorker::ReservationsKept { image, kept }, None)
            }
            Self::RemoveImage { image } => (ToWorker::RemoveImage { image }, None),
            Self::CloseConnection { connection } => {
                (ToWorker::CloseConnection { connection }, None)
            }
            Self::Drain { milliseconds } => (ToWorker::Drain { milliseconds }, None),
            Self::AddKept(image) => (ToWorker::AddKept(image), None),
            Self::KeptShape { image, shape } => (ToWorker::KeptShape { image, shape }, None),
            Self::Keeper { slot, bell } => (
                ToWorker::Keeper {
                    slot,
                    bell: Attached,
                },
                Some(bell),
            ),
            Self::KeeperGone { slot, blamed } => (ToWorker::KeeperGone { slot, blamed }, None),
            Self::KeeperLost { slot } => (ToWorker::KeeperLost { slot }, None),
        }
    }
}

impl ToWorker<Attached> {
    /// Joins the message with the descriptor that came with it.
    pub fn attach<D>(self, descriptor: Option<D>) -> Result<ToWorker<D>, Mismatch> {
        match descriptor {
            Some(descriptor) => self.with(descriptor),
            None => self.without(),
        }
    }

    fn with<D>(self, fd: D) -> Result<ToWorker<D>, Mismatch> {
        match self {
            Self::Configure(configure, Attached) => Ok(ToWorker::Configure(configure, fd)),
            Self::Memory(Attached) => Ok(ToWorker::Memory(fd)),
            Self::Bell(Attached) => Ok(ToWorker::Bell(fd)),
            Self::Queues(Attached) => Ok(ToWorker::Queues(fd)),
            Self::Store(Attached) => Ok(ToWorker::Store(fd)),
            Self::Tree(tree, Attached) => Ok(ToWorker::Tree(tree, fd)),
            Self::AddImage(image, Attached) => Ok(ToWorker::AddImage(image, fd)),
            Self::Connection(connection, Attached) => Ok(ToWorker::Connection(connection, fd)),
            Self::Keeper { slot, .. } => Ok(ToWorker::Keeper { slot, bell: fd }),
            Self::Mapped { .. }
            | Self::RefreshImage { .. }
            | Self::Reservations { .. }
            | Self::ReservationsKept { .. }
            | Self::RemoveImage { .. }
            | Self::CloseConnection { .. }
            | Self::Drain { .. }
            | Self::AddKept(_)
            | Self::KeptShape { .. }
            | Self::KeeperGone { .. }
            | Self::KeeperLost { .. } => Err(Mismatch::Unwanted),
        }
    }

    fn without<D>(self) -> Result<ToWorker<D>, Mismatch> {
        Ok(match self {
            Self::Configure(..)
            | Self::Memory(_)
            | Self::Bell(_)
            | Self::Queues(_)
            | Self::Store(_)
            | Self::Tree(..)
            | Self::AddImage(..)
            | Self::Connection(..)
            | Self::Keeper { .. } => return Err(Mismatch::Missing),
            Self::Mapped { trees } => ToWorker::Mapped { trees },
            Self::RefreshImage { image, size } => ToWorker::RefreshImage { image, size },
            Self::Reservations { image, record } => ToWorker::Reservations { image, record },
            Self::ReservationsKept { image, kept } => ToWorker::ReservationsKept { image, kept },
            Self::RemoveImage { image } => ToWorker::RemoveImage { image },
            Self::CloseConnection { connection } => ToWorker::CloseConnection { connection },
            Self::Drain { milliseconds } => ToWorker::Drain { milliseconds },
            Self::AddKept(image) => ToWorker::AddKept(image),
            Self::KeptShape { image, shape } => ToWorker::KeptShape { image, shape },
            Self::KeeperGone { slot, blamed } => ToWorker::KeeperGone { slot, blamed },
            Self::KeeperLost { slot } => ToWorker::KeeperLost { slot },
        })
    }
}
