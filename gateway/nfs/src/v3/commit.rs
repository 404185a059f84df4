//! COMMIT: makes data safe that WRITE left unsafe (RFC 1813, 3.3.21).

use super::{FileHandle, WccData, WriteVerifier, reply};
use crate::xdr::{Decode, Decoder, Encode, Encoder, Malformed};

/// > struct COMMIT3args { nfs_fh3 file; offset3 offset; count3 count; }; (RFC 1813 3.3.21)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Args<'a> {
    /// > The file handle for the file to which data is to be flushed (committed). This must
    /// > identify a file system object of type, NF3REG.
    pub file: FileHandle<'a>,
    /// > The position within the file at which the flush is to begin.
    pub offset: u64,
    /// > The number of bytes of data to flush. If count is 0, a flush from offset to the end of
    /// > file is done.
    pub count: u32,
}

/// > struct COMMIT3resok { wcc_data file_wcc; writeverf3 verf; }; (RFC 1813 3.3.21)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Success {
    /// > Weak cache consistency data for the file.
    pub file: WccData,
    /// > This is a cookie that the client can use to determine whether the server has rebooted
    /// > between a call to WRITE and a subsequent call to COMMIT.
    pub verifier: WriteVerifier,
}

/// > Even though the COMMIT failed, full wcc_data is returned to allow the client to determine
/// > whether the file changed on the server between calls to WRITE and COMMIT. (RFC 1813 3.3.21)
pub type Reply = reply::Reply<Success, WccData>;

impl<'a> Decode<'a> for Args<'a> {
    fn decode(d: &mut Decoder<'a>) -> Result<Self, Malformed> {
        Ok(Self {
            file: d.item()?,
            offset: d.u64()?,
            count: d.u32()?,
        })
    }
}

impl Encode for Success {
    fn encode(&self, e: &mut Encoder<'_>) {
        e.item(&self.file);
        e.item(&self.verifier);
    }
}

#[cfg(test)]
mod tests {
    use super::super::Status;
    use super::super::golden::{HANDLE, HANDLE_BYTES, NO_WCC_BYTES, WCC, hex, wcc_bytes};
    use super::*;

    #[test]
    fn the_arguments_are_a_handle_an_offset_and_a_count() {
        let bytes = hex(&format!("{HANDLE_BYTES} 00000001 00000002 00000003"));

        assert_eq!(
            Args::decode_all(&bytes),
            Ok(Args {
                file: HANDLE,
                offset: 0x1_0000_0002,
                count: 3,
            })
        );
    }

    #[test]
    fn success_has_the_file_and_the_verifier() {
        let reply: Reply = Ok(Success {
            file: WCC,
            verifier: WriteVerifier([1, 2, 3, 4, 5, 6, 7, 8]),
        });

        assert_eq!(
            reply.to_bytes(),
            hex(&format!("00000000 {} 01020304 05060708", wcc_bytes()))
        );
    }

    #[test]
    fn failure_has_the_attributes_before_and_after() {
        let reply: Reply = Err(Status::Io.into());

        assert_eq!(reply.to_bytes(), hex(&format!("00000005 {NO_WCC_BYTES}")));
    }
}
