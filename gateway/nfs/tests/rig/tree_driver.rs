//! Trees of files, real ones: their calls, and operations on their files, as the worker has them done.

use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use labelgate_backends::tree::{Refused, Tree, TreeOptions};
use labelgate_backends::{Request, Step, SystemCall};
use labelgate_engine::tree::{Call, FileId, Node, TreeDescription, TreeError, TreeId};
use labelgate_engine::{Completion, Engine, IoId, Operation};

use super::{Rig, disk};

impl Rig {
    /// Serves a directory as a tree of this name.
    pub fn add_tree(&mut self, number: u32, name: &str, directory: &std::path::Path) {
        let root = std::fs::File::open(directory).unwrap();
        let tree = Tree::open(root.into(), TreeOptions::default()).unwrap();
        let description = TreeDescription {
            name: name.to_owned(),
            root: tree.root(),
            owners: false,
        };
        self.server.tree_added(TreeId(number), description);
        self.trees.insert(TreeId(number), tree);
    }

    pub(super) fn call_tree(&mut self, io: IoId, tree: TreeId, call: &Call) {
        let tree = self.trees.get_mut(&tree).expect("a tree that was added");
        let answer = patiently(|| {
            tree.next_turn();
            let answer = tree.answer(call);
            let later = answer.result == Err(TreeError::Later);
            (answer, later)
        });
        self.server.answered(io, answer, self.now, &mut self.outbox);
    }

    pub(super) fn execute_on_file(&mut self, io: IoId, file: FileId, operation: Operation) {
        let tree = self
            .trees
            .get_mut(&file.tree)
            .expect("a tree that was added");
        let mut next = Some(operation);
        let started = patiently(|| {
            tree.next_turn();
            match tree.start(file.node, next.take().unwrap()) {
                Err(Refused { error, operation }) => {
                    next = Some(operation);
                    (Err(error), error == TreeError::Later)
                }
                Ok(step) => (Ok(step), false),
            }
        });
        let completion = match started {
            Ok(step) => settled(tree, file.node, step),
            Err(error) => Completion {
                result: Err(error.into()),
                buffer: next.and_then(disk::into_buffer),
            },
        };
        self.server
            .completed(io, completion, self.now, &mut self.outbox);
    }
}

/// Asks again as long as it takes longer, within what a worker waits.
fn patiently<T>(mut ask: impl FnMut() -> (T, bool)) -> T {
    let begin = Instant::now();
    loop {
        let (answer, later) = ask();
        if !later || begin.elapsed() > Duration::from_secs(10) {
            return answer;
        }
    }
}

/// What comes of an operation of which nothing else is under way.
fn settled(tree: &mut Tree, node: Node, mut step: Step) -> Completion {
    loop {
        step = match step {
            Step::Done(completion) => return completion,
            Step::Held(held) => tree.release(node, held),
            Step::Request(mut request) => {
                let result = run(&mut request);
                tree.resume(node, request, result)
            }
        };
    }
}

/// A system call of a request, made at once.
fn run(request: &mut Request) -> std::io::Result<usize> {
    let descriptor = request.descriptor().try_clone_to_owned()?;
    let file = std::fs::File::from(descriptor);
    match *request.call() {
        SystemCall::Read { offset, .. } => file.read_at(request.destination(), offset),
        SystemCall::Write { offset, .. } => file.write_at(request.source(), offset),
        SystemCall::Sync => file.sync_data().map(|()| 0),
        SystemCall::SyncAll => file.sync_all().map(|()| 0),
        SystemCall::Allocate { .. } => Err(std::io::ErrorKind::Unsupported.into()),
    }
}
