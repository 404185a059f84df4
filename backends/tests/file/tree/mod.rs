//! Trees: what a client may ask, on a tmpfs and on an ext4.

mod data;
mod escapes;
mod handles;
mod listing;
mod making;
mod model;
mod moving;
mod owner;
mod owners;
mod setting;

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use labelgate_backends::Step;
use labelgate_backends::tree::{
    Attributes, Create, Detail, Node, SetAttributes, Tree, TreeError, TreeOptions,
};
use labelgate_buffers::Pool;
use labelgate_engine::{Completion, ImageError, Operation, Outcome};
use rustix::fs::{Mode, OFlags};

use crate::executor::{Mood, run};
use crate::place::Place;

pub const NOTHING: SetAttributes = SetAttributes {
    mode: None,
    uid: None,
    gid: None,
    size: None,
    accessed: labelgate_backends::tree::SetTime::Keep,
    modified: labelgate_backends::tree::SetTime::Keep,
};

/// A tree in a directory of a file system, beside something that is not its business.
#[derive(Debug)]
pub struct Rig {
    pub tree: Tree,
    pub root: Node,
    pub options: TreeOptions,
    base: PathBuf,
    _place: Option<Place>,
    pool: Pool,
}

impl Rig {
    pub fn on(place: Place, options: TreeOptions) -> Self {
        let base = place.path("");
        std::fs::create_dir(base.join("tree")).unwrap();
        std::fs::write(base.join("outside"), "secret").unwrap();
        Self {
            _place: Some(place),
            ..Self::of(base, options)
        }
    }

    /// In a new directory of a file system.
    pub fn within(place: &Place, options: TreeOptions) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = NEXT.fetch_add(1, Ordering::Relaxed).to_string();
        let base = place.path(&name);
        std::fs::create_dir_all(base.join("tree")).unwrap();
        Self::of(base, options)
    }

    fn of(base: PathBuf, options: TreeOptions) -> Self {
        let tree = Tree::open(directory(&base), options).unwrap();
        Self {
            root: tree.root(),
            tree,
            options,
            base,
            _place: None,
            pool: Pool::new(8 << 20).unwrap(),
        }
    }

    pub fn tmpfs() -> Self {
        Self::on(Place::tmpfs("64m"), TreeOptions::default())
    }

    pub fn ext4() -> Self {
        Self::on(Place::ext4(64 << 20), TreeOptions::default())
    }

    pub fn both() -> [Self; 2] {
        [Self::tmpfs(), Self::ext4()]
    }

    /// A new process: nothing is remembered.
    pub fn restart(&mut self) {
        self.tree = Tree::open(directory(&self.base), self.options).unwrap();
    }

    /// Where an object is on the machine.
    pub fn path(&self, way: &str) -> PathBuf {
        self.base.join("tree").join(way)
    }

    pub fn outside(&self) -> PathBuf {
        self.base.join("outside")
    }

    pub fn create(&mut self, directory: Node, name: &str) -> Node {
        let how = Create::Guarded(NOTHING);
        let made = self.tree.create(directory, name.as_bytes(), &how);
        made.unwrap().node
    }

    pub fn mkdir(&mut self, directory: Node, name: &str) -> Node {
        let made = self.tree.mkdir(directory, name.as_bytes(), &NOTHING);
        made.unwrap().node
    }

    pub fn lookup(&mut self, directory: Node, name: &str) -> Result<Node, TreeError> {
        let found = self.tree.lookup(directory, name.as_bytes());
        found.map(|attributes| attributes.node)
    }

    /// As a client does that is told to come again.
    pub fn patiently(&mut self, node: Node) -> Result<Attributes, TreeError> {
        loop {
            match self.tree.attributes(node) {
                Err(TreeError::Later) => self.tree.next_turn(),
                answer => return answer,
            }
        }
    }

    pub fn names(&mut self, directory: Node) -> Vec<String> {
        let mut names = Vec::new();
        self.tree
            .list(directory, (0, [0; 8]), Detail::Names, |entry| {
                names.push(String::from_utf8_lossy(entry.name).into_owned());
                true
            })
            .unwrap();
        names.retain(|name| name != "." && name != "..");
        names.sort();
        names
    }

    pub fn operate(&mut self, node: Node, operation: Operation) -> Result<Completion, TreeError> {
        let mut step = self.start(node, operation)?;
        loop {
            step = match step {
                Step::Done(completion) => return Ok(completion),
                Step::Request(mut request) => {
                    let result = run(&mut request, Mood::Well);
                    self.tree.resume(node, request, result.map_err(Into::into))
                }
                Step::Held(held) => self.tree.release(node, held),
            };
        }
    }

    fn start(&mut self, node: Node, mut operation: Operation) -> Result<Step, TreeError> {
        loop {
            match self.tree.start(node, operation) {
                Ok(step) => return Ok(step),
                Err(refused) if refused.error == TreeError::Later => {
                    operation = refused.operation;
                    self.tree.next_turn();
                }
                Err(refused) => return Err(refused.error),
            }
        }
    }

    pub fn read(&mut self, node: Node, offset: u64, length: usize) -> Result<Vec<u8>, ImageError> {
        let buffer = self.pool.allocate(length.max(1)).unwrap();
        let operation = Operation::Read {
            offset,
            length,
            buffer,
        };
        let completion = self.operate(node, operation)?;
        match completion.result? {
            Outcome::Read { length } => Ok(completion.buffer.unwrap()[..length].to_vec()),
            other => panic!("a read of an elastic file says how much, not {other:?}"),
        }
    }

    pub fn write_operation(&self, offset: u64, bytes: &[u8], stable: bool) -> Operation {
        let mut buffer = self.pool.allocate(bytes.len().max(1)).unwrap();
        buffer[..bytes.len()].copy_from_slice(bytes);
        Operation::Write {
            offset,
            length: bytes.len(),
            buffer,
            from: 0,
            stable,
        }
    }

    pub fn write(&mut self, node: Node, offset: u64, bytes: &[u8]) -> Result<(), ImageError> {
        let operation = self.write_operation(offset, bytes, false);
        self.operate(node, operation)?.result.map(drop)
    }

    pub fn commit(&mut self, node: Node) -> Result<(), ImageError> {
        self.operate(node, Operation::Flush)
            .unwrap()
            .result
            .map(drop)
    }
}

pub fn directory(base: &Path) -> OwnedFd {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    rustix::fs::open(base.join("tree"), flags, Mode::empty()).unwrap()
}
