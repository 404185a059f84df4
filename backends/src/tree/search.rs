//! The search for nodes whose place is not known.
//!
//! One walk through the tree serves all that are wanted, and remembers what else it meets as long
//! as there is room, and whatever lies beside what was wanted, since who asks for one handle asks for
//! others. It goes on, a bounded piece in each turn, when one of them is asked for. A node that a
//! whole round has not met is absent. A round during which a directory was moved may have missed
//! what is in it, and counts for nothing.

use std::collections::{HashMap, HashSet};
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::time::{Duration, Instant};

use rustix::fs::{FileType, OFlags, RawDir, SeekFrom};

use super::lru::Lru;
use super::places::MAX_DEPTH;
use super::resolve::moved;
use super::{Node, Tree, TreeError};

/// How many nodes are searched for at the same time.
const MAX_WANTED: usize = 1024;
/// How many nodes are remembered that are not there, and for how long: somebody may put them back.
const MAX_ABSENT: usize = 1024;
const ABSENCE: Duration = Duration::from_secs(10);
/// How long is searched in one turn, whatever was seen: everybody else of the label waits.
const PATIENCE: Duration = Duration::from_millis(10);

#[derive(Debug)]
pub(super) struct Search {
    /// With how many whole rounds are left to find each.
    wanted: HashMap<Node, u8>,
    absent: Lru<Node, (Instant, TreeError)>,
    walk: Option<Walk>,
    /// How many entries may still be looked at in this turn.
    left: usize,
    /// How long was searched in this turn.
    took: Duration,
    /// Somebody has moved a directory during this round.
    disturbed: bool,
    /// A directory of this round could not be read: what is in it is not known to be gone.
    unreadable: bool,
}

#[derive(Debug, Default)]
struct Walk {
    /// From the root's down to where it is.
    stack: Vec<Level>,
}

/// A directory on the way.
#[derive(Debug)]
struct Level {
    node: Node,
    name: Rc<[u8]>,
    /// Where its listing goes on, unless it has ended.
    cookie: Option<u64>,
    /// Directories in it that are still to be walked through.
    ahead: Vec<(Node, Rc<[u8]>)>,
}

/// An entry that matters to a search.
struct Candidate {
    name: Rc<[u8]>,
    inode: u64,
    directory: bool,
}

impl Search {
    /// None; so many entries may be looked at in the first turn.
    pub(super) fn new(left: usize) -> Self {
        Self {
            wanted: HashMap::new(),
            absent: Lru::new(MAX_ABSENT),
            walk: None,
            left,
            took: Duration::ZERO,
            disturbed: false,
            unreadable: false,
        }
    }
}

impl Search {
    fn next_turn(&mut self, entries: usize) {
        (self.left, self.took) = (entries, Duration::ZERO);
    }

    /// A part of this turn was used.
    fn spend(&mut self, entries: usize, since: &mut Instant) {
        let now = Instant::now();
        self.took += now.saturating_duration_since(*since);
        *since = now;
        self.left = match self.took < PATIENCE {
            true => self.left.saturating_sub(entries),
            false => 0,
        };
    }

    /// Adds a node to those that are searched for, if there is room.
    pub(super) fn want(&mut self, node: Node) -> bool {
        if self.wanted.contains_key(&node) {
            return true;
        }
        let rounds = if self.walk.is_some() { 2 } else { 1 };
        let room = self.wanted.len() < MAX_WANTED;
        if room {
            self.wanted.insert(node, rounds);
        }
        room
    }

    /// A directory was moved: the walk may have been where it is now.
    pub(super) fn disturb(&mut self) {
        self.disturbed = true;
    }

    /// A node was seen.
    pub(super) fn seen(&mut self, node: Node) {
        self.wanted.remove(&node);
        self.absent.remove(node);
    }

    /// What is known of a node that is not there.
    fn absence(&mut self, node: Node) -> Option<TreeError> {
        let (since, error) = *self.absent.get(node)?;
        if since.elapsed() < ABSENCE {
            return Some(error);
        }
        self.absent.remove(node);
        None
    }

    fn end_of_round(&mut self) {
        self.walk = None;
        if self.disturbed {
            return;
        }
        let error = if self.unreadable {
            TreeError::Access
        } else {
            TreeError::Stale
        };
        let now = Instant::now();
        let absent = &mut self.absent;
        self.wanted.retain(|node, rounds| {
            *rounds -= 1;
            if *rounds == 0 {
                absent.insert(*node, (now, error));
            }
            *rounds != 0
        });
    }
}

impl Tree {
    /// Searches for a node. When it returns well, its place is known.
    ///
    /// # Errors
    /// [`TreeError::Stale`] if it is not there, [`TreeError::Access`] if it may be where nobody
    /// may look, [`TreeError::Later`] if the search has not ended.
    pub(super) fn find(&mut self, node: Node) -> Result<(), TreeError> {
        if let Some(error) = self.search.absence(node) {
            return Err(error);
        }
        // Where too many are wanted, their search goes on none the less: it makes room.
        let is_wanted = self.search.want(node);
        let mut since = Instant::now();
        while self.search.left > 0 && self.search.wanted.contains_key(&node) == is_wanted {
            let entries = self.walk_on()?;
            self.search.spend(entries, &mut since);
        }
        if !is_wanted || self.search.wanted.contains_key(&node) {
            return Err(TreeError::Later);
        }
        self.search.absence(node).map_or(Ok(()), Err)
    }

    /// What is asked for from here on may be searched for a while again.
    pub fn next_turn(&mut self) {
        self.search.next_turn(self.options.search);
    }

    /// Goes one step of the walk: how many entries it has looked at, at least one.
    fn walk_on(&mut self) -> Result<usize, TreeError> {
        let root = self.node;
        let search = &mut self.search;
        let walk = search.walk.get_or_insert_with(|| {
            search.disturbed = false;
            search.unreadable = false;
            Walk::at(root)
        });
        let depth = walk.stack.len();
        let Some(level) = walk.stack.last_mut() else {
            search.end_of_round();
            return Ok(1);
        };
        if let Some((node, name)) = level.ahead.pop() {
            if depth <= MAX_DEPTH {
                walk.stack.push(Level::new(node, name));
            }
            return Ok(1);
        }
        let Some(cookie) = level.cookie else {
            walk.stack.pop();
            return Ok(1);
        };
        self.read_level(cookie)
    }

    /// Reads a piece of the directory that the walk is at.
    fn read_level(&mut self, cookie: u64) -> Result<usize, TreeError> {
        let directory = match self.open_level() {
            Ok(directory) => directory,
            Err(TreeError::Access | TreeError::Permission) => {
                self.search.unreadable = true;
                return Ok(self.leave_level());
            }
            // Moved away under the walk, or removed.
            Err(error) if moved(error) => {
                self.search.disturbed |= self.level_still_wanted();
                return Ok(self.leave_level());
            }
            Err(TreeError::Later) => return Err(TreeError::Later),
            // One bad directory keeps nobody from the others.
            Err(_) => {
                self.search.unreadable = true;
                return Ok(self.leave_level());
            }
        };
        let Ok((mut candidates, next, count)) = self.candidates(&directory, cookie) else {
            self.search.unreadable = true;
            return Ok(self.leave_level());
        };
        let wanted: HashSet<u64> = self.search.wanted.keys().map(|node| node.inode).collect();
        let is_wanted = |candidate: &Candidate| wanted.contains(&candidate.inode);
        let all = self.places.have_room() || candidates.iter().any(is_wanted);
        candidates.retain(|candidate| all || candidate.directory);
        // What is wanted comes last: where little is remembered, the rest is not to displace it.
        candidates.sort_by_key(is_wanted);
        for candidate in candidates {
            self.consider(&directory, candidate, all);
        }
        if let Some(level) = self.level() {
            level.cookie = next;
        }
        Ok(count.max(1))
    }

    fn level(&mut self) -> Option<&mut Level> {
        self.search.walk.as_mut()?.stack.last_mut()
    }

    fn leave_level(&mut self) -> usize {
        if let Some(walk) = &mut self.search.walk {
            walk.stack.pop();
        }
        1
    }

    /// The root never moves; anything else may have been moved to where the walk has been.
    fn level_still_wanted(&self) -> bool {
        let walk = self.search.walk.as_ref();
        walk.is_some_and(|walk| walk.stack.len() > 1)
    }

    fn open_level(&self) -> Result<OwnedFd, TreeError> {
        let stack = self.search.walk.as_ref().map(|walk| &*walk.stack);
        let stack = stack.unwrap_or_default();
        let steps: Vec<_> = stack
            .iter()
            .skip(1)
            .map(|level| (level.node, Rc::clone(&level.name)))
            .collect();
        let directory = self.open_steps(&steps, OFlags::RDONLY | OFlags::DIRECTORY)?;
        let here = stack.last().map(|level| level.node);
        if Some(self.observe(&directory, b"")?.node) != here {
            return Err(TreeError::Stale);
        }
        Ok(directory)
    }

    /// Some entries from `cookie` on; where to go on; how many there were.
    fn candidates(
        &mut self,
        directory: &OwnedFd,
        cookie: u64,
    ) -> Result<(Vec<Candidate>, Option<u64>, usize), TreeError> {
        rustix::fs::seek(directory, SeekFrom::Start(cookie))?;
        let (mut found, mut next, mut count) = (Vec::new(), None, 0);
        let mut entries = RawDir::new(directory, self.buffer.spare_capacity_mut());
        while let Some(entry) = entries.next() {
            let entry = entry?;
            count += 1;
            next = Some(entry.next_entry_cookie());
            let name = entry.file_name().to_bytes();
            let directory = matches!(entry.file_type(), FileType::Directory | FileType::Unknown);
            if !matches!(name, b"." | b"..") {
                found.push(Candidate {
                    name: name.into(),
                    inode: entry.ino(),
                    directory,
                });
            }
            if entries.is_buffer_empty() {
                break;
            }
        }
        Ok((found, next, count))
    }

    /// Looks at an entry: whether it is wanted, or to be remembered, and whether to walk through it.
    fn consider(&mut self, directory: &OwnedFd, candidate: Candidate, remember: bool) {
        // What has gone meanwhile is not there.
        let Ok(attributes) = self.observe(directory, &candidate.name) else {
            return;
        };
        let node = attributes.node;
        if self.search.wanted.contains_key(&node) {
            self.settle_here(node, &candidate.name);
        } else if let Some(here) = self.level().map(|level| level.node)
            && remember
        {
            self.places.insert(node, here, &candidate.name);
        }
        let walks = candidate.directory && attributes.kind == super::Kind::Directory;
        if let Some(level) = self.level().filter(|_| walks) {
            level.ahead.push((node, candidate.name));
        }
    }

    /// Remembers where a node is, and the way to it.
    fn settle_here(&mut self, node: Node, name: &[u8]) {
        let (search, places) = (&mut self.search, &mut self.places);
        let stack = search.walk.as_ref().map(|walk| &*walk.stack);
        let mut parent = None;
        for level in stack.unwrap_or_default() {
            if let Some(parent) = parent {
                places.insert(level.node, parent, &level.name);
            }
            parent = Some(level.node);
        }
        if let Some(parent) = parent {
            places.insert(node, parent, name);
            search.seen(node);
        }
    }

    /// Remembers where a node is: `name` in `parent`.
    pub(super) fn remember(&mut self, node: Node, parent: Node, name: &[u8]) {
        self.places.insert(node, parent, name);
        self.search.seen(node);
    }
}

impl Walk {
    fn at(root: Node) -> Self {
        Self {
            stack: vec![Level::new(root, (*b".").into())],
        }
    }
}

impl Level {
    fn new(node: Node, name: Rc<[u8]>) -> Self {
        Self {
            node,
            name,
            cookie: Some(0),
            ahead: Vec::new(),
        }
    }
}
