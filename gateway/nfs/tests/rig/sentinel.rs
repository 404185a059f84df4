//! A tree, and what is beside it and must stay as it is, whatever the tree's clients do.

use std::fs::{self, Metadata};
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};

use labelgate_backends::tree::{Tree, TreeOptions};
use labelgate_engine::tree::Node;
use tempfile::TempDir;

/// What no answer may have in it.
pub const SECRET: &[u8] = b"what is beside the tree is nobody's business";

const BESIDE: [&str; 4] = ["outside", "beside", "beside/inner", "beside/file"];

/// A directory in memory with a tree and with things that are none of its business.
pub struct Beside {
    base: TempDir,
    was: Vec<Looks>,
}

/// How something looks that nobody touches. (That it was read shows in what is answered.)
#[derive(Debug, PartialEq, Eq)]
struct Looks {
    path: PathBuf,
    inode: u64,
    mode: u32,
    owner: (u32, u32),
    links: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
    content: Option<Vec<u8>>,
}

impl Looks {
    fn of(path: PathBuf) -> Self {
        let is: Metadata = fs::symlink_metadata(&path).unwrap();
        Self {
            inode: is.ino(),
            mode: is.mode(),
            owner: (is.uid(), is.gid()),
            links: is.nlink(),
            size: is.size(),
            modified: (is.mtime(), is.mtime_nsec()),
            changed: (is.ctime(), is.ctime_nsec()),
            content: is.is_file().then(|| fs::read(&path).unwrap()),
            path,
        }
    }
}

impl Beside {
    pub fn new() -> Self {
        let base = tempfile::tempdir_in("/dev/shm").unwrap();
        let at = |way: &str| base.path().join(way);
        fs::create_dir_all(at("tree/d/e")).unwrap();
        fs::create_dir_all(at("beside/inner")).unwrap();
        for file in ["outside", "beside/file"] {
            fs::write(at(file), SECRET).unwrap();
        }
        fs::write(at("tree/a"), "of the tree").unwrap();
        let slash = base.path().display().to_string();
        for (target, link) in [("../outside", "file"), ("..", "up"), (&slash, "slash")] {
            symlink(target, at("tree").join(link)).unwrap();
        }
        let was = look(base.path());
        Self { base, was }
    }

    pub fn tree(&self) -> PathBuf {
        self.base.path().join("tree")
    }

    /// The nodes of what is beside the tree, and of the directory that both are in.
    pub fn nodes(&self) -> Vec<Node> {
        let base = fs::File::open(self.base.path()).unwrap();
        let mut all = Tree::open(base.into(), TreeOptions::default()).unwrap();
        let root = all.root();
        let inner = all.lookup(root, b"beside").unwrap().node;
        let mut nodes = vec![root, inner];
        for (at, name) in [(root, &b"outside"[..]), (inner, b"file"), (inner, b"inner")] {
            nodes.push(all.lookup(at, name).unwrap().node);
        }
        nodes
    }

    /// Nothing beside the tree has changed, and nothing has come or gone there.
    pub fn is_untouched(&self) {
        assert_eq!(look(self.base.path()), self.was);
        let root = fs::symlink_metadata(self.tree()).unwrap();
        assert!(root.is_dir());
    }
}

fn look(base: &Path) -> Vec<Looks> {
    let mut names: Vec<_> = ["", "beside", "beside/inner"]
        .iter()
        .flat_map(|at| fs::read_dir(base.join(at)).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path != &base.join("tree"))
        .collect();
    names.sort();
    assert_eq!(names.len(), BESIDE.len(), "{names:?}");
    names.into_iter().map(Looks::of).collect()
}
