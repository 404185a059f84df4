//! MKDIR: makes a directory (RFC 1813, 3.3.9).

use super::dir_op_args::Dots;
use super::{Component, Created, DirOpArgs, SetAttributes, Status, WccData, reply};
use crate::xdr::{Decode, Decoder, Malformed};

/// > struct MKDIR3args { diropargs3 where; sattr3 attributes; }; (RFC 1813 3.3.9)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Args<'a> {
    /// > The location of the subdirectory to be created
    pub location: DirOpArgs<'a>,
    /// > The initial attributes for the subdirectory.
    pub attributes: SetAttributes,
}

/// > Even though the MKDIR failed, full wcc_data is returned to allow the client to determine
/// > whether the failing MKDIR resulted in any change to the directory. (RFC 1813 3.3.9)
pub type Reply<'a> = reply::Reply<Created<'a>, WccData>;

impl<'a> Args<'a> {
    /// What the directory is to be called.
    ///
    /// > Many server implementations will not allow the filenames, "." or "..", to be used as
    /// > targets in a MKDIR operation. In this case, the server should return NFS3ERR_EXIST.
    /// > (RFC 1813 3.3.9)
    ///
    /// # Errors
    /// The status that answers a name no directory can be given.
    pub fn component(&self) -> Result<Component<'a>, Status> {
        self.location.component(Dots::both(Status::Exist))
    }
}

impl<'a> Decode<'a> for Args<'a> {
    fn decode(d: &mut Decoder<'a>) -> Result<Self, Malformed> {
        Ok(Self {
            location: d.item()?,
            attributes: d.item()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::golden::{
        ATTRIBUTES, ATTRIBUTES_BYTES, HANDLE, HANDLE_BYTES, NO_WCC_BYTES, SET_BYTES, WCC, hex,
        wcc_bytes,
    };
    use super::super::{Failure, Mode, Name};
    use super::*;
    use crate::xdr::Encode;

    #[test]
    fn the_arguments_are_a_place_and_attributes() {
        let bytes = hex(&format!("{HANDLE_BYTES} 00000003 64697200 {SET_BYTES}"));

        let args = Args::decode_all(&bytes).unwrap();

        assert_eq!(args.location.dir, HANDLE);
        assert_eq!(args.location.name, Name::new(b"dir"));
        assert_eq!(args.attributes.mode, Some(Mode::new(0o666)));
        assert_eq!(args.component().unwrap().as_bytes(), b"dir");
    }

    #[test]
    fn dot_and_dot_dot_are_there_already() {
        let make = |name| {
            let location = DirOpArgs {
                dir: HANDLE,
                name: Ok(name),
            };
            let attributes = SetAttributes::default();
            Args {
                location,
                attributes,
            }
            .component()
        };

        assert_eq!(make(Name::Current), Err(Status::Exist));
        assert_eq!(make(Name::Parent), Err(Status::Exist));
    }

    #[test]
    fn success_has_what_was_created_and_failure_the_directory() {
        let success: Reply<'_> = Ok(Created {
            object: None,
            attributes: Some(ATTRIBUTES),
            dir: WccData::default(),
        });
        let failure: Reply<'_> = Err(Failure {
            status: Status::DQuot,
            detail: WCC,
        });

        assert_eq!(
            success.to_bytes(),
            hex(&format!(
                "00000000 00000000 00000001 {ATTRIBUTES_BYTES} {NO_WCC_BYTES}"
            ))
        );
        assert_eq!(
            failure.to_bytes(),
            hex(&format!("00000045 {}", wcc_bytes()))
        );
    }
}
