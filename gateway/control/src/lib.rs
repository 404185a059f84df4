//! Messages and descriptors between the supervisor and the processes that it starts.
//!
//! Each of these is started with one end of a `SOCK_SEQPACKET` socket pair as its standard input.
//! One datagram is one message; it is at most [`MAX_MESSAGE`] bytes long and carries at most one
//! descriptor. Whether it carries one is part of the message's type: [`ToWorker::Configure`],
//! [`ToWorker::AddImage`], [`ToWorker::Connection`], [`ToGreeter::Greet`], a port mapper's sockets,
//! an importer's files, shared memory, bells and anchors do, nothing else does, and the supervisor is
//! sent none. [`Order`] says which messages belong on
//! one socket; [`SupervisorEnd`] and
//! [`ProcessEnd`] are its ends.
//!
//! Neither side trusts the other. The worker may have been taken over by a guest, so everything
//! it says is bounded before it is stored and free of control characters before it is logged; the
//! supervisor's messages are held to the same rules because the code is the same.
//!
//! The order of a worker's life:
//!
//! 1. The supervisor sends [`ToWorker::Configure`], once and first.
//! 2. The worker confines itself and answers [`FromWorker::Ready`]. Images may already wait for
//!    it in the socket by then, connections do not.
//! 3. The supervisor hands over images and, once each has been answered, connections; more of
//!    both come and go for as long as the worker lives.
//! 4. [`ToWorker::Drain`], or the end of the socket, ends the worker.
//!
//! A greeter's life is shorter: it is started in advance, confines itself, says
//! [`FromGreeter::Ready`], is given one connection ([`ToGreeter::Greet`]), and exits after
//! [`FromGreeter::Refused`] or [`FromGreeter::Ended`], or is killed after
//! [`FromGreeter::Negotiated`] or [`FromGreeter::Handle`].
//!
//! A port mapper is started like a greeter, says [`FromPortmap::Ready`], and stays: it is given
//! sockets to answer questions on ([`ToPortmap::Answer`]), or what it is to enter with another port
//! mapper ([`ToPortmap::Enter`]). It ends when the supervisor closes the control socket.
//!
//! An importer is given its files and [`ToImporter::Start`], confines itself, says
//! [`FromImporter::Ready`], and exits after [`FromImporter::Done`] or [`FromImporter::Failed`].
//!
//! A worker that has keepers is told so when it is configured, and is given the memory that it shares
//! with them: it can map none later. A keeper is given the same memory and the queues of its slot,
//! confines itself, says [`FromKeeper::Ready`], and is given anchors of images. An image is the
//! keeper's first ([`ToKeeper::AddImage`]), then the worker's ([`ToWorker::AddKept`]), and leaves them
//! in the opposite order. The worker works with a slot from [`ToWorker::Keeper`] on. When the keeper
//! has ended, the worker clears the slot ([`ToWorker::KeeperGone`], [`FromWorker::QueueCleared`])
//! before the successor is given anything, and sends that one what has not been answered.
//!
//! A keysmith is given one Ceph store's minting key ([`ToKeysmith::Configure`]), connects and confines
//! itself, says [`FromKeysmith::Ready`], and stays: it answers each [`ToKeysmith::Request`]. It ends when
//! the supervisor closes the control socket. One that is to say what a credential opens on an upstream
//! iSCSI target ([`ToKeysmith::Look`]) says that, and ends.

#![forbid(unsafe_code)]

mod anchor;
mod bytes;
mod codec;
mod designator;
mod from_greeter;
mod from_importer;
mod from_keeper;
mod from_keysmith;
mod from_portmap;
mod from_worker;
mod handed;
mod kept;
mod label;
mod list;
mod order;
mod pair;
mod process_end;
mod secret;
#[cfg(feature = "supervisor")]
mod supervisor_end;
mod text;
mod to_greeter;
mod to_importer;
mod to_keeper;
mod to_keysmith;
mod to_portmap;
mod to_worker;

pub use anchor::{
    Anchor, AnchorError, GlusterAnchor, IscsiAnchor, MAX_ANCHOR, NfsAnchor, RbdAnchor,
};
pub use bytes::{Bytes, TooLong};
pub use codec::{DecodeError, EncodeError, MAX_MESSAGE, decode, encode};
pub use designator::{Designator, Serial};
pub use from_greeter::{Answer, FromGreeter, Negotiated, ReverseChallenge};
pub use from_importer::{FromImporter, ImportBlame, ImportPhase, ImportProgress};
pub use from_keeper::FromKeeper;
pub use from_keysmith::{
    FromKeysmith, KeptImage, KeptRelative, KeptSnapshot, KeysmithAnswer, KeysmithRefusal,
    MAX_LISTED, MAX_RELATIVES,
};
pub use from_portmap::{Datagrams, FromPortmap};
pub use from_worker::{AuditEvent, FromWorker, ImageShape, NotServed};
pub use handed::{Handed, OpenAs, OpenHandedError};
pub use kept::{AddKept, KeptShape, MAX_KEEPERS, memory_bytes};
pub use label::MAX_LABEL;
pub use list::{List, TooMany};
pub use order::Order;
pub use pair::pair;
pub use process_end::{
    GreeterEnd, ImporterEnd, Incoming, KeeperEnd, KeysmithEnd, PortmapEnd, ProcessEnd,
    ReceiveError, SendError, WorkerEnd,
};
pub use secret::Secret;
#[cfg(feature = "supervisor")]
pub use supervisor_end::{HearError, SupervisorEnd, TellError};
pub use text::{Refused, Text};
pub use to_greeter::{
    ChapAlgorithm, Greet, HandleRefusal, MountRefusal, Proof, Protocol, Reverse, Services,
    ToGreeter, Verdict,
};
pub use to_importer::{ImageFormat, Import, ImportSource, ToImporter};
pub use to_keeper::{ConfigureKeeper, GlusterVolume, KeepImage, KeeperLimits, Library, ToKeeper};
pub use to_keysmith::{
    ConfigureKeysmith, KeptName, KeyScope, KeysmithTask, LookAtTarget, MAX_ENTITY, MAX_INSTANCES,
    MAX_KEPT_NAME, MAX_KEY, MAX_KEYSMITH_REQUESTS, MAX_PARENTS, MAX_SNAPSHOT, ToKeysmith,
};
pub use to_portmap::{Entries, Entry, MAX_PORTMAP_SOCKETS, Program, Questions, ToPortmap};
pub use to_worker::{
    AddImage, AddTree, Attached, Configure, Connection, Driver, LoginState, MAX_RESERVATIONS,
    MAX_STORES, Mismatch, Owners, ToWorker,
};
