//! Random operations against a model.

use std::collections::BTreeMap;

use labelgate_backends::tree::{Create, Kind, Node, SetAttributes, TreeError, TreeOptions};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::{NOTHING, Rig};
use crate::place::Place;

/// Objects by a number of ours; the root is 0.
#[derive(Debug, Default)]
struct Model {
    objects: BTreeMap<usize, Object>,
    nodes: BTreeMap<usize, Node>,
    next: usize,
}

#[derive(Debug, Clone, PartialEq)]
enum Object {
    Directory {
        parent: usize,
        entries: BTreeMap<String, usize>,
    },
    File(Vec<u8>),
    Link(Vec<u8>),
}

/// Numbers are of objects that were ever made, taken modulo their count.
#[derive(Debug, Clone)]
enum Move {
    Create(usize, String),
    Mkdir(usize, String),
    Symlink(usize, String),
    Lookup(usize, String),
    Remove(usize, String),
    Rmdir(usize, String),
    Rename(usize, String, usize, String),
    Link(usize, usize, String),
    Write(usize, u16, u8),
    Resize(usize, u16),
    Read(usize),
    List(usize),
    Restart,
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let number = || 0..1000_usize;
    let name = || "[abc.]|\\.\\.";
    let one = prop_oneof![
        4 => (number(), name()).prop_map(|(d, n)| Move::Create(d, n)),
        4 => (number(), name()).prop_map(|(d, n)| Move::Mkdir(d, n)),
        1 => (number(), name()).prop_map(|(d, n)| Move::Symlink(d, n)),
        2 => (number(), name()).prop_map(|(d, n)| Move::Lookup(d, n)),
        2 => (number(), name()).prop_map(|(d, n)| Move::Remove(d, n)),
        2 => (number(), name()).prop_map(|(d, n)| Move::Rmdir(d, n)),
        4 => (number(), name(), number(), name()).prop_map(|(d, n, e, m)| Move::Rename(d, n, e, m)),
        2 => (number(), number(), name()).prop_map(|(o, d, n)| Move::Link(o, d, n)),
        3 => (number(), any::<u16>(), any::<u8>()).prop_map(|(o, at, seed)| Move::Write(o, at, seed)),
        1 => (number(), any::<u16>()).prop_map(|(o, size)| Move::Resize(o, size)),
        3 => number().prop_map(Move::Read),
        2 => number().prop_map(Move::List),
        1 => Just(Move::Restart),
    ];
    vec(one, 1..60)
}

type Answer<T = ()> = Result<T, TreeError>;

impl Model {
    fn new(root: Node) -> Self {
        let mut model = Self::default();
        let entries = BTreeMap::new();
        model.add(Object::Directory { parent: 0, entries }, root);
        model
    }

    fn add(&mut self, object: Object, node: Node) -> usize {
        let number = self.next;
        self.next += 1;
        self.objects.insert(number, object);
        self.nodes.insert(number, node);
        number
    }

    fn pick(&self, number: usize) -> (usize, Node) {
        let number = number % self.next;
        (number, self.nodes[&number])
    }

    fn entries(&self, directory: usize) -> Answer<&BTreeMap<String, usize>> {
        match self.objects.get(&directory) {
            Some(Object::Directory { entries, .. }) => Ok(entries),
            Some(_) => Err(TreeError::NotDirectory),
            None => Err(TreeError::Stale),
        }
    }

    fn change(&mut self, directory: usize) -> &mut BTreeMap<String, usize> {
        match self.objects.get_mut(&directory) {
            Some(Object::Directory { entries, .. }) => entries,
            other => panic!("{other:?}"),
        }
    }

    fn find(&self, directory: usize, name: &str) -> Answer<usize> {
        let entries = self.entries(directory)?;
        match (name, &self.objects[&directory]) {
            (".", _) => Ok(directory),
            ("..", Object::Directory { parent, .. }) => Ok(*parent),
            _ => entries.get(name).copied().ok_or(TreeError::NoEntry),
        }
    }

    /// Whether something new may have this name.
    fn free(&self, directory: usize, name: &str) -> Answer {
        if name.starts_with('.') {
            return Err(TreeError::Exists);
        }
        match self.find(directory, name) {
            Ok(_) => Err(TreeError::Exists),
            Err(TreeError::NoEntry) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn is_directory(&self, number: usize) -> bool {
        matches!(self.objects[&number], Object::Directory { .. })
    }

    /// An entry has gone; with the last one, the object.
    fn dropped(&mut self, number: usize) {
        let named = self.objects.values().any(|object| match object {
            Object::Directory { entries, .. } => entries.values().any(|&entry| entry == number),
            _ => false,
        });
        if !named {
            self.objects.remove(&number);
        }
    }

    fn remove(&mut self, directory: usize, name: &str) -> Answer {
        if name.starts_with('.') {
            return Err(TreeError::Invalid);
        }
        let victim = self.find(directory, name)?;
        if self.is_directory(victim) {
            return Err(TreeError::IsDirectory);
        }
        self.change(directory).remove(name);
        self.dropped(victim);
        Ok(())
    }

    fn rmdir(&mut self, directory: usize, name: &str) -> Answer {
        match name {
            "." => return Err(TreeError::Invalid),
            ".." => return Err(TreeError::Exists),
            _ => {}
        }
        let victim = self.find(directory, name)?;
        if !self.entries(victim)?.is_empty() {
            return Err(TreeError::NotEmpty);
        }
        self.change(directory).remove(name);
        self.dropped(victim);
        Ok(())
    }

    fn within(&self, outer: usize, mut inner: usize) -> bool {
        loop {
            match &self.objects[&inner] {
                _ if inner == outer => return true,
                Object::Directory { parent, .. } if *parent != inner => inner = *parent,
                _ => return false,
            }
        }
    }

    fn rename(&mut self, from: usize, old: &str, to: usize, new: &str) -> Answer {
        if old.starts_with('.') || new.starts_with('.') {
            return Err(TreeError::Invalid);
        }
        self.entries(from)?;
        self.entries(to)?;
        let moving = self.find(from, old)?;
        let victim = self.find(to, new).ok();
        if victim.is_some_and(|victim| self.is_directory(victim) != self.is_directory(moving)) {
            return Err(TreeError::Exists);
        }
        if self.is_directory(moving) && self.within(moving, to) && victim != Some(moving) {
            return Err(TreeError::Invalid);
        }
        if victim == Some(moving) {
            return Ok(());
        }
        // The kernel asks whether the target is above the source before it asks for its content.
        if victim.is_some_and(|victim| {
            self.entries(victim)
                .is_ok_and(|entries| !entries.is_empty())
        }) {
            return Err(TreeError::Exists);
        }
        self.change(from).remove(old);
        self.change(to).insert(new.to_owned(), moving);
        if let Some(Object::Directory { parent, .. }) = self.objects.get_mut(&moving) {
            *parent = to;
        }
        if let Some(victim) = victim {
            self.dropped(victim);
        }
        Ok(())
    }

    fn file(&mut self, number: usize) -> Answer<&mut Vec<u8>> {
        match self.objects.get_mut(&number) {
            Some(Object::File(bytes)) => Ok(bytes),
            Some(Object::Directory { .. }) => Err(TreeError::IsDirectory),
            Some(Object::Link(_)) => Err(TreeError::Invalid),
            None => Err(TreeError::Stale),
        }
    }
}

/// What the tree answers, once it does.
fn patiently<T>(rig: &mut Rig, mut ask: impl FnMut(&mut Rig) -> Answer<T>) -> Answer<T> {
    loop {
        match ask(rig) {
            Err(TreeError::Later) => rig.tree.next_turn(),
            answer => return answer,
        }
    }
}

fn apply(rig: &mut Rig, model: &mut Model, one: Move) {
    match one {
        Move::Create(d, name) => create(rig, model, d, &name),
        Move::Mkdir(d, name) => mkdir(rig, model, d, &name),
        Move::Symlink(d, name) => symlink(rig, model, d, &name),
        Move::Lookup(d, name) => {
            let (number, node) = model.pick(d);
            let expected = model.find(number, &name).map(|found| model.nodes[&found]);
            assert_eq!(patiently(rig, |rig| rig.lookup(node, &name)), expected);
        }
        Move::Remove(d, name) => {
            let (number, node) = model.pick(d);
            let expected = model.remove(number, &name);
            let answer = patiently(rig, |rig| rig.tree.remove(node, name.as_bytes()));
            assert_eq!(answer, expected);
        }
        Move::Rmdir(d, name) => {
            let (number, node) = model.pick(d);
            let expected = model.rmdir(number, &name);
            let answer = patiently(rig, |rig| rig.tree.rmdir(node, name.as_bytes()));
            assert_eq!(answer, expected);
        }
        Move::Rename(d, old, e, new) => {
            let ((from, source), (to, target)) = (model.pick(d), model.pick(e));
            let expected = model.rename(from, &old, to, &new);
            let (old, new) = (old.as_bytes(), new.as_bytes());
            let answer = patiently(rig, |rig| rig.tree.rename(source, old, target, new));
            assert_eq!(answer, expected);
        }
        Move::Link(o, d, name) => link(rig, model, o, d, &name),
        Move::Write(o, at, seed) => write(rig, model, o, at, seed),
        Move::Resize(o, size) => resize(rig, model, o, size),
        Move::Read(o) => agree(rig, model, o),
        Move::List(d) => list(rig, model, d),
        Move::Restart => rig.restart(),
    }
}

fn create(rig: &mut Rig, model: &mut Model, directory: usize, name: &str) {
    let (object, how) = (Object::File(Vec::new()), Create::Guarded(NOTHING));
    make(rig, model, directory, name, object, |rig, node, name| {
        rig.tree.create(node, name, &how).map(|made| made.node)
    });
}

fn mkdir(rig: &mut Rig, model: &mut Model, directory: usize, name: &str) {
    let object = Object::Directory {
        parent: model.pick(directory).0,
        entries: BTreeMap::new(),
    };
    make(rig, model, directory, name, object, |rig, node, name| {
        rig.tree.mkdir(node, name, &NOTHING).map(|made| made.node)
    });
}

fn symlink(rig: &mut Rig, model: &mut Model, directory: usize, name: &str) {
    let target = b"../../etc";
    let object = Object::Link(target.to_vec());
    make(rig, model, directory, name, object, |rig, node, name| {
        let made = rig.tree.symlink(node, name, target, &NOTHING);
        made.map(|made| made.node)
    });
}

fn write(rig: &mut Rig, model: &mut Model, object: usize, at: u16, seed: u8) {
    let (number, node) = model.pick(object);
    let bytes = vec![seed; usize::from(seed) * 7 + 1];
    let operation = rig.write_operation(at.into(), &bytes, seed.is_multiple_of(5));
    let answer = rig.operate(node, operation);
    let expected = model.file(number).map(|file| {
        let (at, end) = (usize::from(at), usize::from(at) + bytes.len());
        file.resize(file.len().max(end), 0);
        file[at..end].copy_from_slice(&bytes);
        true
    });
    assert_eq!(answer.map(|ended| ended.result.is_ok()), expected);
}

fn resize(rig: &mut Rig, model: &mut Model, object: usize, size: u16) {
    let (number, node) = model.pick(object);
    let set = SetAttributes {
        size: Some(size.into()),
        ..NOTHING
    };
    let answer = patiently(rig, |rig| rig.tree.set_attributes(node, &set, None));
    let expected = model.file(number).map(|file| file.resize(size.into(), 0));
    assert_eq!(answer.map(drop), expected);
}

fn list(rig: &mut Rig, model: &mut Model, directory: usize) {
    let (number, node) = model.pick(directory);
    let expected = model.entries(number);
    let expected = expected.map(|entries| entries.keys().cloned().collect());
    let answer: Answer<Vec<String>> = match patiently(rig, |rig| rig.tree.attributes(node)) {
        Ok(attributes) if attributes.kind == Kind::Directory => Ok(rig.names(node)),
        Ok(_) => Err(TreeError::NotDirectory),
        Err(error) => Err(error),
    };
    assert_eq!(answer, expected);
}

fn make(
    rig: &mut Rig,
    model: &mut Model,
    directory: usize,
    name: &str,
    object: Object,
    make: impl Fn(&mut Rig, Node, &[u8]) -> Answer<Node>,
) {
    let (number, node) = model.pick(directory);
    let expected = model.free(number, name);
    let answer = patiently(rig, |rig| make(rig, node, name.as_bytes()));
    assert_eq!(answer.map(drop), expected);
    if let Ok(made) = answer {
        let made = model.add(object, made);
        model.change(number).insert(name.to_owned(), made);
    }
}

fn link(rig: &mut Rig, model: &mut Model, object: usize, directory: usize, name: &str) {
    let ((number, node), (parent, target)) = (model.pick(object), model.pick(directory));
    let answer = patiently(rig, |rig| rig.tree.link(node, target, name.as_bytes()));
    let expected = if name.starts_with('.') {
        Err(TreeError::Exists)
    } else {
        model.entries(parent).map(drop)
    };
    let expected = expected.and_then(|()| match model.objects.get(&number) {
        None => Err(TreeError::Stale),
        Some(Object::Directory { .. }) => Err(TreeError::Invalid),
        Some(_) => model.free(parent, name),
    });
    assert_eq!(answer.map(|linked| linked.node), expected.map(|()| node));
    if expected.is_ok() {
        model.change(parent).insert(name.to_owned(), number);
    }
}

/// An object is what the model says.
fn agree(rig: &mut Rig, model: &mut Model, object: usize) {
    let (number, node) = model.pick(object);
    let answer = patiently(rig, |rig| rig.tree.attributes(node));
    match model.objects.get(&number) {
        None => assert_eq!(answer, Err(TreeError::Stale)),
        Some(Object::Directory { .. }) => assert_eq!(answer.unwrap().kind, Kind::Directory),
        Some(Object::Link(target)) => assert_eq!(&rig.tree.readlink(node).unwrap(), target),
        Some(Object::File(bytes)) => {
            assert_eq!(answer.unwrap().size, bytes.len() as u64);
            assert_eq!(&rig.read(node, 0, 100_000).unwrap(), bytes);
        }
    }
}

/// Random operations in new directories of one file system.
fn agrees(place: &Place, cases: u32, options: TreeOptions) {
    let mut runner = TestRunner::new(Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    });
    let outcome = runner.run(&moves(), |moves| {
        let mut rig = Rig::within(place, options);
        let mut model = Model::new(rig.root);
        moves
            .into_iter()
            .for_each(|one| apply(&mut rig, &mut model, one));
        (0..model.next).for_each(|object| agree(&mut rig, &mut model, object));
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn a_tree_on_tmpfs_does_as_a_map_does() {
    agrees(&Place::tmpfs("64m"), 600, TreeOptions::default());
}

#[test]
fn a_tree_on_ext4_does_as_a_map_does() {
    agrees(&Place::ext4(64 << 20), 60, TreeOptions::default());
}

#[test]
fn a_tree_that_remembers_next_to_nothing_does_so_too() {
    let options = TreeOptions {
        places: 24,
        open_files: 1,
        search: 2,
        sync_metadata: false,
        ..TreeOptions::default()
    };
    agrees(&Place::tmpfs("64m"), 300, options);
}
