//! MKNOD: makes a special file (RFC 1813, 3.3.11).

use super::dir_op_args::Dots;
use super::{Component, Created, DeviceNumber, DirOpArgs, SetAttributes, Status, WccData, reply};
use crate::xdr::{Decode, Decoder, Malformed};

/// > struct MKNOD3args { diropargs3 where; mknoddata3 what; }; (RFC 1813 3.3.11)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Args<'a> {
    /// > The location of the special file to be created
    pub location: DirOpArgs<'a>,
    /// What to make.
    pub what: What,
}

/// What to make: mknoddata3.
///
/// > union mknoddata3 switch (ftype3 type) { case NF3CHR: case NF3BLK: devicedata3 device; case
/// > NF3SOCK: case NF3FIFO: sattr3 pipe_attributes; default: void; }; (RFC 1813 3.3.11)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A character special file.
    Character(Device),
    /// A block special file.
    Block(Device),
    /// A socket.
    Socket(SetAttributes),
    /// A named pipe.
    Fifo(SetAttributes),
    /// Something else, which is answered with [`Status::BadType`].
    ///
    /// > Otherwise, if the server does not support the target type or the target type is illegal,
    /// > the error, NFS3ERR_BADTYPE, should be returned. Note that NF3REG, NF3DIR, and NF3LNK are
    /// > illegal types for MKNOD. (RFC 1813 3.3.11)
    Illegal,
}

/// > struct devicedata3 { sattr3 dev_attributes; specdata3 spec; }; (RFC 1813 3.3.11)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Device {
    /// > The initial attributes for the special file.
    pub attributes: SetAttributes,
    /// > The major number stored in device.spec.specdata1 and the minor number stored in
    /// > device.spec.specdata2.
    pub number: DeviceNumber,
}

/// > Even though the MKNOD failed, full wcc_data is returned to allow the client to determine
/// > whether the failing MKNOD changed the directory. (RFC 1813 3.3.11)
pub type Reply<'a> = reply::Reply<Created<'a>, WccData>;

impl<'a> Args<'a> {
    /// What the special file is to be called.
    ///
    /// > "." and ".." are distinguished in UFS, and may not be specified as the name when creating
    /// > a file system object. (RFC 1813 4.6)
    ///
    /// # Errors
    /// The status that answers a name no special file can be given.
    pub fn component(&self) -> Result<Component<'a>, Status> {
        self.location.component(Dots::both(Status::Exist))
    }
}

impl<'a> Decode<'a> for Args<'a> {
    fn decode(d: &mut Decoder<'a>) -> Result<Self, Malformed> {
        Ok(Self {
            location: d.item()?,
            what: d.item()?,
        })
    }
}

impl Decode<'_> for What {
    fn decode(d: &mut Decoder<'_>) -> Result<Self, Malformed> {
        match d.u32()? {
            3 => Ok(Self::Block(d.item()?)),
            4 => Ok(Self::Character(d.item()?)),
            6 => Ok(Self::Socket(d.item()?)),
            7 => Ok(Self::Fifo(d.item()?)),
            // The union's default: nothing follows, be it a type that there is or one that not.
            _ => Ok(Self::Illegal),
        }
    }
}

impl Decode<'_> for Device {
    fn decode(d: &mut Decoder<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            attributes: d.item()?,
            number: d.item()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Name;
    use super::super::golden::{HANDLE, HANDLE_BYTES, NO_WCC_BYTES, SET_NOTHING_BYTES, hex};
    use super::*;
    use crate::xdr::Encode;

    const NUMBERED: Device = Device {
        attributes: SetAttributes {
            mode: None,
            uid: None,
            gid: None,
            size: None,
            atime: super::super::SetTime::DontChange,
            mtime: super::super::SetTime::DontChange,
        },
        number: DeviceNumber { major: 8, minor: 1 },
    };

    fn what(what: &str) -> Result<What, Malformed> {
        let bytes = hex(&format!("{HANDLE_BYTES} 00000001 61000000 {what}"));
        Args::decode_all(bytes.leak()).map(|args| args.what)
    }

    #[test]
    fn a_device_has_attributes_and_its_numbers() {
        let device = format!("{SET_NOTHING_BYTES} 00000008 00000001");

        assert_eq!(
            what(&format!("00000003 {device}")),
            Ok(What::Block(NUMBERED))
        );
        assert_eq!(
            what(&format!("00000004 {device}")),
            Ok(What::Character(NUMBERED))
        );
    }

    #[test]
    fn a_socket_or_a_pipe_has_attributes_alone() {
        let nothing = SetAttributes::default();

        assert_eq!(
            what(&format!("00000006 {SET_NOTHING_BYTES}")),
            Ok(What::Socket(nothing))
        );
        assert_eq!(
            what(&format!("00000007 {SET_NOTHING_BYTES}")),
            Ok(What::Fifo(nothing))
        );
    }

    #[test]
    fn any_other_type_is_illegal_and_has_nothing() {
        assert_eq!(what("00000001"), Ok(What::Illegal));
        assert_eq!(what("00000002"), Ok(What::Illegal));
        assert_eq!(what("00000005"), Ok(What::Illegal));
        assert_eq!(what("00000000"), Ok(What::Illegal));
        assert_eq!(what("ffffffff"), Ok(What::Illegal));
    }

    #[test]
    fn dot_and_dot_dot_are_there_already() {
        let make = |name| {
            let location = DirOpArgs {
                dir: HANDLE,
                name: Ok(name),
            };
            let what = What::Illegal;
            Args { location, what }.component()
        };

        assert_eq!(make(Name::Current), Err(Status::Exist));
        assert_eq!(make(Name::Parent), Err(Status::Exist));
    }

    #[test]
    fn success_has_what_was_created_and_failure_the_directory() {
        let success: Reply<'_> = Ok(Created {
            object: Some(HANDLE),
            attributes: None,
            dir: WccData::default(),
        });
        let failure: Reply<'_> = Err(Status::BadType.into());

        assert_eq!(
            success.to_bytes(),
            hex(&format!(
                "00000000 00000001 {HANDLE_BYTES} 00000000 {NO_WCC_BYTES}"
            ))
        );
        assert_eq!(failure.to_bytes(), hex(&format!("00002717 {NO_WCC_BYTES}")));
    }
}
