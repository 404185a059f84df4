//! MKDIR, SYMLINK and MKNOD.

use rustix::fs::{FileType, Mode};

use super::name::Name;
use super::places::MAX_MADE;
use super::{Attributes, Kind, Node, SetAttributes, Tree, TreeError};

/// The longest text of a symbolic link, in bytes (`PATH_MAX` with its NUL).
const MAX_TARGET: usize = 4095;

impl Tree {
    /// Makes a directory: its attributes.
    ///
    /// # Errors
    /// See [`TreeError`]; [`TreeError::NameTooLong`] where it would be too deep to be found again.
    pub fn mkdir(
        &mut self,
        directory: Node,
        name: &[u8],
        set: &SetAttributes,
    ) -> Result<Attributes, TreeError> {
        let name = Name::of_new(name)?;
        self.check_owner(set)?;
        let parent = self.locate_directory(directory)?;
        self.check_depth(directory)?;
        let mode = set.mode.unwrap_or(0o700) & 0o7777;
        self.as_caller(|| rustix::fs::mkdirat(&parent, name, Mode::from_raw_mode(mode)))??;
        // The file system may give it its parent's group, and then the mark that says so.
        let inherited = parent.attributes.mode & 0o2000;
        let set = SetAttributes {
            mode: Some(mode | inherited),
            size: None,
            ..*set
        };
        self.made(directory, &parent, name, &set)
    }

    /// Makes a symbolic link that says `target`, whatever that is: its attributes.
    ///
    /// # Errors
    /// See [`TreeError`].
    pub fn symlink(
        &mut self,
        directory: Node,
        name: &[u8],
        target: &[u8],
        set: &SetAttributes,
    ) -> Result<Attributes, TreeError> {
        let name = Name::of_new(name)?;
        self.check_owner(set)?;
        if target.is_empty() || target.contains(&0) {
            return Err(TreeError::Invalid);
        }
        if target.len() > MAX_TARGET {
            return Err(TreeError::NameTooLong);
        }
        let parent = self.locate_directory(directory)?;
        self.as_caller(|| rustix::fs::symlinkat(target, &parent, name))??;
        self.made(directory, &parent, name, set)
    }

    /// Makes a named pipe or a socket: its attributes. Neither leads anywhere on the gateway.
    ///
    /// # Errors
    /// See [`TreeError`]; [`TreeError::NotSupported`] for devices, [`TreeError::Invalid`] for what
    /// is made otherwise.
    pub fn mknod(
        &mut self,
        directory: Node,
        name: &[u8],
        kind: Kind,
        set: &SetAttributes,
    ) -> Result<Attributes, TreeError> {
        let name = Name::of_new(name)?;
        self.check_owner(set)?;
        let file_type = match kind {
            Kind::Fifo => FileType::Fifo,
            Kind::Socket => FileType::Socket,
            Kind::Block | Kind::Character => return Err(TreeError::NotSupported),
            Kind::Regular | Kind::Directory | Kind::SymbolicLink => return Err(TreeError::Invalid),
        };
        let parent = self.locate_directory(directory)?;
        let mode = set.mode.unwrap_or(0o600) & 0o7777;
        let bits = Mode::from_raw_mode(mode);
        self.as_caller(|| rustix::fs::mknodat(&parent, name, file_type, bits, 0))??;
        let set = SetAttributes {
            mode: Some(mode),
            size: None,
            ..*set
        };
        self.made(directory, &parent, name, &set)
    }

    /// Whether a directory that was just found may have another one in it.
    pub(super) fn check_depth(&mut self, directory: Node) -> Result<(), TreeError> {
        match self.places.steps(directory) {
            Some(steps) if steps.len() < MAX_MADE => Ok(()),
            _ => Err(TreeError::NameTooLong),
        }
    }
}
