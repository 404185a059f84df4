//! LINK: gives a file a further name (RFC 1813, 3.3.15).

use super::dir_op_args::Dots;
use super::{Attributes, Component, DirOpArgs, FileHandle, Status, WccData, reply};
use crate::xdr::{Decode, Decoder, Encode, Encoder, Malformed};

/// > struct LINK3args { nfs_fh3 file; diropargs3 link; }; (RFC 1813 3.3.15)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Args<'a> {
    /// > The file handle for the existing file system object.
    pub file: FileHandle<'a>,
    /// > The location of the link to be created
    pub link: DirOpArgs<'a>,
}

/// The file and the directory, whether it succeeded or not.
///
/// > struct LINK3resok { post_op_attr file_attributes; wcc_data linkdir_wcc; }; (RFC 1813 3.3.15)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FileAndDirectory {
    /// > The post-operation attributes of the file system object identified by file.
    pub file: Option<Attributes>,
    /// > Weak cache consistency data for the directory, link.dir.
    pub dir: WccData,
}

/// Either way the file and the directory.
pub type Reply = reply::Reply<FileAndDirectory, FileAndDirectory>;

impl<'a> Args<'a> {
    /// What the file is to be called too.
    ///
    /// > The comments under RENAME regarding object and target residing on the same file system
    /// > apply here as well. The comments regarding the target name applies as well.
    /// > (RFC 1813 3.3.15)
    ///
    /// # Errors
    /// The status that answers a name nothing can be given.
    pub fn component(&self) -> Result<Component<'a>, Status> {
        self.link.component(Dots::both(Status::Inval))
    }
}

impl<'a> Decode<'a> for Args<'a> {
    fn decode(d: &mut Decoder<'a>) -> Result<Self, Malformed> {
        Ok(Self {
            file: d.item()?,
            link: d.item()?,
        })
    }
}

impl Encode for FileAndDirectory {
    fn encode(&self, e: &mut Encoder<'_>) {
        e.item(&self.file);
        e.item(&self.dir);
    }
}

#[cfg(test)]
mod tests {
    use super::super::Name;
    use super::super::golden::{
        ATTRIBUTES, ATTRIBUTES_BYTES, HANDLE, HANDLE_BYTES, NO_WCC_BYTES, OTHER, OTHER_BYTES, WCC,
        hex, wcc_bytes,
    };
    use super::*;

    #[test]
    fn the_arguments_are_a_file_a_directory_and_a_name() {
        let bytes = hex(&format!("{HANDLE_BYTES} {OTHER_BYTES} 00000001 61000000"));

        let args = Args::decode_all(&bytes).unwrap();

        assert_eq!((args.file, args.link.dir), (HANDLE, OTHER));
        assert_eq!(args.component().unwrap().as_bytes(), b"a");
    }

    #[test]
    fn a_link_is_not_called_dot_or_dot_dot() {
        let link = |name| {
            let link = DirOpArgs {
                dir: OTHER,
                name: Ok(name),
            };
            Args { file: HANDLE, link }.component()
        };

        assert_eq!(link(Name::Current), Err(Status::Inval));
        assert_eq!(link(Name::Parent), Err(Status::Inval));
    }

    #[test]
    fn success_and_failure_have_the_file_and_the_directory() {
        let success: Reply = Ok(FileAndDirectory {
            file: Some(ATTRIBUTES),
            dir: WCC,
        });
        let failure: Reply = Err(Status::MLink.into());

        assert_eq!(
            success.to_bytes(),
            hex(&format!(
                "00000000 00000001 {ATTRIBUTES_BYTES} {}",
                wcc_bytes()
            ))
        );
        assert_eq!(
            failure.to_bytes(),
            hex(&format!("0000001f 00000000 {NO_WCC_BYTES}"))
        );
    }
}
