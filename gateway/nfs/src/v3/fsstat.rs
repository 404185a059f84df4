//! FSSTAT: what of a file system changes (RFC 1813, 3.3.18).

use super::{Attributes, FileHandle, reply};
use crate::xdr::{Decode, Decoder, Encode, Encoder, Malformed};

/// > struct FSSTAT3args { nfs_fh3 fsroot; }; (RFC 1813 3.3.18)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Args<'a> {
    /// > A file handle identifying a object in the file system.
    pub fsroot: FileHandle<'a>,
}

/// > struct FSSTAT3resok { post_op_attr obj_attributes; size3 tbytes; size3 fbytes; size3 abytes;
/// > size3 tfiles; size3 ffiles; size3 afiles; uint32 invarsec; }; (RFC 1813 3.3.18)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Success {
    /// > The attributes of the file system object specified in fsroot.
    pub attributes: Option<Attributes>,
    /// > The total size, in bytes, of the file system.
    pub total_bytes: u64,
    /// > The amount of free space, in bytes, in the file system.
    pub free_bytes: u64,
    /// > The amount of free space, in bytes, available to the user identified by the authentication
    /// > information in the RPC.
    pub available_bytes: u64,
    /// > The total number of file slots in the file system.
    pub total_files: u64,
    /// > The number of free file slots in the file system.
    pub free_files: u64,
    /// > The number of free file slots that are available to the user corresponding to the
    /// > authentication information in the RPC.
    pub available_files: u64,
    /// > A measure of file system volatility: this is the number of seconds for which the file
    /// > system is not expected to change. For a volatile, frequently updated file system, this
    /// > will be 0.
    pub invariant_seconds: u32,
}

/// Failure has the attributes of the object.
pub type Reply = reply::Reply<Success, Option<Attributes>>;

impl<'a> Decode<'a> for Args<'a> {
    fn decode(d: &mut Decoder<'a>) -> Result<Self, Malformed> {
        Ok(Self { fsroot: d.item()? })
    }
}

impl Encode for Success {
    fn encode(&self, e: &mut Encoder<'_>) {
        e.item(&self.attributes);
        e.u64(self.total_bytes);
        e.u64(self.free_bytes);
        e.u64(self.available_bytes);
        e.u64(self.total_files);
        e.u64(self.free_files);
        e.u64(self.available_files);
        e.u32(self.invariant_seconds);
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
            Ok(Args { fsroot: HANDLE })
        );
    }

    #[test]
    fn success_has_bytes_and_files_each_total_free_and_available() {
        let reply: Reply = Ok(Success {
            attributes: Some(ATTRIBUTES),
            total_bytes: 0x0102_0304_0506_0708,
            free_bytes: 2,
            available_bytes: 3,
            total_files: 4,
            free_files: 5,
            available_files: 6,
            invariant_seconds: 7,
        });

        assert_eq!(
            reply.to_bytes(),
            hex(&format!(
                "00000000 00000001 {ATTRIBUTES_BYTES}
                 01020304 05060708 00000000 00000002 00000000 00000003
                 00000000 00000004 00000000 00000005 00000000 00000006 00000007"
            ))
        );
    }

    #[test]
    fn failure_may_have_no_attributes() {
        let reply: Reply = Err(Status::Stale.into());

        assert_eq!(reply.to_bytes(), hex("00000046 00000000"));
    }
}
