//! Images in Gluster: files of a volume, over libgfapi.
//!
//! A [`Volume`] is one connection. An [`Image`] of it carries out operations on memory that its owner
//! shares with others: what is read lands there, what is written is taken from there. Nothing that a
//! caller does to an image waits for the volume, except opening it: each operation ends as a [`Done`]
//! in a queue with a descriptor to be polled. What libgfapi has no asynchronous call for (extents,
//! sizes, closing) is done by a thread that is there for it alone.
//!
//! **There is no cache in this process.** Everything of the library's that would answer before the
//! bricks have (write-behind), or instead of them, is passed through: [`Volume::connect`]. What has
//! been answered is with the bricks, and what a flush, or a stable write, has answered is on their
//! stable storage.
//!
//! **One writer.** An image is locked as a whole, on the bricks: [`OpenOptions`].
//!
//! A process ends by [`exit_process`]: `glfs_fini` takes ten seconds, in which it does nothing that
//! anybody waits for, and the library's threads must not meet its destructors.

mod call;
mod error;
mod exit;
mod extent;
mod flight;
mod image;
mod label;
mod lock;
mod open;
mod server;
mod volume;

pub use error::{Error, Kind};
pub use exit::exit_process;
pub use extent::Extent;
pub use flight::{Done, Outcome};
pub use image::Image;
pub use labelgate_gfapi_sys::LoadError;
pub use open::OpenOptions;
pub use server::{Server, ServerError};
pub use volume::Volume;

/// Loads the library, which opens files and maps them to be executed: to be called before a process
/// confines itself. Starts no thread.
///
/// # Errors
///
/// [`Error::Library`]
pub fn load() -> Result<(), Error> {
    labelgate_gfapi_sys::Gfapi::get()?;
    Ok(())
}
