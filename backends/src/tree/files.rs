//! The data of files: a few are open, each as an image of any length.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};

use labelgate_buffers::Buffer;
use labelgate_engine::{Completion, ImageError, Operation};

use super::acting::Uses;
use super::{Node, Tree, TreeError};
use crate::{FileImage, FileOptions, Held, Image, Request, Step};

/// An operation that was not started.
#[derive(Debug)]
pub struct Refused {
    /// Why.
    pub error: TreeError,
    /// The operation, with its buffer.
    pub operation: Operation,
}

/// Files that are open.
#[derive(Debug)]
pub(super) struct Files {
    bound: usize,
    clock: u64,
    open: HashMap<Node, OpenFile>,
    /// Files of which a flush has failed: they stay so while this process lives.
    poisoned: BTreeSet<Node>,
}

#[derive(Debug)]
struct OpenFile {
    image: FileImage,
    /// How many operations have not ended.
    operations: usize,
    used: u64,
    /// It has no name any more.
    gone: bool,
    /// It was opened only to be read, because its mode says so.
    narrow: bool,
}

impl Files {
    pub(super) fn new(bound: usize) -> Self {
        Self {
            bound: bound.max(1),
            clock: 0,
            open: HashMap::new(),
            poisoned: BTreeSet::new(),
        }
    }

    /// The descriptor of a file that is open.
    pub(super) fn descriptor(&self, node: Node) -> Option<BorrowedFd<'_>> {
        self.open.get(&node).map(|file| file.image.descriptor())
    }

    /// Makes a file stable, if it is open.
    pub(super) fn sync(&mut self, node: Node) -> Option<Result<(), TreeError>> {
        let file = self.open.get_mut(&node)?;
        let result = file.image.sync_all().map_err(TreeError::from);
        self.note(node);
        Some(result)
    }

    /// A file has lost its last name. What is under way with it ends first.
    pub(super) fn gone(&mut self, node: Node) {
        self.poisoned.remove(&node);
        if let Some(file) = self.open.get_mut(&node) {
            file.gone = true;
            self.close_gone(node);
        }
    }

    fn close_gone(&mut self, node: Node) {
        if let Some(file) = self.open.get(&node)
            && file.gone
            && file.operations == 0
        {
            self.open.remove(&node);
        }
    }

    /// The file, if it is open and has a name.
    fn use_now(&mut self, node: Node) -> Option<&mut OpenFile> {
        self.clock += 1;
        let file = self.open.get_mut(&node).filter(|file| !file.gone)?;
        file.used = self.clock;
        Some(file)
    }

    fn insert(&mut self, node: Node, image: FileImage) {
        self.clock += 1;
        let file = OpenFile {
            image,
            operations: 0,
            used: self.clock,
            gone: false,
            narrow: false,
        };
        self.open.insert(node, file);
    }

    /// Closes the file that was not used for longest, unless there is room. One with data that may
    /// not be stable is flushed before: when it is opened again, nobody may be told of an error.
    pub(super) fn make_room(&mut self) -> Result<(), TreeError> {
        while self.open.len() >= self.bound {
            let idle = self.open.iter().filter(|(_, file)| file.operations == 0);
            let oldest = idle.min_by_key(|(_, file)| (!file.image.settled(), file.used));
            let node = *oldest.ok_or(TreeError::Later)?.0;
            if let Some(file) = self.open.get_mut(&node)
                && !file.image.settled()
            {
                // Its failure is kept as poison: the client's COMMIT fails.
                let _ = file.image.sync_all();
                self.note(node);
            }
            self.open.remove(&node);
        }
        Ok(())
    }

    fn note(&mut self, node: Node) {
        if self
            .open
            .get(&node)
            .is_some_and(|file| file.image.poisoned())
        {
            self.poisoned.insert(node);
        }
    }

    /// Counts an operation that has ended.
    fn count(&mut self, node: Node, step: Step) -> Step {
        if matches!(step, Step::Done(_)) {
            if let Some(file) = self.open.get_mut(&node) {
                file.operations = file.operations.saturating_sub(1);
            }
            self.note(node);
            self.close_gone(node);
        }
        step
    }
}

/// Data, as [`Image`] has it: offsets are any, a read ends with
/// [`labelgate_engine::Outcome::Read`], a write makes the file longer.
impl Tree {
    /// Takes an operation on a file as far as it goes without waiting (to open the file may wait).
    /// Its owner reads and writes a file whatever its mode says: a client has asked before.
    ///
    /// # Errors
    /// The operation, if the file could not be opened.
    pub fn start(&mut self, node: Node, operation: Operation) -> Result<Step, Refused> {
        let writes = operation.changes();
        if let Err(error) = self.open_file(node, writes) {
            return Err(Refused { error, operation });
        }
        if let Err(error) = self.may_start(node, &operation) {
            return Err(Refused { error, operation });
        }
        let Some(file) = self.files.use_now(node) else {
            let error = TreeError::Stale;
            return Err(Refused { error, operation });
        };
        file.operations += 1;
        let step = file.image.start(operation);
        Ok(self.files.count(node, step))
    }

    /// Whether the caller may do this with the data of a file that is open.
    fn may_start(&self, node: Node, operation: &Operation) -> Result<(), TreeError> {
        let uses = match operation {
            _ if !self.has_owners() => return Ok(()),
            // What was written is anybody's to have kept.
            Operation::Flush | Operation::Status => return Ok(()),
            operation if operation.changes() => Uses::Writes,
            _ => Uses::Reads,
        };
        let file = self.files.descriptor(node).ok_or(TreeError::Stale)?;
        let attributes = self.observe(file, b"")?;
        self.may_use(file, &attributes, uses)
    }

    /// As [`Image::resume`], for a request of an operation on this file.
    pub fn resume(&mut self, node: Node, request: Request, result: io::Result<usize>) -> Step {
        let step = match self.files.open.get_mut(&node) {
            Some(file) => file.image.resume(request, result),
            // Files with operations stay open.
            None => lost(request.into_buffer()),
        };
        self.files.count(node, step)
    }

    /// As [`Image::release`]. The driver calls it for each [`Held`] of this file, oldest first,
    /// after every [`Tree::resume`] of this file.
    pub fn release(&mut self, node: Node, held: Held) -> Step {
        let step = match self.files.open.get_mut(&node) {
            Some(file) => file.image.release(held),
            None => lost(held.buffer),
        };
        self.files.count(node, step)
    }

    /// Whether a flush of a file has failed: what was written to it before may be lost.
    #[must_use]
    pub fn poisoned(&self) -> bool {
        !self.files.poisoned.is_empty()
    }

    /// Has a file open, for writing if it can be and is to be.
    pub(super) fn open_file(&mut self, node: Node, writes: bool) -> Result<(), TreeError> {
        self.young.release();
        let narrow = match self.files.open.get(&node) {
            Some(file) if file.gone => return Err(TreeError::Stale),
            Some(file) if !(writes && file.narrow) => return Ok(()),
            // What is under way with it ends first.
            Some(file) if file.operations > 0 => return Err(TreeError::Later),
            Some(_) => true,
            None => false,
        };
        if !narrow {
            self.files.make_room()?;
        }
        let (descriptor, writable) = self.open_data(node, writes)?;
        self.take_file(node, descriptor, writable)?;
        if let Some(file) = self.files.open.get_mut(&node) {
            file.narrow = !writable && !writes;
        }
        Ok(())
    }

    /// Keeps a file that was opened, for which there is room.
    pub(super) fn take_file(
        &mut self,
        node: Node,
        descriptor: OwnedFd,
        writable: bool,
    ) -> Result<(), TreeError> {
        let options = FileOptions {
            read_only: !writable,
            poisoned: self.files.poisoned.contains(&node),
            dirty_budget: self.options.dirty_budget,
            ..FileOptions::elastic()
        };
        let image = FileImage::open(descriptor, &options).map_err(|_| TreeError::Io)?;
        self.files.insert(node, image);
        Ok(())
    }

    /// Makes a file longer or shorter.
    pub(super) fn set_size(&mut self, node: Node, size: u64) -> Result<(), TreeError> {
        self.open_file(node, true)?;
        let file = self.files.use_now(node).ok_or(TreeError::Stale)?;
        Ok(file.image.set_size(size)?)
    }
}

fn lost(buffer: Option<Buffer>) -> Step {
    Step::Done(Completion {
        result: Err(ImageError::NotReady),
        buffer,
    })
}

impl From<crate::ResizeError> for TreeError {
    fn from(error: crate::ResizeError) -> Self {
        match error {
            crate::ResizeError::Image(error) => error.into(),
            crate::ResizeError::System(error) => crate::file::errno(&error).into(),
            _ => Self::Invalid,
        }
    }
}
