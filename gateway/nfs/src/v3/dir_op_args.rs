//! A name in a directory: diropargs3 (RFC 1813, 2.5).

use super::{BadName, Component, FileHandle, Name, Status};
use crate::xdr::{Decode, Decoder, Malformed};

/// A directory, and the name of something in it.
///
/// > The diropargs3 structure is used in directory operations. The file handle, dir, identifies the
/// > directory in which to manipulate or access the file, name. (RFC 1813 2.5)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DirOpArgs<'a> {
    /// The directory.
    pub dir: FileHandle<'a>,
    /// The name, or what was sent in its place.
    pub name: Result<Name<'a>, BadName>,
}

/// What a procedure answers where it is given `.` or `..`, which it cannot make, remove or rename.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dots {
    /// For `.`.
    pub current: Status,
    /// For `..`.
    pub parent: Status,
}

impl Dots {
    /// Both are answered with `status`.
    pub(super) const fn both(status: Status) -> Self {
        Self {
            current: status,
            parent: status,
        }
    }
}

impl<'a> DirOpArgs<'a> {
    /// The name if it is an entry's own; otherwise the status that answers it.
    pub(super) fn component(&self, dots: Dots) -> Result<Component<'a>, Status> {
        match self.name? {
            Name::Component(component) => Ok(component),
            Name::Current => Err(dots.current),
            Name::Parent => Err(dots.parent),
        }
    }
}

impl<'a> Decode<'a> for DirOpArgs<'a> {
    fn decode(d: &mut Decoder<'a>) -> Result<Self, Malformed> {
        Ok(Self {
            dir: d.item()?,
            name: d.item()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::golden::{HANDLE, HANDLE_BYTES, hex};
    use super::*;

    const DOTS: Dots = Dots {
        current: Status::Inval,
        parent: Status::Exist,
    };

    fn component(name: &[u8]) -> Result<Component<'_>, Status> {
        let args = DirOpArgs {
            dir: HANDLE,
            name: Name::new(name),
        };
        args.component(DOTS)
    }

    #[test]
    fn the_directory_comes_before_the_name() {
        let bytes = hex(&format!("{HANDLE_BYTES} 00000001 61000000"));

        assert_eq!(
            DirOpArgs::decode_all(&bytes),
            Ok(DirOpArgs {
                dir: HANDLE,
                name: Name::new(b"a"),
            })
        );
    }

    #[test]
    fn a_bad_name_does_not_spoil_the_call() {
        let bytes = hex(&format!("{HANDLE_BYTES} 00000002 2f610000"));

        assert_eq!(
            DirOpArgs::decode_all(&bytes),
            Ok(DirOpArgs {
                dir: HANDLE,
                name: Err(BadName::Forbidden),
            })
        );
    }

    #[test]
    fn only_an_entry_of_its_own_is_a_component() {
        assert_eq!(component(b"a").unwrap().as_bytes(), b"a");
        assert_eq!(component(b"."), Err(Status::Inval));
        assert_eq!(component(b".."), Err(Status::Exist));
        assert_eq!(component(b""), Err(Status::Acces));
    }
}
