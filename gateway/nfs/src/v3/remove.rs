//! REMOVE: removes a file's name (RFC 1813, 3.3.12).

use super::dir_op_args::Dots;
use super::{Component, DirOpArgs, Status, WccData, reply};
use crate::xdr::{Decode, Decoder, Malformed};

/// > struct REMOVE3args { diropargs3 object; }; (RFC 1813 3.3.12)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Args<'a> {
    /// > A diropargs3 structure identifying the entry to be removed
    pub object: DirOpArgs<'a>,
}

/// > Even though the REMOVE failed, full wcc_data is returned to allow the client to determine
/// > whether the failing REMOVE changed the directory. (RFC 1813 3.3.12)
pub type Reply = reply::Reply<WccData, WccData>;

impl<'a> Args<'a> {
    /// What is to be removed.
    ///
    /// `.` and `..` are directories, which this procedure does not remove; NFS3ERR_ACCES is the one
    /// of the errors listed for it that fits.
    ///
    /// # Errors
    /// The status that answers a name nothing can have.
    pub fn component(&self) -> Result<Component<'a>, Status> {
        self.object.component(Dots::both(Status::Acces))
    }
}

impl<'a> Decode<'a> for Args<'a> {
    fn decode(d: &mut Decoder<'a>) -> Result<Self, Malformed> {
        Ok(Self { object: d.item()? })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Name;
    use super::super::golden::{HANDLE, HANDLE_BYTES, NO_WCC_BYTES, WCC, hex, wcc_bytes};
    use super::*;
    use crate::xdr::Encode;

    #[test]
    fn the_arguments_are_a_directory_and_a_name() {
        let bytes = hex(&format!("{HANDLE_BYTES} 00000001 61000000"));

        let args = Args::decode_all(&bytes).unwrap();

        assert_eq!(args.object.dir, HANDLE);
        assert_eq!(args.component().unwrap().as_bytes(), b"a");
    }

    #[test]
    fn dot_and_dot_dot_are_not_removed() {
        let remove = |name| {
            let object = DirOpArgs {
                dir: HANDLE,
                name: Ok(name),
            };
            Args { object }.component()
        };

        assert_eq!(remove(Name::Current), Err(Status::Acces));
        assert_eq!(remove(Name::Parent), Err(Status::Acces));
    }

    #[test]
    fn success_and_failure_have_the_directory() {
        let success: Reply = Ok(WCC);
        let failure: Reply = Err(Status::NoEnt.into());

        assert_eq!(
            success.to_bytes(),
            hex(&format!("00000000 {}", wcc_bytes()))
        );
        assert_eq!(failure.to_bytes(), hex(&format!("00000002 {NO_WCC_BYTES}")));
    }
}
