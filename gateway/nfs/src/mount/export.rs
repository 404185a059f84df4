//! EXPORT: what there is to mount (RFC 1813, 5.2.5).

use super::DirPath;
use crate::xdr::{Encode, Encoder};

/// A directory that clients may mount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Export<'a> {
    /// The directory.
    pub directory: DirPath<'a>,
    /// Who may.
    ///
    /// > The names in the group list are implementation-specific and cannot be directly
    /// > interpreted by clients. (RFC 1813, 5.2.5)
    pub groups: &'a [&'a [u8]],
}

/// The answer to EXPORT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ExportList<'a>(pub &'a [Export<'a>]);

impl Encode for ExportList<'_> {
    fn encode(&self, e: &mut Encoder<'_>) {
        for export in self.0 {
            e.bool(true);
            e.item(export);
        }
        e.bool(false);
    }
}

impl Encode for Export<'_> {
    fn encode(&self, e: &mut Encoder<'_>) {
        e.item(&self.directory);
        for group in self.groups {
            e.bool(true);
            e.opaque(group);
        }
        e.bool(false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_list_is_its_end() {
        assert_eq!(ExportList::default().to_bytes(), [0; 4]);
    }

    #[test]
    fn an_export_is_its_path_and_its_groups() {
        let export = Export {
            directory: DirPath::new(b"/").unwrap(),
            groups: &[b"vm"],
        };

        #[rustfmt::skip]
        let expected = [
            0, 0, 0, 1,
            0, 0, 0, 1, b'/', 0, 0, 0,
            0, 0, 0, 1, 0, 0, 0, 2, b'v', b'm', 0, 0,
            0, 0, 0, 0,
            0, 0, 0, 0,
        ];
        assert_eq!(ExportList(&[export]).to_bytes(), expected);
    }
}
