//! A label's own directory tree, for an NFS export.
//!
//! Objects are named by [`Node`], because a file handle outlives every name and every process.
//! `open_by_handle_at` would open them so, but takes a capability that a confined worker never has.
//! So a tree remembers where it last saw a node, goes there, and looks whether it is the same
//! object still. Where it remembers nothing, or the wrong thing, it searches the tree, a bounded
//! piece at each call ([`TreeError::Later`]): handles survive the worker.
//!
//! Every way leads from the root's open descriptor downwards, in the kernel's hands: beneath it,
//! through no symbolic link, onto no other file system (`openat2`). What a link says is data.
//! Whoever else writes in the tree may make an operation fail; it cannot lead one outside.
//!
//! Calls that concern names and attributes are made at once. A change is on stable storage before
//! they return (RFC 1813 4.8), unless [`TreeOptions::sync_metadata`] says otherwise. The data of
//! files goes the same way as that of images: [`Tree::start`].
//!
//! The tree's objects belong to the process that serves it, or each has an owner of its own: then
//! callers are told apart, and the kernel judges what each may do ([`Owners`]). A security label is
//! never changed.

mod access;
mod acting;
mod answer;
mod attributes;
mod create;
mod directory;
mod files;
mod limits;
mod lookup;
mod lru;
mod make;
mod name;
mod node;
mod open;
mod places;
mod remove;
mod rename;
mod resolve;
mod search;
mod set_attributes;
mod stable;
mod young;

use std::io;
use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, Mode, OFlags, StatxFlags};
use rustix::io::Errno;

pub use acting::{LAST_ID, Owners};
pub use directory::{Entry, Listing};
pub use files::Refused;
pub use labelgate_engine::Timestamp as Time;
pub use labelgate_engine::tree::{
    Access, Attributes, Caller, CookieVerifier, Create, Detail, Kind, Node, PathLimits,
    SetAttributes, SetTime, Space, TreeError, Verifier,
};
pub use limits::Limits;

use files::Files;
use places::Places;
use resolve::BENEATH;
use search::Search;
use young::Young;

/// How a tree is served.
#[derive(Debug, Clone, Copy)]
pub struct TreeOptions {
    /// How many places of nodes are remembered: more than directories are deep, or what is deep is
    /// never found. One takes some 200 bytes and its name.
    pub places: usize,
    /// How many files are open at the same time.
    pub open_files: usize,
    /// How many entries a search looks at in one turn ([`Tree::next_turn`]).
    pub search: usize,
    /// Changes of names and attributes are on stable storage before the call returns.
    pub sync_metadata: bool,
    /// Whose its objects are.
    pub owners: Owners,
    /// The owner that every object is said to have, where objects have none.
    pub uid: u32,
    /// The group that every object is said to have, likewise.
    pub gid: u32,
    /// See [`crate::FileOptions::dirty_budget`].
    pub dirty_budget: u64,
}

impl Default for TreeOptions {
    fn default() -> Self {
        Self {
            places: 64 << 10,
            open_files: 256,
            search: 4096,
            sync_metadata: true,
            owners: Owners::Process,
            uid: 0,
            gid: 0,
            dirty_budget: 16 << 20,
        }
    }
}

/// Why a directory is no tree.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TreeOpenError {
    /// It is something else.
    #[error("it is no directory")]
    Kind,
    /// Its file system does not keep times of birth, by which inodes are told from their
    /// predecessors.
    #[error("its file system does not say when a file was made (ext4 with small inodes?)")]
    Births,
    /// The system refused.
    #[error("{0}")]
    System(#[from] io::Error),
}

impl From<Errno> for TreeOpenError {
    fn from(errno: Errno) -> Self {
        match errno {
            Errno::NOTDIR => Self::Kind,
            errno => Self::System(errno.into()),
        }
    }
}

/// A label's own directory tree.
#[derive(Debug)]
pub struct Tree {
    root: OwnedFd,
    node: Node,
    device: (u32, u32),
    options: TreeOptions,
    /// As whom callers' wishes are carried out; `None` as this process.
    caller: Option<Caller>,
    /// It is memory: nothing is ever stable.
    memory: bool,
    places: Places,
    search: Search,
    files: Files,
    young: Young,
    /// Where the kernel puts the entries of directories.
    buffer: Vec<u8>,
}

/// How much of a directory is read at a time, in bytes.
const DIRECTORY_BUFFER: usize = 16 << 10;

impl Tree {
    /// Takes an open directory (`O_PATH` will do) as the root of a tree.
    ///
    /// # Errors
    /// See [`TreeOpenError`].
    pub fn open(root: OwnedFd, options: TreeOptions) -> Result<Self, TreeOpenError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = rustix::fs::openat2(&root, c".", flags, Mode::empty(), BENEATH)?;
        let wanted = StatxFlags::BASIC_STATS | StatxFlags::BTIME;
        let stat = rustix::fs::statx(&root, c"", AtFlags::EMPTY_PATH, wanted)?;
        if stat.stx_mask & StatxFlags::BTIME.bits() == 0 {
            return Err(TreeOpenError::Births);
        }
        let node = node::node_of(&stat);
        let mut tree = Self {
            memory: crate::file::in_memory(&root)?,
            root,
            node,
            device: attributes::device(&stat),
            caller: None,
            options,
            places: Places::new(node, options.places),
            search: Search::new(options.search),
            files: Files::new(options.open_files),
            young: Young::default(),
            buffer: Vec::with_capacity(DIRECTORY_BUFFER),
        };
        tree.act_for(None);
        Ok(tree)
    }

    /// The root's name.
    #[must_use]
    pub const fn root(&self) -> Node {
        self.node
    }
}
