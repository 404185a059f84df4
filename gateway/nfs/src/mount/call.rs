//! Which procedure is called, with its arguments (RFC 1813, 5.2).

use super::{DirPath, PROGRAM, VERSION};
use crate::rpc::{Accepted, CallHeader};
use crate::xdr::{Decode, Encode, Encoder};

/// The procedures' numbers.
pub mod procedure {
    /// > void MOUNTPROC3_NULL(void) = 0; (RFC 1813, 5.2)
    pub const NULL: u32 = 0;
    /// > mountres3 MOUNTPROC3_MNT(dirpath) = 1; (RFC 1813, 5.2)
    pub const MNT: u32 = 1;
    /// > mountlist MOUNTPROC3_DUMP(void) = 2; (RFC 1813, 5.2)
    pub const DUMP: u32 = 2;
    /// > void MOUNTPROC3_UMNT(dirpath) = 3; (RFC 1813, 5.2)
    pub const UMNT: u32 = 3;
    /// > void MOUNTPROC3_UMNTALL(void) = 4; (RFC 1813, 5.2)
    pub const UMNTALL: u32 = 4;
    /// > exports MOUNTPROC3_EXPORT(void) = 5; (RFC 1813, 5.2)
    pub const EXPORT: u32 = 5;
}

/// A procedure with its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call<'a> {
    /// Nothing is to be done. Whatever the arguments are, they are not looked at.
    Null,
    /// The path of a directory, to be answered with its handle: [`super::MntReply`].
    Mnt(DirPath<'a>),
    /// Who has mounted what: [`super::MountList`].
    Dump,
    /// The client has unmounted the directory. No results.
    Umnt(DirPath<'a>),
    /// The client has unmounted everything. No results.
    UmntAll,
    /// What there is to mount, and by whom: [`super::ExportList`].
    Export,
}

impl<'a> Call<'a> {
    /// Reads the arguments of the procedure that `header` names.
    ///
    /// # Errors
    /// With what the caller is to be told if that is no procedure of this program, or those are
    /// not its arguments.
    pub fn parse(header: &CallHeader<'_>, arguments: &'a [u8]) -> Result<Self, Accepted> {
        if header.program != PROGRAM {
            return Err(Accepted::ProgUnavail);
        }
        if header.version != VERSION {
            return Err(Accepted::ProgMismatch {
                low: VERSION,
                high: VERSION,
            });
        }
        match header.procedure {
            procedure::NULL => Ok(Self::Null),
            procedure::MNT => all(arguments).map(Self::Mnt),
            procedure::DUMP => all(arguments).map(|()| Self::Dump),
            procedure::UMNT => all(arguments).map(Self::Umnt),
            procedure::UMNTALL => all(arguments).map(|()| Self::UmntAll),
            procedure::EXPORT => all(arguments).map(|()| Self::Export),
            _ => Err(Accepted::ProcUnavail),
        }
    }

    /// The procedure's number.
    #[must_use]
    pub const fn procedure(&self) -> u32 {
        match self {
            Self::Null => procedure::NULL,
            Self::Mnt(_) => procedure::MNT,
            Self::Dump => procedure::DUMP,
            Self::Umnt(_) => procedure::UMNT,
            Self::UmntAll => procedure::UMNTALL,
            Self::Export => procedure::EXPORT,
        }
    }
}

/// The arguments as a client sends them.
impl Encode for Call<'_> {
    fn encode(&self, e: &mut Encoder<'_>) {
        match self {
            Self::Mnt(path) | Self::Umnt(path) => e.item(path),
            Self::Null | Self::Dump | Self::UmntAll | Self::Export => {}
        }
    }
}

fn all<'a, T: Decode<'a>>(arguments: &'a [u8]) -> Result<T, Accepted> {
    T::decode_all(arguments).map_err(|_| Accepted::GarbageArgs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rpc::Credential;

    fn header(version: u32, procedure: u32) -> CallHeader<'static> {
        CallHeader {
            xid: 1,
            program: PROGRAM,
            version,
            procedure,
            credential: Credential::None,
        }
    }

    fn called(procedure: u32, arguments: &[u8]) -> Result<Call<'_>, Accepted> {
        Call::parse(&header(VERSION, procedure), arguments)
    }

    const VM: &[u8] = &[0, 0, 0, 3, b'/', b'v', b'm', 0];

    #[test]
    fn each_procedure_is_read_with_its_arguments() {
        let path = DirPath::new(b"/vm").unwrap();

        assert_eq!(called(0, &[]), Ok(Call::Null));
        assert_eq!(called(1, VM), Ok(Call::Mnt(path)));
        assert_eq!(called(2, &[]), Ok(Call::Dump));
        assert_eq!(called(3, VM), Ok(Call::Umnt(path)));
        assert_eq!(called(4, &[]), Ok(Call::UmntAll));
        assert_eq!(called(5, &[]), Ok(Call::Export));
    }

    #[test]
    fn there_are_no_further_procedures() {
        assert_eq!(called(6, &[]), Err(Accepted::ProcUnavail));
    }

    #[test]
    fn arguments_of_another_shape_are_garbage() {
        assert_eq!(called(1, &[]), Err(Accepted::GarbageArgs));
        assert_eq!(called(1, &VM[..7]), Err(Accepted::GarbageArgs));
        assert_eq!(
            called(3, &[VM, &[0; 4]].concat()),
            Err(Accepted::GarbageArgs)
        );
        assert_eq!(called(5, &[0; 4]), Err(Accepted::GarbageArgs));
    }

    #[test]
    fn a_path_that_is_too_long_is_garbage() {
        let longer = [&[0, 0, 4, 1][..], &[b'/'; 1028]].concat();

        assert_eq!(called(1, &longer), Err(Accepted::GarbageArgs));
    }

    #[test]
    fn other_versions_are_told_which_there_is() {
        let mismatch = Accepted::ProgMismatch { low: 3, high: 3 };

        assert_eq!(Call::parse(&header(1, 0), &[]), Err(mismatch));
        assert_eq!(Call::parse(&header(2, 1), VM), Err(mismatch));
        assert_eq!(Call::parse(&header(4, 0), &[]), Err(mismatch));
    }

    #[test]
    fn another_program_is_not_served() {
        let header = CallHeader {
            program: 100_003,
            ..header(3, 0)
        };

        assert_eq!(Call::parse(&header, &[]), Err(Accepted::ProgUnavail));
    }
}
