//! RMDIR: removes a directory (RFC 1813, 3.3.13).

use super::dir_op_args::Dots;
use super::{Component, DirOpArgs, Status, WccData, reply};
use crate::xdr::{Decode, Decoder, Malformed};

/// > struct RMDIR3args { diropargs3 object; }; (RFC 1813 3.3.13)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Args<'a> {
    /// > A diropargs3 structure identifying the directory entry to be removed
    pub object: DirOpArgs<'a>,
}

/// > Note that even though the RMDIR failed, full wcc_data is returned to allow the client to
/// > determine whether the failing RMDIR changed the directory. (RFC 1813 3.3.13)
pub type Reply = reply::Reply<WccData, WccData>;

impl<'a> Args<'a> {
    const DOTS: Dots = Dots {
        current: Status::Inval,
        parent: Status::Exist,
    };

    /// What is to be removed.
    ///
    /// > On some servers, the filename, ".", is illegal. These servers will return the error,
    /// > NFS3ERR_INVAL. On some servers, the filename, "..", is illegal. These servers will return
    /// > the error, NFS3ERR_EXIST. (RFC 1813 3.3.13)
    ///
    /// # Errors
    /// The status that answers a name nothing can have.
    pub fn component(&self) -> Result<Component<'a>, Status> {
        self.object.component(Self::DOTS)
    }
}

impl<'a> Decode<'a> for Args<'a> {
    fn decode(d: &mut Decoder<'a>) -> Result<Self, Malformed> {
        Ok(Self { object: d.item()? })
    }
}

#[cfg(test)]
mod tests {
    use super::super::golden::{HANDLE, HANDLE_BYTES, NO_WCC_BYTES, WCC, hex, wcc_bytes};
    use super::super::{Failure, Name};
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
    fn dot_and_dot_dot_are_answered_differently() {
        let remove = |name| {
            let object = DirOpArgs {
                dir: HANDLE,
                name: Ok(name),
            };
            Args { object }.component()
        };

        assert_eq!(remove(Name::Current), Err(Status::Inval));
        assert_eq!(remove(Name::Parent), Err(Status::Exist));
    }

    #[test]
    fn success_and_failure_have_the_directory() {
        let success: Reply = Ok(WccData::default());
        let failure: Reply = Err(Failure {
            status: Status::NotEmpty,
            detail: WCC,
        });

        assert_eq!(success.to_bytes(), hex(&format!("00000000 {NO_WCC_BYTES}")));
        assert_eq!(
            failure.to_bytes(),
            hex(&format!("00000042 {}", wcc_bytes()))
        );
    }
}
