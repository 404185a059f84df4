//! Names of directory entries: filename3 (RFC 1813, 2.5 and 3.2).
//!
//! A name that is none does not end the connection, and its call is not garbage: the standard says
//! which status it is answered with. So it is decoded as well, into a [`BadName`].

use super::Status;
use crate::xdr::{Decode, Decoder, Encode, Encoder, Malformed};

/// The longest name there is, in bytes: PATHCONF's name_max.
pub const MAX_NAME: usize = 255;

/// The longest name that is looked at, in bytes: up to here it is too long, and garbage beyond.
pub const MAX_NAME_READ: usize = 1024;

/// What a client calls an entry of a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name<'a> {
    /// `.`
    ///
    /// > A filename having the value of "." is assumed to be an alias for the current directory.
    /// > [...] the server should be able to handle such a filename correctly. (RFC 1813 3.2)
    Current,
    /// `..`
    ///
    /// > A filename having the value of ".." is assumed to be an alias for the parent of the
    /// > current directory [...]. The server should be prepared to handle this semantic
    /// > (RFC 1813 3.2)
    Parent,
    /// Any other.
    Component(Component<'a>),
}

/// The name of an entry proper: one to [`MAX_NAME`] bytes, none of them `/` or NUL, and neither `.`
/// nor `..`. It stays in the directory that it is looked up in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Component<'a>(&'a [u8]);

/// What a client sent in the place of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadName {
    /// No byte at all.
    #[error("a name is empty")]
    Empty,
    /// More than [`MAX_NAME`] bytes.
    #[error("a name is too long")]
    TooLong,
    /// A `/` or NUL.
    #[error("a name has a byte that no name has")]
    Forbidden,
}

impl<'a> Name<'a> {
    /// These bytes as a name.
    ///
    /// # Errors
    /// If they are none.
    pub fn new(bytes: &'a [u8]) -> Result<Self, BadName> {
        match bytes {
            b"" => Err(BadName::Empty),
            b"." => Ok(Self::Current),
            b".." => Ok(Self::Parent),
            _ if bytes.len() > MAX_NAME => Err(BadName::TooLong),
            _ if bytes.iter().any(|byte| matches!(byte, b'/' | 0)) => Err(BadName::Forbidden),
            _ => Ok(Self::Component(Component(bytes))),
        }
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        match self {
            Self::Current => b".",
            Self::Parent => b"..",
            Self::Component(component) => component.0,
        }
    }
}

impl<'a> Component<'a> {
    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.0
    }
}

impl From<BadName> for Status {
    /// > The filename must not be null nor may it be the null string. The server should return the
    /// > error, NFS3ERR_ACCES, if it receives such a filename. (RFC 1813 3.2)
    ///
    /// > If no_trunc is TRUE and the filename exceeds the server's file system maximum filename
    /// > length, the operation will fail with the error, NFS3ERR_NAMETOOLONG. (RFC 1813 3.2)
    ///
    /// > If the server receives a filename containing characters that it can not handle, the error,
    /// > NFS3ERR_EACCES, should be returned. (RFC 1813 3.2)
    fn from(bad: BadName) -> Self {
        match bad {
            BadName::Empty | BadName::Forbidden => Self::Acces,
            BadName::TooLong => Self::NameTooLong,
        }
    }
}

impl<'a> Decode<'a> for Result<Name<'a>, BadName> {
    fn decode(d: &mut Decoder<'a>) -> Result<Self, Malformed> {
        Ok(Name::new(d.opaque(MAX_NAME_READ)?))
    }
}

impl Encode for Name<'_> {
    fn encode(&self, e: &mut Encoder<'_>) {
        e.opaque(self.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::super::golden::hex;
    use super::*;

    fn answered(bytes: &[u8]) -> Result<Name<'_>, Status> {
        Ok(Name::new(bytes)?)
    }

    fn decoded(bytes: &[u8]) -> Result<Result<Name<'_>, BadName>, Malformed> {
        Decode::decode_all(bytes)
    }

    #[test]
    fn a_name_has_its_length_before_it_and_its_padding_behind_it() {
        let bytes = hex("00000005 64697361 2e000000");
        let name = Name::new(b"disa.").unwrap();

        assert_eq!(name.to_bytes(), bytes);
        assert_eq!(decoded(&bytes), Ok(Ok(name)));
    }

    #[test]
    fn dot_and_dot_dot_are_told_from_the_names_that_begin_like_them() {
        assert_eq!(Name::new(b"."), Ok(Name::Current));
        assert_eq!(Name::new(b".."), Ok(Name::Parent));
        assert_eq!(Name::new(b"..."), Ok(Name::Component(Component(b"..."))));
        assert_eq!(Name::Current.to_bytes(), hex("00000001 2e000000"));
        assert_eq!(Name::Parent.to_bytes(), hex("00000002 2e2e0000"));
    }

    #[test]
    fn what_is_no_name_is_decoded_with_the_status_that_answers_it() {
        assert_eq!(answered(b""), Err(Status::Acces));
        assert_eq!(answered(b"a/b"), Err(Status::Acces));
        assert_eq!(answered(b"/"), Err(Status::Acces));
        assert_eq!(answered(b"../x"), Err(Status::Acces));
        assert_eq!(answered(b"a\0"), Err(Status::Acces));
        assert_eq!(answered(&[b'a'; MAX_NAME + 1]), Err(Status::NameTooLong));
        assert!(answered(&[b'a'; MAX_NAME]).is_ok());
    }

    #[test]
    fn bytes_that_are_no_utf_8_are_a_name() {
        assert_eq!(Name::new(&[0xff, 0xfe]).unwrap().as_bytes(), [0xff, 0xfe]);
    }

    #[test]
    fn a_name_is_too_long_up_to_a_point_and_garbage_beyond() {
        let mut long = hex("00000400");
        long.resize(4 + MAX_NAME_READ, b'a');

        assert_eq!(decoded(&long), Ok(Err(BadName::TooLong)));
        assert_eq!(decoded(&hex("00000401")), Err(Malformed::TooLong));
    }
}
