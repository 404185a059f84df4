//! READ: data of a file (RFC 1813, 3.3.6).
//!
//! The data goes out from the buffer that it was read into. So there is only what comes before it,
//! [`OkHead`], and how much padding comes behind it.

use super::{Attributes, FileHandle, payload, reply};
use crate::xdr::{Decode, Decoder, Encode, Encoder, Malformed};

/// > struct READ3args { nfs_fh3 file; offset3 offset; count3 count; }; (RFC 1813 3.3.6)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Args<'a> {
    /// > The file handle of the file from which data is to be read. This must identify a file
    /// > system object of type, NF3REG.
    pub file: FileHandle<'a>,
    /// > The position within the file at which the read is to begin. [...] If offset is greater
    /// > than or equal to the size of the file, the status, NFS3_OK, is returned with count set to
    /// > 0 and eof set to TRUE, subject to access permissions checking.
    pub offset: u64,
    /// How much, of which the server gives at most its own rtmax.
    ///
    /// > count must be less than or equal to the value of the rtmax field in the FSINFO reply
    /// > structure for the file system that contains file. If greater, the server may return only
    /// > rtmax bytes, resulting in a short read.
    pub count: u32,
}

/// What comes before the data.
///
/// > struct READ3resok { post_op_attr file_attributes; count3 count; bool eof; opaque data<>; };
/// > (RFC 1813 3.3.6)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OkHead {
    /// > The attributes of the file on completion of the read.
    pub attributes: Option<Attributes>,
    /// How many bytes of data follow: `count`, and the length of `data` too.
    pub count: u32,
    /// > If the read ended at the end-of-file (formally, in a correctly formed READ request, if
    /// > READ3args.offset plus READ3resok.count is equal to the size of the file), eof is returned
    /// > as TRUE; otherwise it is FALSE.
    pub eof: bool,
}

/// On success, all but the data and its padding. Failure has the attributes of the file.
pub type Reply = reply::Reply<OkHead, Option<Attributes>>;

impl OkHead {
    /// How many zero bytes follow the data.
    #[must_use]
    pub const fn padding(&self) -> usize {
        payload::padding(self.count)
    }
}

impl<'a> Decode<'a> for Args<'a> {
    fn decode(d: &mut Decoder<'a>) -> Result<Self, Malformed> {
        Ok(Self {
            file: d.item()?,
            offset: d.u64()?,
            count: d.u32()?,
        })
    }
}

impl Encode for OkHead {
    fn encode(&self, e: &mut Encoder<'_>) {
        e.item(&self.attributes);
        e.u32(self.count);
        e.bool(self.eof);
        // The length of the opaque data that follows.
        e.u32(self.count);
    }
}

#[cfg(test)]
mod tests {
    use super::super::Status;
    use super::super::golden::{ATTRIBUTES, ATTRIBUTES_BYTES, HANDLE, HANDLE_BYTES, hex};
    use super::*;

    #[test]
    fn the_arguments_are_a_handle_an_offset_and_a_count() {
        let bytes = hex(&format!("{HANDLE_BYTES} 00000001 00000002 00100000"));

        assert_eq!(
            Args::decode_all(&bytes),
            Ok(Args {
                file: HANDLE,
                offset: 0x1_0000_0002,
                count: 1 << 20,
            })
        );
    }

    #[test]
    fn success_says_twice_how_much_data_follows() {
        let head = OkHead {
            attributes: Some(ATTRIBUTES),
            count: 5,
            eof: true,
        };

        assert_eq!(
            Reply::Ok(head).to_bytes(),
            hex(&format!(
                "00000000 00000001 {ATTRIBUTES_BYTES} 00000005 00000001 00000005"
            ))
        );
        assert_eq!(head.padding(), 3);
    }

    #[test]
    fn a_read_of_nothing_has_no_padding() {
        let head = OkHead {
            attributes: None,
            count: 0,
            eof: false,
        };

        assert_eq!(
            Reply::Ok(head).to_bytes(),
            hex("00000000 00000000 00000000 00000000 00000000")
        );
        assert_eq!(head.padding(), 0);
    }

    #[test]
    fn failure_may_have_no_attributes() {
        let reply: Reply = Err(Status::Io.into());

        assert_eq!(reply.to_bytes(), hex("00000005 00000000"));
    }
}
