//! What is found, and where.

use std::net::{IpAddr, SocketAddr};

use super::{Netid, PORT_MAPPER, PROGRAM, RPCBIND_3, RPCBIND_4, UniversalAddress};
use crate::mount;

/// NFS's program and version.
///
/// > PROGRAM 100003, VERSION 3 (RFC 1813, 2.2)
const NFS: (u32, u32) = (100_003, 3);

/// What a call came over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// A stream with record marks.
    Tcp,
    /// Datagrams, whose sender may be anybody.
    Udp,
}

/// What the answers are made of. A port that is zero is of a program that is not served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Services {
    /// NFS's port, over TCP.
    pub nfs_port: u16,
    /// MOUNT's port, over TCP.
    pub mount_port: u16,
    /// This program's own port, over TCP.
    pub portmap_port: u16,
    /// Whether it is the same over UDP, or there is none.
    pub udp: bool,
    /// The address that the call came to, and at which the client finds the other ports, too.
    pub local: IpAddr,
    /// The time, in seconds since 1970 began.
    pub time: u32,
}

/// A program's version at a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Binding {
    /// The program.
    pub program: u32,
    /// Its version.
    pub version: u32,
    /// Over which it is spoken.
    pub transport: Transport,
    /// Its port, which is not zero.
    pub port: u16,
}

impl Services {
    /// All that is served, newer versions of a program first.
    pub fn bindings(&self) -> impl Iterator<Item = Binding> + use<> {
        let port = |transport| match transport {
            Transport::Udp if !self.udp => 0,
            Transport::Udp | Transport::Tcp => self.portmap_port,
        };
        let portmap = |version, transport| ((PROGRAM, version), transport, port(transport));
        let mount = (mount::PROGRAM, mount::VERSION);
        let bindings = [
            portmap(RPCBIND_4, Transport::Tcp),
            portmap(RPCBIND_3, Transport::Tcp),
            portmap(PORT_MAPPER, Transport::Tcp),
            portmap(RPCBIND_4, Transport::Udp),
            portmap(RPCBIND_3, Transport::Udp),
            portmap(PORT_MAPPER, Transport::Udp),
            (NFS, Transport::Tcp, self.nfs_port),
            (mount, Transport::Tcp, self.mount_port),
        ];
        let binding = |((program, version), transport, port)| Binding {
            program,
            version,
            transport,
            port,
        };
        let bindings = bindings.into_iter().map(binding);
        bindings.filter(|binding| binding.port != 0)
    }

    /// The version of a program that is asked for over a transport.
    pub(super) fn exactly(&self, asked: (u32, u32), transport: Transport) -> Option<Binding> {
        let mut bindings = self.bindings();
        bindings.find(|found| {
            (found.program, found.version, found.transport) == (asked.0, asked.1, transport)
        })
    }

    /// The version of a program that is asked for, or else another one: whoever calls that is
    /// told by the program itself which versions there are.
    pub(super) fn any_version(&self, asked: (u32, u32), transport: Transport) -> Option<Binding> {
        let mut bindings = self.bindings();
        self.exactly(asked, transport).or_else(|| {
            bindings.find(|found| (found.program, found.transport) == (asked.0, transport))
        })
    }

    /// Where a client of this address family finds a binding.
    pub(super) fn address(&self, binding: &Binding) -> UniversalAddress {
        UniversalAddress(SocketAddr::new(self.local.to_canonical(), binding.port))
    }

    /// What such a client calls a binding's transport.
    pub(super) fn netid(&self, transport: Transport) -> Netid {
        match (transport, self.local.to_canonical()) {
            (Transport::Tcp, IpAddr::V4(_)) => Netid::Tcp,
            (Transport::Tcp, IpAddr::V6(_)) => Netid::Tcp6,
            (Transport::Udp, IpAddr::V4(_)) => Netid::Udp,
            (Transport::Udp, IpAddr::V6(_)) => Netid::Udp6,
        }
    }
}
