//! A program's port (RFC 1833, 3.1).

use super::{Binding, Transport};
use crate::xdr::{Decode, Decoder, Encode, Encoder, Malformed};

/// > const IPPROTO_TCP = 6; /* protocol number for TCP/IP */ (RFC 1833, 3.1)
const IPPROTO_TCP: u32 = 6;

/// > const IPPROTO_UDP = 17; /* protocol number for UDP/IP */ (RFC 1833, 3.1)
const IPPROTO_UDP: u32 = 17;

/// > A mapping of (program, version, protocol) to port number (RFC 1833, 3.1)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mapping {
    /// The program.
    pub program: u32,
    /// Its version.
    pub version: u32,
    /// The number of the IP protocol, which may be any in a question.
    pub protocol: u32,
    /// The port, which is ignored in a question.
    pub port: u32,
}

impl Mapping {
    /// The transport that is asked for; `None` if there is no such one here.
    #[must_use]
    pub const fn transport(&self) -> Option<Transport> {
        match self.protocol {
            IPPROTO_TCP => Some(Transport::Tcp),
            IPPROTO_UDP => Some(Transport::Udp),
            _ => None,
        }
    }
}

impl From<Binding> for Mapping {
    fn from(binding: Binding) -> Self {
        Self {
            program: binding.program,
            version: binding.version,
            protocol: match binding.transport {
                Transport::Tcp => IPPROTO_TCP,
                Transport::Udp => IPPROTO_UDP,
            },
            port: binding.port.into(),
        }
    }
}

impl Decode<'_> for Mapping {
    fn decode(d: &mut Decoder<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            program: d.u32()?,
            version: d.u32()?,
            protocol: d.u32()?,
            port: d.u32()?,
        })
    }
}

impl Encode for Mapping {
    fn encode(&self, e: &mut Encoder<'_>) {
        e.u32(self.program);
        e.u32(self.version);
        e.u32(self.protocol);
        e.u32(self.port);
    }
}
