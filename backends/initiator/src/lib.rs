//! Images on upstream iSCSI targets, over libiscsi.
//!
//! A [`Session`] is one nexus with one logical unit. It carries out orders on memory that its owner
//! shares with others ([`Place`]): what is read lands there, what is written is taken from there. None
//! of its calls waits, and it has no thread: it has a descriptor to poll, and is driven. A connection
//! that is lost is made anew, and what was not answered is asked for again; for as long as
//! [`Options::patience`] says, operations see a delay and no error.
//!
//! It makes sure that nobody else writes to the unit by a persistent reservation
//! ([`Options::key`]), if the target knows them ([`Unit::exclusive`]).
//!
//! [`visible`] says what a credential sees of a target, and [`sight`] whether that is one unit alone.
//!
//! What a target says is believed as far as it makes sense, and bounded: answers are read into memory of
//! a fixed size, data into the place that it is for and nowhere else. That it has sent what it says it has
//! is believed: a place may keep what was in it before, which is its owner's. The library itself can be made to
//! use memory without bound by a target that asks for data again and again, or that says it can take
//! none at a time; whoever uses this crate bounds the memory of its process.

mod carry;
mod command;
mod context;
mod credentials;
mod error;
mod landing;
mod leave;
mod link;
mod mailbox;
mod order;
mod prepare;
mod proof;
mod reserve;
mod sense;
mod session;
mod settle;
mod sight;
mod task;
mod unit;
mod visible;

pub use credentials::{Address, Chap, Credentials};
pub use error::{Error, Kind};
pub use labelgate_libiscsi_sys::LoadError;
pub use labelgate_shared::{Memory, Place};
pub use order::{Order, Outcome};
pub use session::{Event, Options, Session};
pub use sight::{Sight, sight};
pub use unit::Unit;
pub use visible::{Device, Target, visible};

/// Loads the library, which opens files and maps them to be executed: to be called before a process
/// confines itself. Starts no thread.
///
/// # Errors
///
/// [`Error::Library`]
pub fn load() -> Result<(), Error> {
    labelgate_libiscsi_sys::Libiscsi::get()?;
    Ok(())
}
