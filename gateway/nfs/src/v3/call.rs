//! The arguments of any procedure.

use super::{
    FileHandle, Procedure, access, commit, create, fsinfo, fsstat, getattr, link, lookup, mkdir,
    mknod, pathconf, read, readdir, readdirplus, readlink, remove, rename, rmdir, setattr, symlink,
    write,
};
use crate::xdr::{Decoder, Malformed};

/// The arguments of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call<'a> {
    /// NULL, which has none.
    Null,
    /// GETATTR.
    GetAttr(getattr::Args<'a>),
    /// SETATTR.
    SetAttr(setattr::Args<'a>),
    /// LOOKUP.
    Lookup(lookup::Args<'a>),
    /// ACCESS.
    Access(access::Args<'a>),
    /// READLINK.
    ReadLink(readlink::Args<'a>),
    /// READ.
    Read(read::Args<'a>),
    /// WRITE, up to its data.
    Write(write::Head<'a>),
    /// CREATE.
    Create(create::Args<'a>),
    /// MKDIR.
    MkDir(mkdir::Args<'a>),
    /// SYMLINK.
    SymLink(symlink::Args<'a>),
    /// MKNOD.
    MkNod(mknod::Args<'a>),
    /// REMOVE.
    Remove(remove::Args<'a>),
    /// RMDIR.
    RmDir(rmdir::Args<'a>),
    /// RENAME.
    Rename(rename::Args<'a>),
    /// LINK.
    Link(link::Args<'a>),
    /// READDIR.
    ReadDir(readdir::Args<'a>),
    /// READDIRPLUS.
    ReadDirPlus(readdirplus::Args<'a>),
    /// FSSTAT.
    FsStat(fsstat::Args<'a>),
    /// FSINFO.
    FsInfo(fsinfo::Args<'a>),
    /// PATHCONF.
    PathConf(pathconf::Args<'a>),
    /// COMMIT.
    Commit(commit::Args<'a>),
}

impl<'a> Call<'a> {
    /// The object that it is about: of two, the first. NULL is about none.
    #[must_use]
    pub const fn handle(&self) -> Option<FileHandle<'a>> {
        Some(match self {
            Self::Null => return None,
            Self::GetAttr(args) => args.object,
            Self::SetAttr(args) => args.object,
            Self::Lookup(args) => args.what.dir,
            Self::Access(args) => args.object,
            Self::ReadLink(args) => args.symlink,
            Self::Read(args) => args.file,
            Self::Write(args) => args.file,
            Self::Create(args) => args.location.dir,
            Self::MkDir(args) => args.location.dir,
            Self::SymLink(args) => args.location.dir,
            Self::MkNod(args) => args.location.dir,
            Self::Remove(args) => args.object.dir,
            Self::RmDir(args) => args.object.dir,
            Self::Rename(args) => args.from.dir,
            Self::Link(args) => args.file,
            Self::ReadDir(args) => args.dir,
            Self::ReadDirPlus(args) => args.dir,
            Self::FsStat(args) => args.fsroot,
            Self::FsInfo(args) => args.fsroot,
            Self::PathConf(args) => args.object,
            Self::Commit(args) => args.file,
        })
    }
}

/// Reads the arguments of a call to `procedure`, all of them but WRITE's data.
///
/// What is left in the decoder is for the caller to look at: there must be nothing, or
/// [`write::Head::follows`] bytes.
///
/// # Errors
/// If the bytes are no such arguments.
pub fn decode_call<'a>(procedure: Procedure, d: &mut Decoder<'a>) -> Result<Call<'a>, Malformed> {
    Ok(match procedure {
        Procedure::Null => Call::Null,
        Procedure::GetAttr => Call::GetAttr(d.item()?),
        Procedure::SetAttr => Call::SetAttr(d.item()?),
        Procedure::Lookup => Call::Lookup(d.item()?),
        Procedure::Access => Call::Access(d.item()?),
        Procedure::ReadLink => Call::ReadLink(d.item()?),
        Procedure::Read => Call::Read(d.item()?),
        Procedure::Write => Call::Write(d.item()?),
        Procedure::Create => Call::Create(d.item()?),
        Procedure::MkDir => Call::MkDir(d.item()?),
        Procedure::SymLink => Call::SymLink(d.item()?),
        Procedure::MkNod => Call::MkNod(d.item()?),
        Procedure::Remove => Call::Remove(d.item()?),
        Procedure::RmDir => Call::RmDir(d.item()?),
        Procedure::Rename => Call::Rename(d.item()?),
        Procedure::Link => Call::Link(d.item()?),
        Procedure::ReadDir => Call::ReadDir(d.item()?),
        Procedure::ReadDirPlus => Call::ReadDirPlus(d.item()?),
        Procedure::FsStat => Call::FsStat(d.item()?),
        Procedure::FsInfo => Call::FsInfo(d.item()?),
        Procedure::PathConf => Call::PathConf(d.item()?),
        Procedure::Commit => Call::Commit(d.item()?),
    })
}

#[cfg(test)]
mod tests {
    use super::super::golden::{HANDLE_BYTES, hex};
    use super::*;

    #[test]
    fn a_call_of_nothing_takes_nothing() {
        let mut decoder = Decoder::new(&[1, 2, 3, 4]);

        assert_eq!(decode_call(Procedure::Null, &mut decoder), Ok(Call::Null));
        assert_eq!(decoder.remaining(), 4);
    }

    #[test]
    fn a_write_is_read_up_to_its_data() {
        let mut bytes = hex(&format!(
            "{HANDLE_BYTES} 00000000 00000000 00000004 00000000 00000004"
        ));
        bytes.extend_from_slice(b"data");
        let mut decoder = Decoder::new(&bytes);

        let call = decode_call(Procedure::Write, &mut decoder);

        let Ok(Call::Write(head)) = call else {
            panic!("a write")
        };
        assert_eq!(decoder.rest(), b"data");
        assert_eq!(head.follows(), 4);
    }

    #[test]
    fn the_arguments_of_every_procedure_but_null_begin_with_a_handle() {
        let too_long = hex("00000041");
        let (null, others) = Procedure::ALL.split_first().unwrap();
        let refused = |procedure: &Procedure| decode_call(*procedure, &mut Decoder::new(&too_long));

        assert_eq!(refused(null), Ok(Call::Null));
        assert_eq!(others.len(), 21);
        for procedure in others {
            assert_eq!(refused(procedure), Err(Malformed::TooLong));
        }
    }
}
