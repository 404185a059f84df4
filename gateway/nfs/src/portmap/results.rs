//! What the procedures return.

use super::{Mapping, Netid, Rpcb, RpcbEntry, UniversalAddress};
use crate::xdr::{Encode, Encoder};

/// Who has set the mappings that DUMP lists.
const OWNER: &[u8] = b"labelgate";

/// The results of one procedure.
#[derive(Debug)]
pub(super) enum Results {
    Void,
    Bool(bool),
    Number(u32),
    /// An address; empty if there is none.
    Address(Option<UniversalAddress>),
    Mappings(Vec<Mapping>),
    Addresses(Vec<Address>),
    Entries(Vec<RpcbEntry>),
}

/// An element of the list that RPCBIND's DUMP returns.
#[derive(Debug)]
pub(super) struct Address {
    pub(super) program: u32,
    pub(super) version: u32,
    pub(super) netid: Netid,
    pub(super) address: UniversalAddress,
}

impl Encode for Results {
    fn encode(&self, e: &mut Encoder<'_>) {
        match self {
            Self::Void => {}
            Self::Bool(value) => e.bool(*value),
            Self::Number(number) => e.u32(*number),
            Self::Address(address) => {
                let text = address.map(|address| address.to_string());
                e.opaque(text.unwrap_or_default().as_bytes());
            }
            Self::Mappings(list) => encode_list(list, e),
            Self::Addresses(list) => encode_list(list, e),
            Self::Entries(list) => encode_list(list, e),
        }
    }
}

impl Encode for Address {
    fn encode(&self, e: &mut Encoder<'_>) {
        e.item(&Rpcb {
            program: self.program,
            version: self.version,
            netid: self.netid.as_str().as_bytes(),
            address: self.address.to_string().as_bytes(),
            owner: OWNER,
        });
    }
}

/// > struct *pmaplist { mapping map; pmaplist next; }; (RFC 1833, 3.1)
fn encode_list<T: Encode>(list: &[T], e: &mut Encoder<'_>) {
    for element in list {
        e.option(Some(element));
    }
    e.bool(false);
}
