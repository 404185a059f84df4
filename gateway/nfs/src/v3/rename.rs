//! RENAME: gives an entry another name (RFC 1813, 3.3.14).

use super::dir_op_args::Dots;
use super::{Component, DirOpArgs, Status, WccData, reply};
use crate::xdr::{Decode, Decoder, Encode, Encoder, Malformed};

/// > struct RENAME3args { diropargs3 from; diropargs3 to; }; (RFC 1813 3.3.14)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Args<'a> {
    /// > A diropargs3 structure identifying the source (the file system object to be re-named)
    pub from: DirOpArgs<'a>,
    /// > A diropargs3 structure identifying the target (the new name of the object)
    pub to: DirOpArgs<'a>,
}

/// The two directories, whether it succeeded or not.
///
/// > struct RENAME3resok { wcc_data fromdir_wcc; wcc_data todir_wcc; }; (RFC 1813 3.3.14)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Directories {
    /// > Weak cache consistency data for the directory, from.dir.
    pub from: WccData,
    /// > Weak cache consistency data for the directory, to.dir.
    pub to: WccData,
}

/// Either way the two directories.
pub type Reply = reply::Reply<Directories, Directories>;

impl<'a> Args<'a> {
    /// What it is called, and what it is to be called.
    ///
    /// > On some servers, the filenames, "." and "..", are illegal as either from.name or to.name.
    /// > In addition, neither from.name nor to.name can be an alias for from.dir. These servers
    /// > will return the error, NFS3ERR_INVAL, in these cases. (RFC 1813 3.3.14)
    ///
    /// # Errors
    /// The status that answers the first of the two names that nothing can have.
    pub fn components(&self) -> Result<(Component<'a>, Component<'a>), Status> {
        let dots = Dots::both(Status::Inval);
        Ok((self.from.component(dots)?, self.to.component(dots)?))
    }
}

impl<'a> Decode<'a> for Args<'a> {
    fn decode(d: &mut Decoder<'a>) -> Result<Self, Malformed> {
        Ok(Self {
            from: d.item()?,
            to: d.item()?,
        })
    }
}

impl Encode for Directories {
    fn encode(&self, e: &mut Encoder<'_>) {
        e.item(&self.from);
        e.item(&self.to);
    }
}

#[cfg(test)]
mod tests {
    use super::super::golden::{
        HANDLE, HANDLE_BYTES, NO_WCC_BYTES, OTHER, OTHER_BYTES, WCC, hex, wcc_bytes,
    };
    use super::super::{BadName, Name};
    use super::*;

    fn renamed<'a>(
        from: Result<Name<'a>, BadName>,
        to: Result<Name<'a>, BadName>,
    ) -> Result<(Component<'a>, Component<'a>), Status> {
        let place = |name| DirOpArgs { dir: HANDLE, name };
        let args = Args {
            from: place(from),
            to: place(to),
        };
        args.components()
    }

    #[test]
    fn the_arguments_are_two_directories_each_with_a_name() {
        let bytes = hex(&format!(
            "{HANDLE_BYTES} 00000001 61000000 {OTHER_BYTES} 00000002 62620000"
        ));

        let args = Args::decode_all(&bytes).unwrap();

        assert_eq!((args.from.dir, args.to.dir), (HANDLE, OTHER));
        let (from, to) = args.components().unwrap();
        assert_eq!((from.as_bytes(), to.as_bytes()), (&b"a"[..], &b"bb"[..]));
    }

    #[test]
    fn neither_name_is_dot_or_dot_dot() {
        let name = Name::new(b"a");

        assert_eq!(renamed(Ok(Name::Current), name), Err(Status::Inval));
        assert_eq!(renamed(name, Ok(Name::Parent)), Err(Status::Inval));
        assert_eq!(
            renamed(name, Err(BadName::TooLong)),
            Err(Status::NameTooLong)
        );
    }

    #[test]
    fn success_and_failure_have_both_directories() {
        let success: Reply = Ok(Directories {
            from: WCC,
            to: WccData::default(),
        });
        let failure: Reply = Err(Status::XDev.into());

        assert_eq!(
            success.to_bytes(),
            hex(&format!("00000000 {} {NO_WCC_BYTES}", wcc_bytes()))
        );
        assert_eq!(
            failure.to_bytes(),
            hex(&format!("00000012 {NO_WCC_BYTES} {NO_WCC_BYTES}"))
        );
    }
}
