//! What a handle leads to.

/// What a handle leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Object {
    /// The root of the export.
    Root,
    /// An image, by the serial number that tells it from every other.
    Image([u8; 16]),
    /// A file or directory of the label's tree in a store; [`TREE_ROOT`] is the tree's root.
    Node {
        /// Which store.
        store: u32,
        /// The generation of the inode: the number of a file that is gone may be another's.
        generation: u32,
        /// The inode's number.
        inode: u64,
    },
}

/// The number that stands for the root of a tree in its handles, with generation 0: so they can be
/// sealed by who has not looked at it. No inode has it.
pub const TREE_ROOT: u64 = 0;

/// Its kind and its sixteen bytes.
pub(crate) type Parts = (u8, [u8; 16]);

impl Object {
    /// The root of the label's tree in a store.
    #[must_use]
    pub const fn root_of_tree(store: u32) -> Self {
        Self::Node {
            store,
            generation: 0,
            inode: TREE_ROOT,
        }
    }

    pub(crate) fn parts(self) -> Parts {
        match self {
            Self::Root => (0, [0; 16]),
            Self::Image(serial) => (1, serial),
            Self::Node {
                store,
                generation,
                inode,
            } => {
                let number = u128::from(store) << 96 | u128::from(generation) << 64;
                (2, (number | u128::from(inode)).to_be_bytes())
            }
        }
    }

    /// The object of these parts; `None` if no object has them.
    pub(crate) fn of_parts((kind, bytes): Parts) -> Option<Self> {
        match (kind, bytes) {
            (0, zeros) if zeros == [0; 16] => Some(Self::Root),
            (1, serial) => Some(Self::Image(serial)),
            (2, [a, b, c, d, e, f, g, h, inode @ ..]) => Some(Self::Node {
                store: u32::from_be_bytes([a, b, c, d]),
                generation: u32::from_be_bytes([e, f, g, h]),
                inode: u64::from_be_bytes(inode),
            }),
            _ => None,
        }
    }
}
