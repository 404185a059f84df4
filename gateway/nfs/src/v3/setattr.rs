//! SETATTR: sets attributes of an object (RFC 1813, 3.3.2).

use super::{FileHandle, SetAttributes, Time, WccData, reply};
use crate::xdr::{Decode, Decoder, Malformed};

/// > struct SETATTR3args { nfs_fh3 object; sattr3 new_attributes; sattrguard3 guard; };
/// > (RFC 1813 3.3.2)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Args<'a> {
    /// > The file handle for the object.
    pub object: FileHandle<'a>,
    /// What to set.
    pub attributes: SetAttributes,
    /// > If guard.check is TRUE, the server must compare the value of guard.obj_ctime to the
    /// > current ctime of the object. If the values are different, the server must preserve the
    /// > object attributes and must return a status of NFS3ERR_NOT_SYNC.
    pub guard: Option<Time>,
}

/// Either way the old and the new attributes of the object.
///
/// > SETATTR is not guaranteed atomic. A failed SETATTR may partially change a file's attributes.
/// > (RFC 1813 3.3.2)
pub type Reply = reply::Reply<WccData, WccData>;

impl<'a> Decode<'a> for Args<'a> {
    fn decode(d: &mut Decoder<'a>) -> Result<Self, Malformed> {
        Ok(Self {
            object: d.item()?,
            attributes: d.item()?,
            guard: d.option()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::golden::{
        HANDLE, HANDLE_BYTES, NO_WCC_BYTES, SET_BYTES, SET_NOTHING_BYTES, WCC, hex, wcc_bytes,
    };
    use super::super::{Mode, SetTime, Status};
    use super::*;
    use crate::xdr::Encode;

    #[test]
    fn arguments_without_a_guard() {
        let bytes = hex(&format!("{HANDLE_BYTES} {SET_BYTES} 00000000"));

        assert_eq!(
            Args::decode_all(&bytes),
            Ok(Args {
                object: HANDLE,
                attributes: SetAttributes {
                    mode: Some(Mode::new(0o666)),
                    size: Some(4096),
                    mtime: SetTime::ToServerTime,
                    ..SetAttributes::default()
                },
                guard: None,
            })
        );
    }

    #[test]
    fn arguments_with_a_guard() {
        let bytes = hex(&format!(
            "{HANDLE_BYTES} {SET_NOTHING_BYTES} 00000001 00000007 00000008"
        ));

        assert_eq!(
            Args::decode_all(&bytes),
            Ok(Args {
                object: HANDLE,
                attributes: SetAttributes::default(),
                guard: Time::new(7, 8),
            })
        );
    }

    #[test]
    fn success_and_failure_have_the_old_and_the_new_attributes() {
        let success: Reply = Ok(WCC);
        let failure: Reply = Err(Status::NotSync.into());

        assert_eq!(
            success.to_bytes(),
            hex(&format!("00000000 {}", wcc_bytes()))
        );
        assert_eq!(failure.to_bytes(), hex(&format!("00002712 {NO_WCC_BYTES}")));
    }
}
