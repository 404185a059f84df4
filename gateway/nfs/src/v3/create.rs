//! CREATE: makes a regular file (RFC 1813, 3.3.8).

use super::dir_op_args::Dots;
use super::{Component, CreateVerifier, Created, DirOpArgs, SetAttributes, Status, WccData, reply};
use crate::xdr::{Decode, Decoder, Malformed};

/// > struct CREATE3args { diropargs3 where; createhow3 how; }; (RFC 1813 3.3.8)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Args<'a> {
    /// > The location of the file to be created
    pub location: DirOpArgs<'a>,
    /// What if it is there already.
    pub how: How,
}

/// What if the file is there already: createhow3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// > UNCHECKED means that the file should be created without checking for the existence of a
    /// > duplicate file in the same directory. In this case, how.obj_attributes is a sattr3
    /// > describing the initial attributes for the file.
    Unchecked(SetAttributes),
    /// > GUARDED specifies that the server should check for the presence of a duplicate file before
    /// > performing the create and should fail the request with NFS3ERR_EXIST if a duplicate file
    /// > exists.
    Guarded(SetAttributes),
    /// > EXCLUSIVE specifies that the server is to follow exclusive creation semantics, using the
    /// > verifier to ensure exclusive creation of the target. No attributes may be provided in this
    /// > case, since the server may use the target file metadata to store the createverf3 verifier.
    Exclusive(CreateVerifier),
}

/// > Even though the CREATE failed, full wcc_data is returned to allow the client to determine
/// > whether the failing CREATE resulted in any change to the directory. (RFC 1813 3.3.8)
pub type Reply<'a> = reply::Reply<Created<'a>, WccData>;

impl<'a> Args<'a> {
    /// What the file is to be called.
    ///
    /// > "." and ".." are distinguished in UFS, and may not be specified as the name when creating
    /// > a file system object. (RFC 1813 4.6)
    ///
    /// # Errors
    /// The status that answers a name no file can be given.
    pub fn component(&self) -> Result<Component<'a>, Status> {
        self.location.component(Dots::both(Status::Exist))
    }
}

impl<'a> Decode<'a> for Args<'a> {
    fn decode(d: &mut Decoder<'a>) -> Result<Self, Malformed> {
        Ok(Self {
            location: d.item()?,
            how: d.item()?,
        })
    }
}

impl Decode<'_> for How {
    fn decode(d: &mut Decoder<'_>) -> Result<Self, Malformed> {
        match d.u32()? {
            0 => Ok(Self::Unchecked(d.item()?)),
            1 => Ok(Self::Guarded(d.item()?)),
            2 => Ok(Self::Exclusive(d.item()?)),
            _ => Err(Malformed::Value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::golden::{
        HANDLE, HANDLE_BYTES, NO_WCC_BYTES, SET_BYTES, SET_NOTHING_BYTES, hex,
    };
    use super::super::{Mode, Name};
    use super::*;
    use crate::xdr::Encode;

    fn decoded(name_and_how: &str) -> Result<Args<'static>, Malformed> {
        let bytes = hex(&format!("{HANDLE_BYTES} {name_and_how}"));
        Args::decode_all(bytes.leak())
    }

    #[test]
    fn arguments_of_an_unchecked_create() {
        let args = decoded(&format!("00000001 61000000 00000000 {SET_BYTES}")).unwrap();

        assert_eq!(args.location.dir, HANDLE);
        assert_eq!(args.location.name, Name::new(b"a"));
        let How::Unchecked(set) = args.how else {
            panic!("unchecked")
        };
        assert_eq!(set.mode, Some(Mode::new(0o666)));
        assert_eq!(set.size, Some(4096));
    }

    #[test]
    fn arguments_of_a_guarded_create() {
        let args = decoded(&format!("00000001 61000000 00000001 {SET_NOTHING_BYTES}"));

        assert_eq!(args.unwrap().how, How::Guarded(SetAttributes::default()));
    }

    #[test]
    fn arguments_of_an_exclusive_create() {
        let args = decoded("00000001 61000000 00000002 01020304 05060708");

        let verifier = CreateVerifier([1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(args.unwrap().how, How::Exclusive(verifier));
    }

    #[test]
    fn a_way_of_creating_that_there_is_not_is_refused() {
        assert_eq!(decoded("00000001 61000000 00000003"), Err(Malformed::Value));
    }

    #[test]
    fn a_file_is_not_called_dot_or_dot_dot() {
        let create = |name: &str| {
            decoded(&format!("{name} 00000001 {SET_NOTHING_BYTES}"))
                .unwrap()
                .component()
        };

        assert_eq!(create("00000001 61000000").unwrap().as_bytes(), b"a");
        assert_eq!(create("00000001 2e000000"), Err(Status::Exist));
        assert_eq!(create("00000002 2e2e0000"), Err(Status::Exist));
        assert_eq!(create("00000000"), Err(Status::Acces));
    }

    #[test]
    fn success_has_what_was_created_and_failure_the_directory() {
        let success: Reply<'_> = Ok(Created {
            object: Some(HANDLE),
            attributes: None,
            dir: WccData::default(),
        });
        let failure: Reply<'_> = Err(Status::Exist.into());

        assert_eq!(
            success.to_bytes(),
            hex(&format!(
                "00000000 00000001 {HANDLE_BYTES} 00000000 {NO_WCC_BYTES}"
            ))
        );
        assert_eq!(failure.to_bytes(), hex(&format!("00000011 {NO_WCC_BYTES}")));
    }
}
