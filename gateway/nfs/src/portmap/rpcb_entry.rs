//! A program's address with what its transport is (RFC 1833, 2.1).

use super::{Netid, UniversalAddress};
use crate::xdr::{Encode, Encoder};

/// > rpcb_entry contains a merged address of a service on a particular transport, plus associated
/// > netconfig information. (RFC 1833, 2.1)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RpcbEntry {
    /// The address.
    pub address: UniversalAddress,
    /// The transport.
    pub netid: Netid,
}

impl Encode for RpcbEntry {
    fn encode(&self, e: &mut Encoder<'_>) {
        e.opaque(self.address.to_string().as_bytes());
        e.opaque(self.netid.as_str().as_bytes());
        e.u32(self.netid.semantics());
        e.opaque(self.netid.protocol_family().as_bytes());
        e.opaque(self.netid.protocol().as_bytes());
    }
}
