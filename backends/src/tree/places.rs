//! Where nodes were last seen.

use std::rc::Rc;

use super::Node;
use super::lru::Lru;

/// The deepest directory in which a client may make another one, or move one to, in steps from the root.
pub(super) const MAX_MADE: usize = 512;

/// The deepest directory that is served, in steps from the root: what one look-up may cost is
/// bounded. What is moved may itself be deep, so this is as much deeper than [`MAX_MADE`] as nobody
/// gets by moving who does not try to. Deeper ones nobody finds.
pub(super) const MAX_DEPTH: usize = 2048;

/// One of the entries that lead to a node.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) parent: Node,
    pub(super) name: Rc<[u8]>,
}

/// The places of nodes, as they were last seen. They are a hint and no more: who uses one verifies
/// that the node is still there.
#[derive(Debug)]
pub(super) struct Places {
    root: Node,
    places: Lru<Node, Place>,
}

impl Places {
    pub(super) fn new(root: Node, bound: usize) -> Self {
        Self {
            root,
            places: Lru::new(bound),
        }
    }

    pub(super) fn insert(&mut self, node: Node, parent: Node, name: &[u8]) {
        // The root is where it is, and nothing is its own parent.
        if node != self.root && node != parent {
            let name = name.into();
            self.places.insert(node, Place { parent, name });
        }
    }

    /// Whether one more can be remembered without forgetting another.
    pub(super) fn have_room(&self) -> bool {
        !self.places.is_full()
    }

    pub(super) fn get(&mut self, node: Node) -> Option<Place> {
        self.places.get(node).cloned()
    }

    pub(super) fn forget(&mut self, node: Node) {
        self.places.remove(node);
    }

    /// Forgets this place of the node, if it is the one that is known.
    pub(super) fn leave(&mut self, node: Node, parent: Node, name: &[u8]) {
        if self
            .get(node)
            .is_some_and(|place| place.parent == parent && *place.name == *name)
        {
            self.forget(node);
        }
    }

    /// The steps from the root to a node; none for the root itself. `None` if one is not known, or
    /// if there are too many.
    pub(super) fn steps(&mut self, node: Node) -> Option<Vec<(Node, Rc<[u8]>)>> {
        let mut steps = Vec::new();
        let mut here = node;
        while here != self.root {
            // What was moved by others may look like a circle.
            if steps.len() > MAX_DEPTH {
                return None;
            }
            let Place { parent, name } = self.get(here)?;
            steps.push((here, name));
            here = parent;
        }
        steps.reverse();
        Some(steps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn node(inode: u64) -> Node {
        Node {
            inode,
            generation: 0,
        }
    }

    #[test]
    fn a_circle_is_no_way() {
        let mut places = Places::new(node(1), 8);
        places.insert(node(2), node(3), b"a");
        places.insert(node(3), node(2), b"b");
        assert!(places.steps(node(2)).is_none());

        places.insert(node(3), node(1), b"b");
        let steps = places.steps(node(2)).unwrap();
        let names: Vec<&[u8]> = steps.iter().map(|(_, name)| &**name).collect();
        assert_eq!(names, [b"b", b"a"]);
    }

    #[test]
    fn only_the_place_that_is_left_is_forgotten() {
        let mut places = Places::new(node(1), 8);
        places.insert(node(2), node(1), b"a");
        places.leave(node(2), node(1), b"b");
        assert!(places.get(node(2)).is_some());
        places.leave(node(2), node(1), b"a");
        assert!(places.get(node(2)).is_none());
    }
}
