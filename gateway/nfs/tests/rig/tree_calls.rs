//! Calls about a tree of which everything may be wrong, as a fuzzer makes them.

use bolero::TypeGenerator;
use labelgate_nfs::handle::Object;
use labelgate_nfs::xdr::Decoder;

use super::client::{self, Arguments, UNSTABLE, procedure, status};
use super::sealed;
use super::trees::{
    Create, Set, TREE, When, creation, ftype, link, node, rename, setattr, symlink,
};

/// Names of what is there, or may be.
const NAMES: [&[u8]; 8] = [b"a", b"b", b"c", b"d", b"e", b"file", b"up", b"slash"];

/// What is no name, or leads elsewhere.
const ODD: [&[u8]; 8] = [
    b".",
    b"..",
    b"",
    b"a/b",
    b"../outside",
    b"up/outside",
    b"c\0",
    &[b'x'; 256],
];

/// What a client may write into a link.
const TARGETS: [&[u8]; 6] = [
    b"a",
    b"..",
    b"../outside",
    b"../beside/inner",
    b"/",
    b"/proc/self/root",
];

/// A call about a tree.
#[derive(Debug, Clone, TypeGenerator)]
pub struct TreeCall {
    kind: u8,
    object: u8,
    other: u8,
    name: u8,
    second: u8,
    number: u64,
    length: u16,
    bytes: [u8; 8],
}

/// The handles that a client has, those included that it can only have guessed.
pub struct Known {
    handles: Vec<Vec<u8>>,
    /// How many of them stay, and which of the others is forgotten next.
    stay: usize,
    next: usize,
}

/// The most of them.
const MOST: usize = 40;

impl Known {
    /// The roots, an image, and nodes that are not in the tree at all.
    pub fn new(outside: impl IntoIterator<Item = labelgate_engine::tree::Node>) -> Self {
        let outside = outside.into_iter().map(|node| Object::Node {
            store: TREE,
            generation: node.generation,
            inode: node.inode,
        });
        let mut handles: Vec<_> = outside.map(sealed).collect();
        handles.extend([super::root(), super::image()]);
        // Most calls are to find something.
        handles.extend([(); 9].map(|()| sealed(Object::root_of_tree(TREE))));
        let stay = handles.len();
        Self {
            handles,
            stay,
            next: stay,
        }
    }

    fn get(&self, number: u8) -> &[u8] {
        &self.handles[usize::from(number) % self.handles.len()]
    }

    /// Learns what an answer has found or made.
    pub fn learn(&mut self, procedure: u32, results: &[u8]) {
        let mut d = Decoder::new(results);
        if d.u32() != Ok(status::OK) {
            return;
        }
        let told = match procedure {
            procedure::LOOKUP => true,
            procedure::CREATE | procedure::MKDIR | procedure::SYMLINK | procedure::MKNOD => {
                d.bool() == Ok(true)
            }
            _ => false,
        };
        if let Some(handle) = told.then(|| d.opaque(64).unwrap().to_vec()) {
            if self.handles.len() < MOST {
                return self.handles.push(handle);
            }
            self.handles[self.next] = handle;
            self.next += 1;
            if self.next == MOST {
                self.next = self.stay;
            }
        }
    }
}

impl TreeCall {
    fn set(&self) -> Set {
        let [flags, mode, ..] = self.bytes;
        let has = |bit: u8| flags & 1 << bit != 0;
        Set {
            mode: has(0).then(|| u32::from(mode) << 4),
            uid: (has(1) && has(2)).then_some(0),
            gid: (has(1) && has(3)).then_some(1000),
            size: has(4).then_some(self.number >> (mode % 64)),
            atime: if has(5) { When::At(5, 6) } else { When::Keep },
            mtime: if has(6) { When::Now } else { When::Keep },
        }
    }

    /// Its procedure and its message.
    pub fn message(&self, xid: u32, known: &Known) -> (u32, Vec<u8>) {
        let (procedure, arguments) = self.call(known);
        let message = client::nfs_message(xid, procedure, &arguments.0);
        (procedure, message)
    }

    fn call(&self, known: &Known) -> (u32, Arguments) {
        let name = |number: u8| match number {
            0..=0xdf => NAMES[usize::from(number) % NAMES.len()],
            _ => ODD[usize::from(number) % ODD.len()],
        };
        let (object, other) = (known.get(self.object), known.get(self.other));
        let (first, second) = (name(self.name), name(self.second));
        let plain = Arguments::of(object);
        let named = plain.clone().opaque(first);
        let (length, offset) = (u32::from(self.length), self.number >> (self.bytes[0] % 64));
        match self.kind % 21 {
            0 => (procedure::GETATTR, plain),
            1 => {
                let guard = self.bytes[2]
                    .is_multiple_of(4)
                    .then_some((self.bytes[3].into(), 0));
                (procedure::SETATTR, setattr(object, self.set(), guard))
            }
            2 => (procedure::LOOKUP, named),
            3 => (procedure::ACCESS, plain.u32(length)),
            4 => (procedure::READLINK, plain),
            5 => (procedure::READ, plain.u64(offset).u32(length)),
            6 => {
                let data = vec![self.bytes[1]; usize::from(self.length) % 9000];
                let stable = UNSTABLE + u32::from(self.bytes[2] % 4);
                let write = client::write(object, offset, stable, &data);
                (procedure::WRITE, Arguments(write))
            }
            7 => (procedure::CREATE, creation(object, first, self.how())),
            8 => (procedure::MKDIR, named.set(self.set())),
            9 => {
                let target = TARGETS[usize::from(self.second) % TARGETS.len()];
                (procedure::SYMLINK, symlink(object, first, target))
            }
            10 => {
                let kind = u32::from(self.bytes[4]) % (ftype::FIFO + 2);
                (procedure::MKNOD, node(object, first, kind))
            }
            11 => (procedure::REMOVE, named),
            12 => (procedure::RMDIR, named),
            13 | 14 => {
                let ways = rename((object, first), (other, second));
                (procedure::RENAME, ways)
            }
            15 => (procedure::LINK, link(object, other, second)),
            16 => {
                let list = plain.u64(self.number).raw(&self.bytes).u32(length);
                (procedure::READDIR, list)
            }
            17 => {
                let list = plain.u64(0).raw(&self.bytes).u32(length);
                (procedure::READDIRPLUS, list.u32(u32::from(self.length) * 4))
            }
            18 => (procedure::FSSTAT + length % 3, plain),
            19 => (procedure::COMMIT, plain.u64(offset).u32(length)),
            _ => (procedure::LOOKUP, named),
        }
    }

    fn how(&self) -> Create {
        match self.bytes[5] % 3 {
            0 => Create::Unchecked(self.set()),
            1 => Create::Guarded(self.set()),
            _ => Create::Exclusive([self.bytes[6]; 8]),
        }
    }
}
