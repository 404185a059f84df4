//! ACCESS: what a client may do with an object (RFC 1813, 3.3.4).

use std::ops::{BitAnd, BitOr};

use super::{Attributes, FileHandle, reply};
use crate::xdr::{Decode, Decoder, Encode, Encoder, Malformed};

/// A set of permissions. Bits that the standard does not name are in none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Permissions(u32);

/// > struct ACCESS3args { nfs_fh3 object; uint32 access; }; (RFC 1813 3.3.4)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Args<'a> {
    /// > The file handle for the file system object to which access is to be checked.
    pub object: FileHandle<'a>,
    /// > A bit mask of access permissions to check.
    pub access: Permissions,
}

/// > struct ACCESS3resok { post_op_attr obj_attributes; uint32 access; }; (RFC 1813 3.3.4)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Success {
    /// > The post-operation attributes of object.
    pub attributes: Option<Attributes>,
    /// Those of the permissions asked for that the client has.
    ///
    /// > A status of NFS3_OK is returned along with a bit mask encoded with the permissions that
    /// > the client is allowed.
    pub access: Permissions,
}

/// Failure has the attributes of the object.
pub type Reply = reply::Reply<Success, Option<Attributes>>;

impl Permissions {
    /// > Read data from file or read a directory.
    pub const READ: Self = Self(0x0001);
    /// > Look up a name in a directory (no meaning for non-directory objects).
    pub const LOOKUP: Self = Self(0x0002);
    /// > Rewrite existing file data or modify existing directory entries.
    pub const MODIFY: Self = Self(0x0004);
    /// > Write new data or add directory entries.
    pub const EXTEND: Self = Self(0x0008);
    /// > Delete an existing directory entry.
    pub const DELETE: Self = Self(0x0010);
    /// > Execute file (no meaning for a directory).
    pub const EXECUTE: Self = Self(0x0020);

    const NAMED: u32 = 0x003f;

    /// Whether all of `others` are among these.
    #[must_use]
    pub const fn contains(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }
}

impl BitOr for Permissions {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitAnd for Permissions {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl Decode<'_> for Permissions {
    fn decode(d: &mut Decoder<'_>) -> Result<Self, Malformed> {
        Ok(Self(d.u32()? & Self::NAMED))
    }
}

impl Encode for Permissions {
    fn encode(&self, e: &mut Encoder<'_>) {
        e.u32(self.0);
    }
}

impl<'a> Decode<'a> for Args<'a> {
    fn decode(d: &mut Decoder<'a>) -> Result<Self, Malformed> {
        Ok(Self {
            object: d.item()?,
            access: d.item()?,
        })
    }
}

impl Encode for Success {
    fn encode(&self, e: &mut Encoder<'_>) {
        e.item(&self.attributes);
        e.item(&self.access);
    }
}

#[cfg(test)]
mod tests {
    use super::super::Status;
    use super::super::golden::{ATTRIBUTES, ATTRIBUTES_BYTES, HANDLE, HANDLE_BYTES, hex};
    use super::*;

    #[test]
    fn the_arguments_are_a_handle_and_a_mask() {
        let bytes = hex(&format!("{HANDLE_BYTES} 0000000d"));

        assert_eq!(
            Args::decode_all(&bytes),
            Ok(Args {
                object: HANDLE,
                access: Permissions::READ | Permissions::MODIFY | Permissions::EXTEND,
            })
        );
    }

    #[test]
    fn bits_without_a_name_are_not_answered() {
        let asked = Permissions::decode_all(&hex("ffffffc2")).unwrap();

        assert_eq!(asked, Permissions::LOOKUP);
        assert!(asked.contains(Permissions::LOOKUP));
        assert!(!asked.contains(Permissions::LOOKUP | Permissions::DELETE));
        assert_eq!(asked & Permissions::EXECUTE, Permissions::default());
    }

    #[test]
    fn success_has_the_attributes_and_a_mask() {
        let reply: Reply = Ok(Success {
            attributes: Some(ATTRIBUTES),
            access: Permissions::DELETE | Permissions::EXECUTE,
        });

        assert_eq!(
            reply.to_bytes(),
            hex(&format!("00000000 00000001 {ATTRIBUTES_BYTES} 00000030"))
        );
    }

    #[test]
    fn failure_may_have_no_attributes() {
        let reply: Reply = Err(Status::BadHandle.into());

        assert_eq!(reply.to_bytes(), hex("00002711 00000000"));
    }
}
