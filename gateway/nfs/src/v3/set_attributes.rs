//! The attributes that a client sets: sattr3 (RFC 1813, 2.5).

use super::{Mode, Time};
use crate::xdr::{Decode, Decoder, Malformed};

/// Which attributes are to be set, and to what.
///
/// > In setting the mode, uid, gid, or size, the discriminated union is switched on a boolean,
/// > set_it; if it is TRUE, a value of the appropriate type is then encoded. (RFC 1813 2.5)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SetAttributes {
    /// The protection mode bits.
    pub mode: Option<Mode>,
    /// The owner.
    pub uid: Option<u32>,
    /// The group.
    pub gid: Option<u32>,
    /// The size of the file in bytes.
    pub size: Option<u64>,
    /// When the file was last read.
    pub atime: SetTime,
    /// When the file was last written.
    pub mtime: SetTime,
}

/// Whether a time is to be set, and to what: time_how, with the time where there is one.
///
/// > If set_it has the value DONT_CHANGE, the corresponding attribute is unchanged. If it has the
/// > value, SET_TO_SERVER_TIME, the corresponding attribute is set by the server to its local time;
/// > no data is provided by the client. Finally, if set_it has the value, SET_TO_CLIENT_TIME, the
/// > attribute is set to the time passed by the client in an nfstime3 structure. (RFC 1813 2.5)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SetTime {
    /// DONT_CHANGE.
    #[default]
    DontChange,
    /// SET_TO_SERVER_TIME.
    ToServerTime,
    /// SET_TO_CLIENT_TIME.
    ToClientTime(Time),
}

impl Decode<'_> for SetAttributes {
    fn decode(d: &mut Decoder<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            mode: d.option()?,
            uid: d.option()?,
            gid: d.option()?,
            size: d.option()?,
            atime: d.item()?,
            mtime: d.item()?,
        })
    }
}

impl Decode<'_> for SetTime {
    fn decode(d: &mut Decoder<'_>) -> Result<Self, Malformed> {
        match d.u32()? {
            0 => Ok(Self::DontChange),
            1 => Ok(Self::ToServerTime),
            2 => Ok(Self::ToClientTime(d.item()?)),
            _ => Err(Malformed::Value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::golden::{SET_BYTES, SET_NOTHING_BYTES, hex};
    use super::*;

    #[test]
    fn what_is_not_set_takes_no_room() {
        assert_eq!(
            SetAttributes::decode_all(&hex(SET_NOTHING_BYTES)),
            Ok(SetAttributes::default())
        );
    }

    #[test]
    fn some_attributes_are_set_and_others_left() {
        let set = SetAttributes::decode_all(&hex(SET_BYTES)).unwrap();

        assert_eq!(
            set,
            SetAttributes {
                mode: Some(Mode::new(0o666)),
                size: Some(4096),
                mtime: SetTime::ToServerTime,
                ..SetAttributes::default()
            }
        );
    }

    #[test]
    fn every_attribute_is_in_its_place() {
        let bytes = hex("00000001 000001ff 00000001 000003e8 00000001 000003e9
             00000001 00000001 00000002 00000002 00000003 00000004 00000002 00000005 00000006");

        assert_eq!(
            SetAttributes::decode_all(&bytes),
            Ok(SetAttributes {
                mode: Some(Mode::new(0o777)),
                uid: Some(1000),
                gid: Some(1001),
                size: Some(0x1_0000_0002),
                atime: SetTime::ToClientTime(Time::new(3, 4).unwrap()),
                mtime: SetTime::ToClientTime(Time::new(5, 6).unwrap()),
            })
        );
    }

    #[test]
    fn a_way_of_setting_a_time_that_there_is_not_is_refused() {
        assert_eq!(SetTime::decode_all(&hex("00000003")), Err(Malformed::Value));
        assert_eq!(
            SetTime::decode_all(&hex("00000002 00000001 ffffffff")),
            Err(Malformed::Value)
        );
    }
}
