//! What a symbolic link says: nfspath3 (RFC 1813, 2.5).

use super::Status;
use crate::xdr::{Decode, Decoder, Encode, Encoder, Malformed};

/// The longest text of a symbolic link, in bytes: what Linux has of one (`PATH_MAX` with its NUL).
pub const MAX_SYMLINK_DATA: usize = 4095;

/// The longest text that is looked at, in bytes: up to here it is too long, and garbage beyond.
pub const MAX_SYMLINK_DATA_READ: usize = 4096;

/// The text of a symbolic link: one to [`MAX_SYMLINK_DATA`] bytes, none of them NUL.
///
/// > The data is an ASCII string that is opaque to the server. (RFC 1813 3.3.5)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SymlinkData<'a>(&'a [u8]);

/// What a client sent in the place of a symbolic link's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadSymlinkData {
    /// No byte at all.
    #[error("the text of a symbolic link is empty")]
    Empty,
    /// More than [`MAX_SYMLINK_DATA`] bytes.
    #[error("the text of a symbolic link is too long")]
    TooLong,
    /// A NUL.
    #[error("the text of a symbolic link has a NUL in it")]
    Forbidden,
}

impl<'a> SymlinkData<'a> {
    /// These bytes as the text of a symbolic link.
    ///
    /// # Errors
    /// If no symbolic link can have them.
    pub fn new(bytes: &'a [u8]) -> Result<Self, BadSymlinkData> {
        match bytes {
            b"" => Err(BadSymlinkData::Empty),
            _ if bytes.len() > MAX_SYMLINK_DATA => Err(BadSymlinkData::TooLong),
            _ if bytes.contains(&0) => Err(BadSymlinkData::Forbidden),
            _ => Ok(Self(bytes)),
        }
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.0
    }
}

impl From<BadSymlinkData> for Status {
    /// > Invalid argument or unsupported argument for an operation. (RFC 1813 2.6)
    ///
    /// The standard names no status for a text that cannot be stored.
    fn from(bad: BadSymlinkData) -> Self {
        match bad {
            BadSymlinkData::Empty | BadSymlinkData::Forbidden => Self::Inval,
            BadSymlinkData::TooLong => Self::NameTooLong,
        }
    }
}

impl<'a> Decode<'a> for Result<SymlinkData<'a>, BadSymlinkData> {
    fn decode(d: &mut Decoder<'a>) -> Result<Self, Malformed> {
        Ok(SymlinkData::new(d.opaque(MAX_SYMLINK_DATA_READ)?))
    }
}

impl Encode for SymlinkData<'_> {
    fn encode(&self, e: &mut Encoder<'_>) {
        e.opaque(self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::super::golden::hex;
    use super::*;

    fn answered(bytes: &[u8]) -> Result<SymlinkData<'_>, Status> {
        Ok(SymlinkData::new(bytes)?)
    }

    #[test]
    fn the_text_has_its_length_before_it_and_its_padding_behind_it() {
        let bytes = hex("00000006 2e2e2f61 2f620000");
        let data = SymlinkData::new(b"../a/b").unwrap();

        assert_eq!(data.to_bytes(), bytes);
        assert_eq!(
            Decode::decode_all(&bytes),
            Ok(Ok::<_, BadSymlinkData>(data))
        );
    }

    #[test]
    fn what_no_link_can_say_is_decoded_with_the_status_that_answers_it() {
        assert_eq!(answered(b""), Err(Status::Inval));
        assert_eq!(answered(b"a\0b"), Err(Status::Inval));
        assert_eq!(
            answered(&[b'a'; MAX_SYMLINK_DATA + 1]),
            Err(Status::NameTooLong)
        );
        assert!(answered(&[b'a'; MAX_SYMLINK_DATA]).is_ok());
    }
}
