//! READLINK: what a symbolic link says (RFC 1813, 3.3.5).

use super::{Attributes, FileHandle, SymlinkData, reply};
use crate::xdr::{Decode, Decoder, Encode, Encoder, Malformed};

/// > struct READLINK3args { nfs_fh3 symlink; }; (RFC 1813 3.3.5)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Args<'a> {
    /// > The file handle for a symbolic link (file system object of type NF3LNK).
    pub symlink: FileHandle<'a>,
}

/// > struct READLINK3resok { post_op_attr symlink_attributes; nfspath3 data; }; (RFC 1813 3.3.5)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Success<'a> {
    /// > The post-operation attributes for the symbolic link.
    pub attributes: Option<Attributes>,
    /// > The data associated with the symbolic link.
    pub data: SymlinkData<'a>,
}

/// Failure has the attributes of the link.
pub type Reply<'a> = reply::Reply<Success<'a>, Option<Attributes>>;

impl<'a> Decode<'a> for Args<'a> {
    fn decode(d: &mut Decoder<'a>) -> Result<Self, Malformed> {
        Ok(Self { symlink: d.item()? })
    }
}

impl Encode for Success<'_> {
    fn encode(&self, e: &mut Encoder<'_>) {
        e.item(&self.attributes);
        e.item(&self.data);
    }
}

#[cfg(test)]
mod tests {
    use super::super::golden::{ATTRIBUTES, ATTRIBUTES_BYTES, HANDLE, HANDLE_BYTES, hex};
    use super::super::{Failure, Status};
    use super::*;

    #[test]
    fn the_arguments_are_a_handle() {
        assert_eq!(
            Args::decode_all(&hex(HANDLE_BYTES)),
            Ok(Args { symlink: HANDLE })
        );
    }

    #[test]
    fn success_has_the_attributes_and_the_text() {
        let reply: Reply<'_> = Ok(Success {
            attributes: Some(ATTRIBUTES),
            data: SymlinkData::new(b"../x").unwrap(),
        });

        assert_eq!(
            reply.to_bytes(),
            hex(&format!(
                "00000000 00000001 {ATTRIBUTES_BYTES} 00000004 2e2e2f78"
            ))
        );
    }

    #[test]
    fn failure_has_the_attributes() {
        let reply: Reply<'_> = Err(Failure {
            status: Status::Inval,
            detail: Some(ATTRIBUTES),
        });

        assert_eq!(
            reply.to_bytes(),
            hex(&format!("00000016 00000001 {ATTRIBUTES_BYTES}"))
        );
    }
}
