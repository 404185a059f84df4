//! File handles as they are on the wire: nfs_fh3 (RFC 1813, 2.5).
//!
//! The arguments of every procedure but NULL begin with one.

use super::MAX_HANDLE;
use crate::xdr::{Decode, Decoder, Encode, Encoder, Malformed};

/// A file handle: at most [`MAX_HANDLE`] bytes, of which nothing else is known.
///
/// > struct nfs_fh3 { opaque data<NFS3_FHSIZE>; }; (RFC 1813 2.5)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileHandle<'a>(&'a [u8]);

impl<'a> FileHandle<'a> {
    /// These bytes as a handle; `None` if they are too many for one.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Option<Self> {
        if bytes.len() > MAX_HANDLE {
            return None;
        }
        Some(Self(bytes))
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.0
    }
}

impl<'a> Decode<'a> for FileHandle<'a> {
    fn decode(d: &mut Decoder<'a>) -> Result<Self, Malformed> {
        Ok(Self(d.opaque(MAX_HANDLE)?))
    }
}

impl Encode for FileHandle<'_> {
    fn encode(&self, e: &mut Encoder<'_>) {
        e.opaque(self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::super::golden::hex;
    use super::*;

    #[test]
    fn a_handle_has_its_length_before_it_and_its_padding_behind_it() {
        let bytes = hex("00000005 01020304 05000000");
        let handle = FileHandle::new(&[1, 2, 3, 4, 5]).unwrap();

        assert_eq!(handle.to_bytes(), bytes);
        assert_eq!(FileHandle::decode_all(&bytes), Ok(handle));
    }

    #[test]
    fn a_handle_has_at_most_64_bytes() {
        let longest = [7; MAX_HANDLE];
        let longer = [7; MAX_HANDLE + 1];
        let bytes = hex("00000041");

        assert_eq!(FileHandle::new(&longest).unwrap().as_bytes(), longest);
        assert_eq!(FileHandle::new(&longer), None);
        assert_eq!(FileHandle::decode_all(&bytes), Err(Malformed::TooLong));
    }
}
