//! GETATTR: the attributes of an object (RFC 1813, 3.3.1).

use super::{Attributes, FileHandle, reply};
use crate::xdr::{Decode, Decoder, Encode, Encoder, Malformed};

/// > struct GETATTR3args { nfs_fh3 object; }; (RFC 1813 3.3.1)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Args<'a> {
    /// > The file handle of an object whose attributes are to be retrieved.
    pub object: FileHandle<'a>,
}

/// > struct GETATTR3resok { fattr3 obj_attributes; }; (RFC 1813 3.3.1)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Success {
    /// > The attributes for the object.
    pub attributes: Attributes,
}

/// > Otherwise, GETATTR3res.status contains the error on failure and no other results are returned.
/// > (RFC 1813 3.3.1)
pub type Reply = reply::Reply<Success, ()>;

impl<'a> Decode<'a> for Args<'a> {
    fn decode(d: &mut Decoder<'a>) -> Result<Self, Malformed> {
        Ok(Self { object: d.item()? })
    }
}

impl Encode for Success {
    fn encode(&self, e: &mut Encoder<'_>) {
        e.item(&self.attributes);
    }
}

#[cfg(test)]
mod tests {
    use super::super::Status;
    use super::super::golden::{ATTRIBUTES, ATTRIBUTES_BYTES, HANDLE, HANDLE_BYTES, hex};
    use super::*;

    #[test]
    fn the_arguments_are_a_handle() {
        assert_eq!(
            Args::decode_all(&hex(HANDLE_BYTES)),
            Ok(Args { object: HANDLE })
        );
    }

    #[test]
    fn success_has_the_attributes_always() {
        let reply: Reply = Ok(Success {
            attributes: ATTRIBUTES,
        });

        assert_eq!(
            reply.to_bytes(),
            hex(&format!("00000000 {ATTRIBUTES_BYTES}"))
        );
    }

    #[test]
    fn failure_has_a_status_alone() {
        let reply: Reply = Err(Status::Stale.into());

        assert_eq!(reply.to_bytes(), hex("00000046"));
    }
}
