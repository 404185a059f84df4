//! What may be asked.

use super::{CookieVerifier, Create, Detail, Kind, Node, SetAttributes};
use crate::Timestamp;

/// The name of an entry, as a client gave it: bounded, and otherwise any bytes.
pub type Name = Box<[u8]>;

/// What may be asked of a tree, but for the data of its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// GETATTR, and what other procedures have to say of an object.
    Attributes(Node),
    /// SETATTR.
    SetAttributes {
        /// Of what.
        node: Node,
        /// Which.
        set: SetAttributes,
        /// Only if it was last changed then.
        guard: Option<Timestamp>,
    },
    /// LOOKUP.
    Lookup {
        /// In what.
        directory: Node,
        /// What.
        name: Name,
    },
    /// What a path leads to, from the root on.
    Walk(Vec<Name>),
    /// ACCESS.
    Access(Node),
    /// READLINK.
    ReadLink(Node),
    /// CREATE.
    Create {
        /// In what.
        directory: Node,
        /// What it is called.
        name: Name,
        /// What if there is one.
        how: Create,
    },
    /// MKDIR.
    MakeDirectory {
        /// In what.
        directory: Node,
        /// What it is called.
        name: Name,
        /// What it is given.
        set: SetAttributes,
    },
    /// SYMLINK.
    MakeSymbolicLink {
        /// In what.
        directory: Node,
        /// What it is called.
        name: Name,
        /// What it says.
        target: Box<[u8]>,
        /// What it is given.
        set: SetAttributes,
    },
    /// MKNOD.
    MakeNode {
        /// In what.
        directory: Node,
        /// What it is called.
        name: Name,
        /// What it is.
        kind: Kind,
        /// What it is given.
        set: SetAttributes,
    },
    /// REMOVE.
    Remove {
        /// In what.
        directory: Node,
        /// What.
        name: Name,
    },
    /// RMDIR.
    RemoveDirectory {
        /// In what.
        directory: Node,
        /// What.
        name: Name,
    },
    /// RENAME.
    Rename {
        /// From this directory, what is called so.
        from: (Node, Name),
        /// To that directory, under that name.
        to: (Node, Name),
    },
    /// LINK.
    Link {
        /// What gets one more name.
        node: Node,
        /// In what.
        directory: Node,
        /// Which.
        name: Name,
    },
    /// READDIR and READDIRPLUS.
    List {
        /// What.
        directory: Node,
        /// After which entry; 0 for all.
        cookie: u64,
        /// What came with that cookie.
        verifier: CookieVerifier,
        /// How much of each.
        detail: Detail,
        /// About how many bytes they may take up; there is always one entry, if there are any.
        bytes: usize,
    },
    /// FSSTAT, of the object's file system.
    Space(Node),
    /// PATHCONF.
    PathLimits(Node),
}

impl Call {
    /// The objects that it names: an answer says what they were before and are afterwards.
    #[must_use]
    pub const fn about(&self) -> (Option<Node>, Option<Node>) {
        match self {
            Self::Attributes(node)
            | Self::SetAttributes { node, .. }
            | Self::Access(node)
            | Self::ReadLink(node)
            | Self::Space(node)
            | Self::PathLimits(node) => (Some(*node), None),
            Self::Lookup { directory, .. }
            | Self::Create { directory, .. }
            | Self::MakeDirectory { directory, .. }
            | Self::MakeSymbolicLink { directory, .. }
            | Self::MakeNode { directory, .. }
            | Self::Remove { directory, .. }
            | Self::RemoveDirectory { directory, .. }
            | Self::List { directory, .. } => (Some(*directory), None),
            Self::Rename { from, to } => (Some(from.0), Some(to.0)),
            Self::Link {
                node, directory, ..
            } => (Some(*node), Some(*directory)),
            Self::Walk(_) => (None, None),
        }
    }

    /// Whether it changes what it names.
    #[must_use]
    pub const fn changes(&self) -> bool {
        match self {
            Self::Attributes(_)
            | Self::Lookup { .. }
            | Self::Walk(_)
            | Self::Access(_)
            | Self::ReadLink(_)
            | Self::List { .. }
            | Self::Space(_)
            | Self::PathLimits(_) => false,
            Self::SetAttributes { .. }
            | Self::Create { .. }
            | Self::MakeDirectory { .. }
            | Self::MakeSymbolicLink { .. }
            | Self::MakeNode { .. }
            | Self::Remove { .. }
            | Self::RemoveDirectory { .. }
            | Self::Rename { .. }
            | Self::Link { .. } => true,
        }
    }
}
