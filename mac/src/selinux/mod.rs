//! The kernel's SELinux, by its own interfaces: selinuxfs, `/proc/thread-self/attr`, the extended
//! attribute `security.selinux` and `SO_PEERSEC`.
//!
//! There is no library in between. libselinux answers *allowed* when SELinux is off or a class is
//! unknown, and its caches answer when the kernel would not; here every doubt is an error.
//!
//! * [`Kernel`]: whether SELinux is there and enforces, and whether that has changed.
//! * [`ForNext`]: the context of the next program, file or socket of this thread.
//! * [`process_context`], [`file_context`], [`peer_context`]: the context of what is there.
//! * [`relabel`]: another context for a file.
//! * [`Class`]: decisions of the policy about a class of our own, or of the kernel's.
//! * [`is_known`]: whether the policy has a context.

mod access;
mod file;
mod kernel;
mod known;
mod next;
mod peer;
mod process;
mod text;

pub use access::{AccessError, Class, Decision, Permission};
pub use file::{file_context, relabel};
pub use kernel::{Kernel, Status, Unavailable};
pub use known::is_known;
pub use next::{ForNext, Kind};
pub use peer::peer_context;
pub use process::{own_context, process_context};
pub use text::ContextError;
