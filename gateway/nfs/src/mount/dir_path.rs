//! The path that a client mounts, whose first component may be its token.

use std::fmt;

use crate::xdr::{Decode, Decoder, Encode, Encoder, Malformed};

/// The greatest length of a path.
///
/// > const MNTPATHLEN = 1024; /* Maximum bytes in a path name */ (RFC 1813, 5.1.4)
pub const DIR_PATH: usize = 1024;

/// A path as a client sent it.
///
/// It may hold a token, and is therefore printed nowhere.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct DirPath<'a>(&'a [u8]);

/// What a client proves with who it is: the first component of the path that it mounts.
///
/// It is printed nowhere, and cannot be compared by accident in a time that tells how much of it
/// is right.
#[derive(Clone, Copy)]
pub struct Token<'a>(&'a [u8]);

impl<'a> DirPath<'a> {
    /// The path of these bytes; `None` if they are too many.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Option<Self> {
        if bytes.len() <= DIR_PATH {
            Some(Self(bytes))
        } else {
            None
        }
    }

    /// The bytes, of which a part may be a token.
    #[must_use]
    pub const fn expose(self) -> &'a [u8] {
        self.0
    }

    /// The path's first component, and the path below it; `None` for the path of a root.
    ///
    /// Slashes at the front, and those that follow the token, are no part of either: `/token`,
    /// `/token/` and `token` are a token and an empty path.
    #[must_use]
    pub fn split_token(self) -> Option<(Token<'a>, DirPath<'a>)> {
        let path = trimmed(self.0);
        let end = path.iter().position(|byte| *byte == b'/');
        let (token, rest) = path.split_at_checked(end.unwrap_or(path.len()))?;
        (!token.is_empty()).then_some((Token(token), DirPath(trimmed(rest))))
    }

    /// The path's components, of which none is empty. What `.` and `..` are is not decided here.
    pub fn components(self) -> impl Iterator<Item = &'a [u8]> {
        let components = self.0.split(|byte| *byte == b'/');
        components.filter(|component| !component.is_empty())
    }
}

impl<'a> Token<'a> {
    /// The bytes: for the comparison with a secret.
    #[must_use]
    pub const fn expose(self) -> &'a [u8] {
        self.0
    }
}

/// The path without the slashes at its front.
fn trimmed(path: &[u8]) -> &[u8] {
    let start = path.iter().position(|byte| *byte != b'/');
    start
        .and_then(|start| path.get(start..))
        .unwrap_or_default()
}

impl fmt::Debug for DirPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DirPath(..)")
    }
}

impl fmt::Debug for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

impl<'a> Decode<'a> for DirPath<'a> {
    fn decode(d: &mut Decoder<'a>) -> Result<Self, Malformed> {
        d.opaque(DIR_PATH).map(Self)
    }
}

impl Encode for DirPath<'_> {
    fn encode(&self, e: &mut Encoder<'_>) {
        e.opaque(self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(path: &[u8]) -> Option<(&[u8], &[u8])> {
        let (token, rest) = DirPath::new(path).unwrap().split_token()?;
        Some((token.expose(), rest.expose()))
    }

    #[test]
    fn the_first_component_is_the_token() {
        assert_eq!(
            split(b"/token/tree/dir"),
            Some((&b"token"[..], &b"tree/dir"[..]))
        );
        assert_eq!(split(b"token/tree"), Some((&b"token"[..], &b"tree"[..])));
    }

    #[test]
    fn a_token_alone_is_the_path_of_its_root() {
        assert_eq!(split(b"/token"), Some((&b"token"[..], &b""[..])));
        assert_eq!(split(b"/token/"), Some((&b"token"[..], &b""[..])));
        assert_eq!(split(b"//token//"), Some((&b"token"[..], &b""[..])));
    }

    #[test]
    fn a_root_has_no_token() {
        assert_eq!(split(b""), None);
        assert_eq!(split(b"/"), None);
        assert_eq!(split(b"///"), None);
    }

    #[test]
    fn components_are_what_stands_between_slashes() {
        let path = DirPath::new(b"//a/./b//..").unwrap();

        let components: Vec<_> = path.components().collect();

        assert_eq!(components, [&b"a"[..], b".", b"b", b".."]);
        assert_eq!(DirPath::new(b"/").unwrap().components().count(), 0);
    }

    #[test]
    fn neither_a_path_nor_a_token_is_printed() {
        let path = DirPath::new(b"/token/tree").unwrap();

        assert_eq!(
            format!("{path:?} {:?}", path.split_token()),
            "DirPath(..) Some((Token(..), DirPath(..)))"
        );
    }

    #[test]
    fn a_path_has_at_most_1024_bytes() {
        assert!(DirPath::new(&[b'/'; DIR_PATH]).is_some());
        assert!(DirPath::new(&[b'/'; DIR_PATH + 1]).is_none());
        assert_eq!(DirPath::decode_all(&[0, 0, 4, 1]), Err(Malformed::TooLong));
    }
}
