//! A tree of files in a temporary directory, and a client of it.

use std::fs;
use std::path::PathBuf;

use labelgate_engine::ConnectionId;
use labelgate_nfs::handle::Object;
use labelgate_nfs::mount::procedure::MNT;
use tempfile::TempDir;

use super::client::{self, Arguments, procedure, status};
use super::results::Results;
use super::{Rig, sealed};

/// What handles call the tree, and what it is called in the root of the export.
pub const TREE: u32 = 3;
pub const TREE_NAME: &str = "main";

/// A second tree, for those tests that need one.
pub const OTHER: u32 = 4;
pub const OTHER_NAME: &str = "other";

/// The type of an object (RFC 1813 2.6, ftype3).
pub mod ftype {
    pub const REG: u32 = 1;
    pub const DIR: u32 = 2;
    pub const BLK: u32 = 3;
    pub const CHR: u32 = 4;
    pub const LNK: u32 = 5;
    pub const SOCK: u32 = 6;
    pub const FIFO: u32 = 7;
}

/// What becomes of a time (RFC 1813 2.6, set_atime and set_mtime).
#[derive(Debug, Clone, Copy, Default)]
pub enum When {
    #[default]
    Keep,
    Now,
    At(u32, u32),
}

/// The attributes that a call sets (RFC 1813 2.6, sattr3): none by default.
#[derive(Debug, Clone, Copy, Default)]
pub struct Set {
    pub mode: Option<u32>,
    pub uid: Option<u32>,
    pub gid: Option<u32>,
    pub size: Option<u64>,
    pub atime: When,
    pub mtime: When,
}

impl Arguments {
    pub fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    pub fn set(self, set: Set) -> Self {
        let word = |arguments: Self, value: Option<u32>| match value {
            Some(value) => arguments.u32(1).u32(value),
            None => arguments.u32(0),
        };
        let when = |arguments: Self, when| match when {
            When::Keep => arguments.u32(0),
            When::Now => arguments.u32(1),
            When::At(seconds, nanoseconds) => arguments.u32(2).u32(seconds).u32(nanoseconds),
        };
        let owner = word(word(word(self, set.mode), set.uid), set.gid);
        let size = match set.size {
            Some(size) => owner.u32(1).u64(size),
            None => owner.u32(0),
        };
        when(when(size, set.atime), set.mtime)
    }
}

/// A server of one tree (and of the rig's image), and a client that is connected to it.
pub struct Served {
    pub rig: Rig,
    pub id: ConnectionId,
    base: TempDir,
}

impl Served {
    pub fn new() -> Self {
        let base = tempfile::tempdir().unwrap();
        fs::create_dir(base.path().join("tree")).unwrap();
        let mut rig = Rig::new();
        rig.add_tree(TREE, TREE_NAME, &base.path().join("tree"));
        let id = rig.connect(1);
        Self { rig, id, base }
    }

    /// Serves a second tree of the same label: where it is.
    pub fn with_other(&mut self) -> PathBuf {
        let path = self.base.path().join("other");
        fs::create_dir(&path).unwrap();
        self.rig.add_tree(OTHER, OTHER_NAME, &path);
        path
    }

    /// A worker that remembers nothing of the last one.
    pub fn restart(&mut self) {
        self.rig = Rig::new();
        let path = self.path("");
        self.rig.add_tree(TREE, TREE_NAME, &path);
        self.id = self.rig.connect(1);
    }

    /// Where something of the tree is on this machine.
    pub fn path(&self, way: &str) -> PathBuf {
        self.base.path().join("tree").join(way)
    }

    /// What is beside the tree, and none of its client's business.
    pub fn outside(&self, name: &str) -> PathBuf {
        self.base.path().join(name)
    }

    pub fn root(&self) -> Vec<u8> {
        sealed(Object::root_of_tree(TREE))
    }

    pub fn other_root(&self) -> Vec<u8> {
        sealed(Object::root_of_tree(OTHER))
    }

    pub fn call(&mut self, procedure: u32, arguments: Arguments) -> Results {
        self.rig.nfs(self.id, procedure, &arguments.0)
    }

    /// The status alone.
    pub fn status(&mut self, procedure: u32, arguments: Arguments) -> u32 {
        self.call(procedure, arguments).u32()
    }

    /// The results of a call that succeeds, behind its status.
    pub fn done(&mut self, procedure: u32, arguments: Arguments) -> Results {
        let mut results = self.call(procedure, arguments);
        assert_eq!(results.u32(), status::OK);
        results
    }

    /// The handle of a name.
    pub fn lookup(&mut self, directory: &[u8], name: &[u8]) -> Vec<u8> {
        let named = Arguments::of(directory).opaque(name);
        self.done(procedure::LOOKUP, named).opaque()
    }

    /// The handle of what is at the end of a path from the root.
    pub fn at(&mut self, way: &str) -> Vec<u8> {
        let names = way.split('/').filter(|name| !name.is_empty());
        names.fold(self.root(), |at, name| self.lookup(&at, name.as_bytes()))
    }

    /// Makes a file on this machine: its handle.
    pub fn file(&mut self, way: &str, content: &[u8]) -> Vec<u8> {
        fs::write(self.path(way), content).unwrap();
        self.at(way)
    }

    /// Makes a directory on this machine: its handle.
    pub fn directory(&mut self, way: &str) -> Vec<u8> {
        fs::create_dir(self.path(way)).unwrap();
        self.at(way)
    }

    /// Makes a symbolic link on this machine: its handle.
    pub fn link(&mut self, target: &str, way: &str) -> Vec<u8> {
        std::os::unix::fs::symlink(target, self.path(way)).unwrap();
        self.at(way)
    }

    /// A file that was there: its handle leads nowhere any more.
    pub fn stale(&mut self) -> Vec<u8> {
        let handle = self.file("stale", b"");
        fs::remove_file(self.path("stale")).unwrap();
        // Nothing else gets its number while this is looked at.
        fs::write(self.path("keeps-the-number"), "").unwrap();
        handle
    }

    /// MNT of a path.
    pub fn mount(&mut self, path: &[u8]) -> Results {
        let call = client::mount(1, MNT, &Arguments::of(path).0);
        self.rig.feed(self.id, &call);
        self.rig.one(self.id).results()
    }

    /// CREATE with what is made if there is nothing yet, and its results behind the status.
    pub fn create(&mut self, directory: &[u8], name: &[u8], how: Create) -> Results {
        self.call(procedure::CREATE, creation(directory, name, how))
    }

    pub fn getattr(&mut self, handle: &[u8]) -> super::results::Attributes {
        let mut results = self.done(procedure::GETATTR, Arguments::of(handle));
        let attributes = results.attributes();
        results.end();
        attributes
    }
}

/// How a file is made (RFC 1813 3.3.8, createhow3).
#[derive(Debug, Clone, Copy)]
pub enum Create {
    Unchecked(Set),
    Guarded(Set),
    Exclusive([u8; 8]),
}

pub fn creation(directory: &[u8], name: &[u8], how: Create) -> Arguments {
    let at = Arguments::of(directory).opaque(name);
    match how {
        Create::Unchecked(set) => at.u32(0).set(set),
        Create::Guarded(set) => at.u32(1).set(set),
        Create::Exclusive(verifier) => at.u32(2).raw(&verifier),
    }
}

/// MKNOD of a pipe or a socket, or of a device that has these numbers.
pub fn node(directory: &[u8], name: &[u8], kind: u32) -> Arguments {
    let at = Arguments::of(directory).opaque(name).u32(kind);
    match kind {
        ftype::FIFO | ftype::SOCK => at.set(Set::default()),
        ftype::BLK | ftype::CHR => at.set(Set::default()).u32(1).u32(3),
        _ => at,
    }
}

/// SYMLINK.
pub fn symlink(directory: &[u8], name: &[u8], target: &[u8]) -> Arguments {
    let at = Arguments::of(directory).opaque(name);
    at.set(Set::default()).opaque(target)
}

/// RENAME.
pub fn rename(from: (&[u8], &[u8]), to: (&[u8], &[u8])) -> Arguments {
    let from = Arguments::of(from.0).opaque(from.1);
    from.opaque(to.0).opaque(to.1)
}

/// LINK.
pub fn link(file: &[u8], directory: &[u8], name: &[u8]) -> Arguments {
    Arguments::of(file).opaque(directory).opaque(name)
}

/// SETATTR, perhaps with a guard.
pub fn setattr(object: &[u8], set: Set, guard: Option<(u32, u32)>) -> Arguments {
    let arguments = Arguments::of(object).set(set);
    match guard {
        Some((seconds, nanoseconds)) => arguments.u32(1).u32(seconds).u32(nanoseconds),
        None => arguments.u32(0),
    }
}
