//! Names as clients send them.

use super::TreeError;

/// The longest name in bytes, of any file system of Linux.
pub(super) const MAX_NAME: usize = 255;

/// One component of a path: never one that leads further than one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name<'a> {
    /// `.`
    Current,
    /// `..`
    Parent,
    /// The name of an entry.
    Entry(&'a [u8]),
}

impl<'a> Name<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, TreeError> {
        match bytes {
            b"." => Ok(Self::Current),
            b".." => Ok(Self::Parent),
            [] => Err(TreeError::Invalid),
            _ if bytes.len() > MAX_NAME => Err(TreeError::NameTooLong),
            _ if bytes.iter().any(|byte| matches!(byte, b'/' | 0)) => Err(TreeError::Invalid),
            _ => Ok(Self::Entry(bytes)),
        }
    }

    /// The name of an entry that is to be made.
    pub(super) fn of_new(bytes: &'a [u8]) -> Result<&'a [u8], TreeError> {
        match Self::parse(bytes)? {
            Self::Entry(name) => Ok(name),
            Self::Current | Self::Parent => Err(TreeError::Exists),
        }
    }

    /// The name of an entry that is to be removed or moved.
    pub(super) fn of_old(bytes: &'a [u8]) -> Result<&'a [u8], TreeError> {
        match Self::parse(bytes)? {
            Self::Entry(name) => Ok(name),
            Self::Current | Self::Parent => Err(TreeError::Invalid),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_step_or_none() {
        assert_eq!(Name::parse(b"a"), Ok(Name::Entry(b"a")));
        assert_eq!(Name::parse(b"\xFF\n"), Ok(Name::Entry(b"\xFF\n")));
        assert_eq!(Name::parse(b".."), Ok(Name::Parent));
        assert_eq!(Name::parse(&[b'a'; 255]), Ok(Name::Entry(&[b'a'; 255])));
        assert_eq!(Name::parse(&[b'a'; 256]), Err(TreeError::NameTooLong));
        for wrong in [&b""[..], b"a/b", b"/", b"../x", b"a\0"] {
            assert_eq!(Name::parse(wrong), Err(TreeError::Invalid));
        }
    }
}
