//! A program's address (RFC 1833, 2.1).

use crate::xdr::{Decode, Decoder, Encode, Encoder, Malformed};

/// The greatest length of a text in a question. The standard has no bound; clients' are shorter.
const TEXT: usize = 255;

/// > A mapping of (program, version, network ID) to address (RFC 1833, 2.1)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rpcb<'a> {
    /// The program.
    pub program: u32,
    /// Its version.
    pub version: u32,
    /// The transport, which is ignored in a question.
    pub netid: &'a [u8],
    /// The universal address, which is ignored in a question.
    pub address: &'a [u8],
    /// Who has set the mapping.
    pub owner: &'a [u8],
}

impl<'a> Decode<'a> for Rpcb<'a> {
    fn decode(d: &mut Decoder<'a>) -> Result<Self, Malformed> {
        Ok(Self {
            program: d.u32()?,
            version: d.u32()?,
            netid: d.opaque(TEXT)?,
            address: d.opaque(TEXT)?,
            owner: d.opaque(TEXT)?,
        })
    }
}

impl Encode for Rpcb<'_> {
    fn encode(&self, e: &mut Encoder<'_>) {
        e.u32(self.program);
        e.u32(self.version);
        e.opaque(self.netid);
        e.opaque(self.address);
        e.opaque(self.owner);
    }
}
