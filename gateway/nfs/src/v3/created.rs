//! What CREATE, MKDIR, SYMLINK and MKNOD answer when they have made something (RFC 1813, 3.3.8 to
//! 3.3.11): the four structures are the same.

use super::{Attributes, FileHandle, WccData};
use crate::xdr::{Encode, Encoder};

/// Something has been made.
///
/// > struct CREATE3resok { post_op_fh3 obj; post_op_attr obj_attributes; wcc_data dir_wcc; };
/// > (RFC 1813 3.3.8)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Created<'a> {
    /// Its handle.
    ///
    /// > Returning the file handle is an optimization so that the client is not forced to
    /// > immediately issue a LOOKUP request to get the file handle. (RFC 1813 2.5)
    pub object: Option<FileHandle<'a>>,
    /// Its attributes.
    pub attributes: Option<Attributes>,
    /// The directory that it was made in.
    pub dir: WccData,
}

impl Encode for Created<'_> {
    fn encode(&self, e: &mut Encoder<'_>) {
        e.item(&self.object);
        e.item(&self.attributes);
        e.item(&self.dir);
    }
}

#[cfg(test)]
mod tests {
    use super::super::golden::{
        ATTRIBUTES, ATTRIBUTES_BYTES, HANDLE, HANDLE_BYTES, NO_WCC_BYTES, WCC, hex, wcc_bytes,
    };
    use super::*;

    #[test]
    fn the_object_comes_before_its_directory() {
        let created = Created {
            object: Some(HANDLE),
            attributes: Some(ATTRIBUTES),
            dir: WCC,
        };

        assert_eq!(
            created.to_bytes(),
            hex(&format!(
                "00000001 {HANDLE_BYTES} 00000001 {ATTRIBUTES_BYTES} {}",
                wcc_bytes()
            ))
        );
    }

    #[test]
    fn all_of_it_may_be_missing() {
        let created = Created {
            object: None,
            attributes: None,
            dir: WccData::default(),
        };

        assert_eq!(
            created.to_bytes(),
            hex(&format!("00000000 00000000 {NO_WCC_BYTES}"))
        );
    }
}
