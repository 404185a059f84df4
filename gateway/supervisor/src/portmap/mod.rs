//! Where clients of NFS are told its port, beside the listeners of TCP ([`crate::greeting`]).
//!
//! Questions also come as datagrams, which belong to no connection: a greeter that stays answers them
//! ([`answering`]). Where the system has a port mapper of its own, NFS is entered with that
//! ([`entering`]). Neither a stranger's bytes nor that program's are looked at here.

mod answering;
mod entering;
mod socket;
mod start;

pub use entering::EnterError;
pub use socket::bind_datagrams;
pub use start::map_ports;
