//! FSINFO: what of a file system and its server does not change (RFC 1813, 3.3.19).

use std::ops::BitOr;

use super::{Attributes, FileHandle, Time, reply};
use crate::xdr::{Decode, Decoder, Encode, Encoder, Malformed};

/// > struct FSINFOargs { nfs_fh3 fsroot; }; (RFC 1813 3.3.19)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Args<'a> {
    /// > A file handle identifying a file object. Normal usage is to provide a file handle for a
    /// > mount point for a file system, as originally obtained from the MOUNT service on the
    /// > server.
    pub fsroot: FileHandle<'a>,
}

/// The sizes of transfers of one kind, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransferSize {
    /// > The maximum size in bytes of a READ request supported by the server. Any READ with a
    /// > number greater than rtmax will result in a short read of rtmax bytes or less.
    pub max: u32,
    /// > The preferred size of a READ request. This should be the same as rtmax unless there is a
    /// > clear benefit in performance or efficiency.
    pub preferred: u32,
    /// > The suggested multiple for the size of a READ request.
    pub multiple: u32,
}

/// What a file system can do: a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Properties(u32);

/// > struct FSINFO3resok { post_op_attr obj_attributes; uint32 rtmax; uint32 rtpref; uint32 rtmult;
/// > uint32 wtmax; uint32 wtpref; uint32 wtmult; uint32 dtpref; size3 maxfilesize; nfstime3
/// > time_delta; uint32 properties; }; (RFC 1813 3.3.19)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Success {
    /// > The attributes of the file system object specified in fsroot.
    pub attributes: Option<Attributes>,
    /// Of READ.
    pub read: TransferSize,
    /// Of WRITE.
    pub write: TransferSize,
    /// > The preferred size of a READDIR request.
    pub readdir_preferred: u32,
    /// > The maximum size of a file on the file system.
    pub max_file_size: u64,
    /// > The server time granularity. When setting a file time using SETATTR, the server guarantees
    /// > only to preserve times to this accuracy. If this is {0, 1}, the server can support
    /// > nanosecond times
    pub time_delta: Time,
    /// > A bit mask of file system properties.
    pub properties: Properties,
}

/// Failure has the attributes of the object.
pub type Reply = reply::Reply<Success, Option<Attributes>>;

impl Properties {
    /// > If this bit is 1 (TRUE), the file system supports hard links.
    pub const LINK: Self = Self(0x0001);
    /// > If this bit is 1 (TRUE), the file system supports symbolic links.
    pub const SYMLINK: Self = Self(0x0002);
    /// > If this bit is 1 (TRUE), the information returned by PATHCONF is identical for every file
    /// > and directory in the file system.
    pub const HOMOGENEOUS: Self = Self(0x0008);
    /// > If this bit is 1 (TRUE), the server will set the times for a file via SETATTR if requested
    /// > (to the accuracy indicated by time_delta).
    pub const CANSETTIME: Self = Self(0x0010);
}

impl BitOr for Properties {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl<'a> Decode<'a> for Args<'a> {
    fn decode(d: &mut Decoder<'a>) -> Result<Self, Malformed> {
        Ok(Self { fsroot: d.item()? })
    }
}

impl Encode for TransferSize {
    fn encode(&self, e: &mut Encoder<'_>) {
        e.u32(self.max);
        e.u32(self.preferred);
        e.u32(self.multiple);
    }
}

impl Encode for Success {
    fn encode(&self, e: &mut Encoder<'_>) {
        e.item(&self.attributes);
        e.item(&self.read);
        e.item(&self.write);
        e.u32(self.readdir_preferred);
        e.u64(self.max_file_size);
        e.item(&self.time_delta);
        e.u32(self.properties.0);
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
    fn success_has_the_sizes_and_the_properties() {
        let transfer = |max| TransferSize {
            max,
            preferred: max + 1,
            multiple: max + 2,
        };
        let reply: Reply = Ok(Success {
            attributes: Some(ATTRIBUTES),
            read: transfer(1),
            write: transfer(4),
            readdir_preferred: 7,
            max_file_size: 0x0102_0304_0506_0708,
            time_delta: Time::new(0, 1).unwrap(),
            properties: Properties::LINK
                | Properties::SYMLINK
                | Properties::HOMOGENEOUS
                | Properties::CANSETTIME,
        });

        assert_eq!(
            reply.to_bytes(),
            hex(&format!(
                "00000000 00000001 {ATTRIBUTES_BYTES}
                 00000001 00000002 00000003 00000004 00000005 00000006 00000007
                 01020304 05060708 00000000 00000001 0000001b"
            ))
        );
    }

    #[test]
    fn failure_may_have_no_attributes() {
        let reply: Reply = Err(Status::BadHandle.into());

        assert_eq!(reply.to_bytes(), hex("00002711 00000000"));
    }
}
