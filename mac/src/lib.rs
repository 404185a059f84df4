//! SELinux contexts and levels, and the confinement of processes.
//!
//! * [`Context`], [`Range`], [`Level`] and [`Label`] are parsed, printed and compared as the
//!   kernel's MLS code does it, so that a text from the kernel and one from a client mean the
//!   same thing here and there.
//! * [`confinement`] is what a worker does to itself right after its start.
//! * [`idmap`] lets a process act as others within a range of ids of its own.
//! * [`selinux`] is what this machine's kernel says about contexts, and does with them.
//!
//! Names of sensitivities and categories are those of every distribution's MCS and MLS policies:
//! `s0` to `s15`, `c0` to `c1023`.

// Only `confinement::allocator`, `confinement::descriptors`, `confinement::namespace`, `idmap` and
// `selinux::peer` have any.
#![deny(unsafe_code)]

mod category;
pub mod confinement;
mod context;
mod error;
pub mod idmap;
mod label;
#[cfg(feature = "serde")]
mod label_serde;
mod level;
mod range;
pub mod selinux;

pub use category::{Categories, Category};
pub use context::Context;
pub use error::{ParseError, Part, Problem};
pub use label::{Label, LabelError};
pub use level::{Level, Sensitivity};
pub use range::Range;

/// The longest text taken as a context, range, level or label, in bytes.
///
/// A page is what the kernel's own interfaces for contexts (`/proc/self/attr`, selinuxfs) carry.
/// The canonical text of every single level fits.
pub const MAX_CONTEXT_LENGTH: usize = 4096;
