//! LOOKUP and READLINK.

use super::name::Name;
use super::{Attributes, Kind, Node, Tree, TreeError};

impl Tree {
    /// The object of a name in a directory. `.` is the directory itself, and `..` the one above
    /// it; above the root there is the root.
    ///
    /// # Errors
    /// See [`TreeError`].
    pub fn lookup(&mut self, directory: Node, name: &[u8]) -> Result<Attributes, TreeError> {
        let name = Name::parse(name)?;
        let located = self.locate_directory(directory)?;
        match name {
            Name::Current => Ok(located.attributes),
            Name::Parent => self.above(directory),
            Name::Entry(name) => {
                let found = self.as_caller(|| self.observe(&located, name))?;
                let attributes = found.map_err(reachable)?;
                self.remember(attributes.node, directory, name);
                Ok(attributes)
            }
        }
    }

    /// What `..` is in a directory that was just found.
    pub(super) fn above(&mut self, directory: Node) -> Result<Attributes, TreeError> {
        let parent = self.places.get(directory).map(|place| place.parent);
        self.attributes(parent.unwrap_or(self.node))
    }

    /// What a symbolic link says: whatever a client has written there.
    ///
    /// # Errors
    /// See [`TreeError`]; [`TreeError::Invalid`] if it is no symbolic link.
    pub fn readlink(&mut self, node: Node) -> Result<Vec<u8>, TreeError> {
        let located = self.locate(node)?;
        if located.attributes.kind != Kind::SymbolicLink {
            return Err(TreeError::Invalid);
        }
        let target = rustix::fs::readlinkat(&located, c"", Vec::new())?;
        Ok(target.into_bytes())
    }
}

/// LOOKUP does not know XDEV (RFC 1813 3.3.3): what is mounted in the tree is out of reach.
fn reachable(error: TreeError) -> TreeError {
    match error {
        TreeError::CrossDevice => TreeError::Access,
        error => error,
    }
}
