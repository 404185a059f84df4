//! From a node to an open descriptor of it.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::rc::Rc;

use rustix::fs::{Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use super::{Attributes, Kind, Node, Tree, TreeError};

/// How every way is gone.
pub(super) const BENEATH: ResolveFlags = ResolveFlags::BENEATH
    .union(ResolveFlags::NO_SYMLINKS)
    .union(ResolveFlags::NO_MAGICLINKS)
    .union(ResolveFlags::NO_XDEV);

/// How much of a way goes into one call, in bytes: less than `PATH_MAX`, by one name.
const MAX_PIECE: usize = 3800;

/// How often a place may turn out to be wrong during one call.
const MAX_TRIES: usize = 4;

/// An object that was found, held by an `O_PATH` descriptor: as long as it lives, its inode's
/// number is nobody else's.
#[derive(Debug)]
pub(super) struct Located {
    pub(super) descriptor: OwnedFd,
    pub(super) attributes: Attributes,
}

impl AsFd for Located {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

/// An object with one of its names.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) object: Located,
    /// The directory that has it; for the root, itself.
    pub(super) parent: OwnedFd,
    /// `.` for the root.
    pub(super) name: Rc<[u8]>,
}

impl Tree {
    pub(super) fn locate(&mut self, node: Node) -> Result<Located, TreeError> {
        for _ in 0..MAX_TRIES {
            if let Some(located) = self.go_to(node)? {
                return Ok(located);
            }
            self.find(node)?;
        }
        // Somebody moves it faster than it can be found.
        Err(TreeError::Later)
    }

    pub(super) fn locate_directory(&mut self, node: Node) -> Result<Located, TreeError> {
        let located = self.locate(node)?;
        match located.attributes.kind {
            Kind::Directory => Ok(located),
            _ => Err(TreeError::NotDirectory),
        }
    }

    pub(super) fn locate_placed(&mut self, node: Node) -> Result<Placed, TreeError> {
        let object = self.locate(node)?;
        let Some(place) = self.places.get(node) else {
            let parent = self.open_steps(&[], OFlags::PATH | OFlags::DIRECTORY)?;
            return Ok(Placed {
                object,
                parent,
                name: (*b".").into(),
            });
        };
        let steps = self.places.steps(place.parent).ok_or(TreeError::Later)?;
        let parent = self.open_steps(&steps, OFlags::PATH | OFlags::DIRECTORY)?;
        Ok(Placed {
            object,
            parent,
            name: place.name,
        })
    }

    /// Goes where a node was last seen. `None` if it is not there, or was never seen.
    fn go_to(&mut self, node: Node) -> Result<Option<Located>, TreeError> {
        let Some(steps) = self.places.steps(node) else {
            return Ok(None);
        };
        match self.look(&steps) {
            Ok(located) if located.attributes.node == node => return Ok(Some(located)),
            Ok(_) => {}
            Err(error) if moved(error) => {}
            Err(error) => return Err(error),
        }
        self.correct(&steps);
        self.places.forget(node);
        Ok(None)
    }

    fn look(&self, steps: &[(Node, Rc<[u8]>)]) -> Result<Located, TreeError> {
        let descriptor = self.open_steps(steps, OFlags::PATH)?;
        let attributes = self.observe(&descriptor, b"")?;
        Ok(Located {
            descriptor,
            attributes,
        })
    }

    /// Forgets the first wrong step of a way, and has it searched for.
    fn correct(&mut self, steps: &[(Node, Rc<[u8]>)]) {
        for end in 1..steps.len() {
            let (Some(way), Some((node, _))) = (steps.get(..end), steps.get(end - 1)) else {
                return;
            };
            let right = self.look(way).is_ok_and(|at| at.attributes.node == *node);
            if !right {
                self.places.forget(*node);
                self.search.want(*node);
                return;
            }
        }
    }

    /// Opens what is at the end of a way from the root. Never a symbolic link for more than
    /// `O_PATH`; never waits for the other end of a pipe.
    pub(super) fn open_steps(
        &self,
        steps: &[(Node, Rc<[u8]>)],
        flags: OFlags,
    ) -> Result<OwnedFd, TreeError> {
        let mut at: Option<OwnedFd> = None;
        let mut piece: Vec<u8> = Vec::new();
        for (_, name) in steps {
            if piece.len() > MAX_PIECE {
                at = Some(open_beneath(
                    at.as_ref().unwrap_or(&self.root),
                    &piece,
                    OFlags::PATH | OFlags::DIRECTORY,
                )?);
                piece.clear();
            }
            if !piece.is_empty() {
                piece.push(b'/');
            }
            piece.extend_from_slice(name);
        }
        if piece.is_empty() {
            piece.push(b'.');
        }
        Ok(open_beneath(
            at.as_ref().unwrap_or(&self.root),
            &piece,
            flags,
        )?)
    }
}

/// Opens one entry, or a way, beneath a directory.
pub(super) fn open_beneath(at: impl AsFd, way: &[u8], flags: OFlags) -> Result<OwnedFd, Errno> {
    let always = OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let safe = if flags.contains(OFlags::PATH) {
        OFlags::empty()
    } else {
        OFlags::NONBLOCK | OFlags::NOCTTY
    };
    rustix::fs::openat2(at, way, flags | always | safe, Mode::empty(), BENEATH)
}

/// Whether an error means that what was remembered is no longer true.
pub(super) const fn moved(error: TreeError) -> bool {
    matches!(
        error,
        TreeError::NoEntry
            | TreeError::NotDirectory
            | TreeError::Stale
            | TreeError::CrossDevice
            // ELOOP: a symbolic link where a directory was.
            | TreeError::Invalid
    )
}
