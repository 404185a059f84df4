//! Images that are files on upstream NFS servers (version 3, RFC 1813), over libnfs.
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
//! # What the library is trusted with
//!
//! libnfs encodes calls, sends them, finds the answer that belongs to each, and decodes it. It neither
//! looks for servers nor connects: its `connect` asks for names and binds low ports, which a confined
//! process must not, so sockets are made here and handed to it. It copies what is to be written when it
//! is asked to write, and has what was read in memory of its own, from where it is copied into its place:
//! one copy each way. Of a server it takes records of at most 1 MiB and 4 KiB, one at a time.
//!
//! MOUNT and the port mapper are asked without it: of the answer to MOUNT, version 4.0 believes
//! how long its list of flavours is, multiplies that by four in 32 bits, and writes behind the end of what
//! it has allocated then. Of the answers that it is used for here, it believes the length of
//! the verifier, so that a server can have it read what is not in the answer: it may make this process
//! crash, or have other memory of it read as the file's content. A server can also make it use memory
//! without bound, by a record that never ends. Whoever uses this crate bounds the memory of its
//! process, and keeps in it nothing that the server and the file's users must not know.

mod address;
mod answer;
mod ask;
mod attributes;
mod call;
mod carry;
mod context;
mod dirt;
mod error;
mod landing;
mod leave;
mod link;
mod mailbox;
mod order;
mod place;
mod poll;
mod prepare;
mod question;
mod session;
mod settle;
mod socket;

pub use address::{Address, Owner};
pub use attributes::Attributes;
pub use error::{Error, Kind};
pub use labelgate_libnfs_sys::LoadError;
pub use order::{Order, Outcome};
pub use place::Place;
pub use session::{Event, Options, Session};

/// Loads the library, which opens files and maps them to be executed: to be called before a process
/// confines itself. Starts no thread.
///
/// # Errors
///
/// [`Error::Library`]
pub fn load() -> Result<(), Error> {
    labelgate_libnfs_sys::Libnfs::get()?;
    Ok(())
}
