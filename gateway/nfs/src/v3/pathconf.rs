//! PATHCONF: what names a file system takes (RFC 1813, 3.3.20).

use super::{Attributes, FileHandle, reply};
use crate::xdr::{Decode, Decoder, Encode, Encoder, Malformed};

/// > struct PATHCONF3args { nfs_fh3 object; }; (RFC 1813 3.3.20)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Args<'a> {
    /// > The file handle for the file system object.
    pub object: FileHandle<'a>,
}

/// > struct PATHCONF3resok { post_op_attr obj_attributes; uint32 linkmax; uint32 name_max; bool
/// > no_trunc; bool chown_restricted; bool case_insensitive; bool case_preserving; };
/// > (RFC 1813 3.3.20)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Success {
    /// > The attributes of the object specified by object.
    pub attributes: Option<Attributes>,
    /// > The maximum number of hard links to an object.
    pub link_max: u32,
    /// > The maximum length of a component of a filename.
    pub name_max: u32,
    /// > If TRUE, the server will reject any request that includes a name longer than name_max with
    /// > the error, NFS3ERR_NAMETOOLONG.
    pub no_trunc: bool,
    /// > If TRUE, the server will reject any request to change either the owner or the group
    /// > associated with a file if the caller is not the privileged user. (Uid 0.)
    pub chown_restricted: bool,
    /// > If TRUE, the server file system does not distinguish case when interpreting filenames.
    pub case_insensitive: bool,
    /// > If TRUE, the server file system will preserve the case of a name during a CREATE, MKDIR,
    /// > MKNOD, SYMLINK, RENAME, or LINK operation.
    pub case_preserving: bool,
}

/// Failure has the attributes of the object.
pub type Reply = reply::Reply<Success, Option<Attributes>>;

impl<'a> Decode<'a> for Args<'a> {
    fn decode(d: &mut Decoder<'a>) -> Result<Self, Malformed> {
        Ok(Self { object: d.item()? })
    }
}

impl Encode for Success {
    fn encode(&self, e: &mut Encoder<'_>) {
        e.item(&self.attributes);
        e.u32(self.link_max);
        e.u32(self.name_max);
        e.bool(self.no_trunc);
        e.bool(self.chown_restricted);
        e.bool(self.case_insensitive);
        e.bool(self.case_preserving);
    }
}

#[cfg(test)]
mod tests {
    use super::super::golden::{ATTRIBUTES, ATTRIBUTES_BYTES, HANDLE, HANDLE_BYTES, hex};
    use super::super::{MAX_NAME, Status};
    use super::*;

    #[test]
    fn the_arguments_are_a_handle() {
        assert_eq!(
            Args::decode_all(&hex(HANDLE_BYTES)),
            Ok(Args { object: HANDLE })
        );
    }

    #[test]
    fn success_has_the_bounds_and_four_answers() {
        let reply: Reply = Ok(Success {
            attributes: Some(ATTRIBUTES),
            link_max: 1,
            name_max: u32::try_from(MAX_NAME).unwrap(),
            no_trunc: true,
            chown_restricted: false,
            case_insensitive: false,
            case_preserving: true,
        });

        assert_eq!(
            reply.to_bytes(),
            hex(&format!(
                "00000000 00000001 {ATTRIBUTES_BYTES}
                 00000001 000000ff 00000001 00000000 00000000 00000001"
            ))
        );
    }

    #[test]
    fn failure_may_have_no_attributes() {
        let reply: Reply = Err(Status::ServerFault.into());

        assert_eq!(reply.to_bytes(), hex("00002716 00000000"));
    }
}
