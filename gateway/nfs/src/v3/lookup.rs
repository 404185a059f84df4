//! LOOKUP: finds a name in a directory (RFC 1813, 3.3.3).

use super::{Attributes, DirOpArgs, FileHandle, reply};
use crate::xdr::{Decode, Decoder, Encode, Encoder, Malformed};

/// > struct LOOKUP3args { diropargs3 what; }; (RFC 1813 3.3.3)
///
/// `.` and `..` are looked up as well:
///
/// > The name, ".", is an alias for the current directory and the name, "..", is an alias for the
/// > parent directory; that is, the directory that includes the specified directory as a member.
/// > (RFC 1813 3.3.3)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Args<'a> {
    /// Where to look, and for what.
    pub what: DirOpArgs<'a>,
}

/// > struct LOOKUP3resok { nfs_fh3 object; post_op_attr obj_attributes; post_op_attr
/// > dir_attributes; }; (RFC 1813 3.3.3)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Success<'a> {
    /// > The file handle of the object corresponding to what.name.
    pub object: FileHandle<'a>,
    /// > The attributes of the object corresponding to what.name.
    pub attributes: Option<Attributes>,
    /// > The post-operation attributes of the directory, what.dir.
    pub dir: Option<Attributes>,
}

/// Failure has the attributes of the directory.
pub type Reply<'a> = reply::Reply<Success<'a>, Option<Attributes>>;

impl<'a> Decode<'a> for Args<'a> {
    fn decode(d: &mut Decoder<'a>) -> Result<Self, Malformed> {
        Ok(Self { what: d.item()? })
    }
}

impl Encode for Success<'_> {
    fn encode(&self, e: &mut Encoder<'_>) {
        e.item(&self.object);
        e.item(&self.attributes);
        e.item(&self.dir);
    }
}

#[cfg(test)]
mod tests {
    use super::super::golden::{ATTRIBUTES, ATTRIBUTES_BYTES, HANDLE, HANDLE_BYTES, hex};
    use super::super::{Failure, Name, Status};
    use super::*;

    #[test]
    fn the_arguments_are_a_directory_and_a_name() {
        let bytes = hex(&format!("{HANDLE_BYTES} 00000002 2e2e0000"));

        let args = Args::decode_all(&bytes).unwrap();

        assert_eq!(args.what.dir, HANDLE);
        assert_eq!(args.what.name, Ok(Name::Parent));
    }

    #[test]
    fn success_has_the_object_and_then_the_directory() {
        let reply: Reply<'_> = Ok(Success {
            object: HANDLE,
            attributes: None,
            dir: Some(ATTRIBUTES),
        });

        assert_eq!(
            reply.to_bytes(),
            hex(&format!(
                "00000000 {HANDLE_BYTES} 00000000 00000001 {ATTRIBUTES_BYTES}"
            ))
        );
    }

    #[test]
    fn failure_has_the_directory() {
        let reply: Reply<'_> = Err(Failure {
            status: Status::NoEnt,
            detail: Some(ATTRIBUTES),
        });

        assert_eq!(
            reply.to_bytes(),
            hex(&format!("00000002 00000001 {ATTRIBUTES_BYTES}"))
        );
    }
}
