//! SYMLINK: makes a symbolic link (RFC 1813, 3.3.10).

use super::dir_op_args::Dots;
use super::{
    BadSymlinkData, Component, Created, DirOpArgs, SetAttributes, Status, SymlinkData, WccData,
    reply,
};
use crate::xdr::{Decode, Decoder, Malformed};

/// > struct symlinkdata3 { sattr3 symlink_attributes; nfspath3 symlink_data; };
/// > struct SYMLINK3args { diropargs3 where; symlinkdata3 symlink; }; (RFC 1813 3.3.10)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Args<'a> {
    /// > The location of the symbolic link to be created
    pub location: DirOpArgs<'a>,
    /// > The initial attributes for the symbolic link.
    pub attributes: SetAttributes,
    /// > The string containing the symbolic link data.
    pub data: Result<SymlinkData<'a>, BadSymlinkData>,
}

/// > Even though the SYMLINK failed, full wcc_data is returned to allow the client to determine
/// > whether the failing SYMLINK changed the directory. (RFC 1813 3.3.10)
pub type Reply<'a> = reply::Reply<Created<'a>, WccData>;

impl<'a> Args<'a> {
    /// What the link is to be called.
    ///
    /// > "." and ".." are distinguished in UFS, and may not be specified as the name when creating
    /// > a file system object. (RFC 1813 4.6)
    ///
    /// # Errors
    /// The status that answers a name no link can be given.
    pub fn component(&self) -> Result<Component<'a>, Status> {
        self.location.component(Dots::both(Status::Exist))
    }
}

impl<'a> Decode<'a> for Args<'a> {
    fn decode(d: &mut Decoder<'a>) -> Result<Self, Malformed> {
        Ok(Self {
            location: d.item()?,
            attributes: d.item()?,
            data: d.item()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Name;
    use super::super::golden::{
        HANDLE, HANDLE_BYTES, NO_WCC_BYTES, OTHER, OTHER_BYTES, SET_NOTHING_BYTES, hex,
    };
    use super::*;
    use crate::xdr::Encode;

    #[test]
    fn the_arguments_are_a_place_attributes_and_a_text() {
        let bytes = hex(&format!(
            "{HANDLE_BYTES} 00000001 61000000 {SET_NOTHING_BYTES} 00000005 2f742e74 78000000"
        ));

        let args = Args::decode_all(&bytes).unwrap();

        assert_eq!(args.location.dir, HANDLE);
        assert_eq!(args.component().unwrap().as_bytes(), b"a");
        assert_eq!(args.attributes, SetAttributes::default());
        assert_eq!(args.data, SymlinkData::new(b"/t.tx"));
    }

    #[test]
    fn a_bad_text_does_not_spoil_the_call() {
        let bytes = hex(&format!(
            "{HANDLE_BYTES} 00000001 61000000 {SET_NOTHING_BYTES} 00000000"
        ));

        let args = Args::decode_all(&bytes).unwrap();

        assert_eq!(args.data, Err(BadSymlinkData::Empty));
    }

    #[test]
    fn dot_and_dot_dot_are_there_already() {
        let make = |name| {
            let location = DirOpArgs {
                dir: HANDLE,
                name: Ok(name),
            };
            Args {
                location,
                attributes: SetAttributes::default(),
                data: SymlinkData::new(b"x"),
            }
            .component()
        };

        assert_eq!(make(Name::Current), Err(Status::Exist));
        assert_eq!(make(Name::Parent), Err(Status::Exist));
    }

    #[test]
    fn success_has_what_was_created_and_failure_the_directory() {
        let success: Reply<'_> = Ok(Created {
            object: Some(OTHER),
            attributes: None,
            dir: WccData::default(),
        });
        let failure: Reply<'_> = Err(Status::RoFs.into());

        assert_eq!(
            success.to_bytes(),
            hex(&format!(
                "00000000 00000001 {OTHER_BYTES} 00000000 {NO_WCC_BYTES}"
            ))
        );
        assert_eq!(failure.to_bytes(), hex(&format!("0000001e {NO_WCC_BYTES}")));
    }
}
