//! Images that are files on upstream NFS servers (version 3, RFC 1813).
//!
//! A [`Session`] is one file. It carries out orders on memory that its owner shares with others
//! ([`Place`]): what is read lands there, what is written is taken from there. None of its calls waits,
//! and it has no thread: it has a descriptor to poll, and is driven. A connection that is lost is made
//! anew, and what was not answered is asked for again; for as long as [`Options::patience`] says,
//! operations see a delay and no error.
//!
//! What has ended well is not lost. Either each write is stable before it ends
//! ([`Options::write_through`]), and the server may be restarted at any time; or a write ends when the
//! server has it in its memory, and what the server says of its memory with each answer, the write
//! verifier, tells at the next call whether it has been restarted since. Then everything fails until the
//! file is opened anew ([`Event::Poisoned`]): what was lost is not known, and no copy is kept.
//!
//! **Nobody is kept from writing to the file** but by the server's own export: version 3 has locks only
//! in a protocol beside it, advisory ones, which this crate does not speak. Nor does the server prove
//! who it is, and it believes which user asks: whoever has the network in between has the file.
//!
//! # Why not libnfs
//!
//! Whoever has the network in between, or the server, must not get hold of this process, which is one of
//! a guest's own label. libnfs 4.0 writes behind the end of its memory for an answer to MOUNT whose list
//! of flavours says it has 2^30 + 1 entries, and reads what is not in an answer for a verifier of negative
//! length (`nfs-cat` dies of either); it gathers a record that never ends without bound; and its `connect`
//! asks for names and binds low ports. What is used of the protocol is eight procedures, so they are here:
//! what a server says is bounded and believed as far as it makes sense; a session has at most 64
//! calls under way, copies of 16 MiB that are to be written, and one answer of at most 1 MiB and 4 KiB.
//! What was read is copied from there into its place, and nowhere else.
#![forbid(unsafe_code)]

mod address;
mod ask;
mod attributes;
mod call;
mod carry;
mod context;
mod decode;
mod dirt;
mod encode;
mod error;
mod landing;
mod leave;
mod link;
mod numbers;
mod order;
mod patience;
mod prepare;
mod question;
mod rpc;
mod session;
mod settle;
mod socket;
mod standard;

pub use address::{Address, Owner};
pub use attributes::Attributes;
pub use error::{Error, Kind};
pub use labelgate_shared::{Memory, Place};
pub use order::{Order, Outcome};
pub use session::{Event, Options, Session};
