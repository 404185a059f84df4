//! DUMP: who has mounted what (RFC 1813, 5.2.2).

use super::DirPath;
use crate::xdr::{Encode, Encoder};

/// A client and the directory that it has mounted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MountEntry<'a> {
    /// The client's name.
    pub hostname: &'a [u8],
    /// The directory.
    pub directory: DirPath<'a>,
}

/// The answer to DUMP.
///
/// > Entries may become stale if a client crashes and does not issue either UMNT calls for all of
/// > the file systems that it had previously mounted or a UMNTALL (RFC 1813, 5.2.2)
///
/// What it says is of no use, then; and of other clients it must say nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MountList<'a>(pub &'a [MountEntry<'a>]);

impl Encode for MountList<'_> {
    fn encode(&self, e: &mut Encoder<'_>) {
        for entry in self.0 {
            e.bool(true);
            e.opaque(entry.hostname);
            e.item(&entry.directory);
        }
        e.bool(false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_list_is_its_end() {
        assert_eq!(MountList::default().to_bytes(), [0; 4]);
    }

    #[test]
    fn each_entry_says_that_it_is_there() {
        let entry = MountEntry {
            hostname: b"vm",
            directory: DirPath::new(b"/").unwrap(),
        };

        #[rustfmt::skip]
        let expected = [
            0, 0, 0, 1,
            0, 0, 0, 2, b'v', b'm', 0, 0,
            0, 0, 0, 1, b'/', 0, 0, 0,
            0, 0, 0, 0,
        ];
        assert_eq!(MountList(&[entry]).to_bytes(), expected);
    }
}
