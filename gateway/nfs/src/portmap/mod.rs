//! The port mapper and RPCBIND (RFC 1833): where a client finds the other programs.
//!
//! What is found is fixed: nothing can be set, and no call is passed on to another program. All
//! of it is one function of the question and the ports, [`answer`].
//!
//! **Amplification.** A datagram's sender is whoever it says. An answer over UDP is therefore
//! never longer than its question, so that nobody can make more traffic of ours than of their
//! own: the lists are asked for over TCP alone (DUMP, GETADDRLIST: PROC_UNAVAIL over UDP), and an
//! answer that would be longer all the same is not sent.

mod answer;
mod bindings;
#[cfg(test)]
mod fuzz;
mod mapping;
mod netid;
mod port_mapper;
mod results;
mod rpcb;
mod rpcb_entry;
mod rpcbind;
#[cfg(test)]
mod tests;
mod universal_address;

pub use answer::{answer, answer_message};
pub use bindings::{Binding, Services, Transport};
pub use mapping::Mapping;
pub use netid::Netid;
pub use rpcb::Rpcb;
pub use rpcb_entry::RpcbEntry;
pub use universal_address::UniversalAddress;

/// > } = 100000; (RFC 1833, 2.1 and 3.1)
pub const PROGRAM: u32 = 100_000;

/// The port mapper's version.
pub const PORT_MAPPER: u32 = 2;

/// RPCBIND's first version.
pub const RPCBIND_3: u32 = 3;

/// RPCBIND's second version.
pub const RPCBIND_4: u32 = 4;

/// The procedures' numbers (RFC 1833, 2.1 and 3.1).
pub mod procedure {
    /// All versions.
    pub const NULL: u32 = 0;
    /// All versions.
    pub const SET: u32 = 1;
    /// All versions.
    pub const UNSET: u32 = 2;
    /// Version 2.
    pub const GETPORT: u32 = 3;
    /// Versions 3 and 4.
    pub const GETADDR: u32 = 3;
    /// All versions.
    pub const DUMP: u32 = 4;
    /// All versions; BCAST in version 4.
    pub const CALLIT: u32 = 5;
    /// Versions 3 and 4.
    pub const GETTIME: u32 = 6;
    /// Versions 3 and 4.
    pub const UADDR2TADDR: u32 = 7;
    /// Versions 3 and 4.
    pub const TADDR2UADDR: u32 = 8;
    /// Version 4.
    pub const GETVERSADDR: u32 = 9;
    /// Version 4.
    pub const INDIRECT: u32 = 10;
    /// Version 4.
    pub const GETADDRLIST: u32 = 11;
    /// Version 4.
    pub const GETSTAT: u32 = 12;
}
