//! Calls, and their answers.

use labelgate_engine::tree::{Answer, Call, Done, Entry, Listed, Name, Seen};

use super::{Attributes, CookieVerifier, Detail, Kind, Node, Tree, TreeError};

/// What an entry takes up in a list beside its name, in bytes (RFC 1813 3.3.16, entry3), and its
/// attributes and handle (3.3.17, entryplus3).
const ENTRY: usize = 28;
const ATTRIBUTES: usize = 160;

impl Tree {
    /// Carries out a call. [`TreeError::Later`] is for the caller to try again; a client that is
    /// told so waits for seconds.
    pub fn answer(&mut self, call: &Call) -> Answer {
        let (first, second) = call.about();
        let mut is_late = false;
        let mut before = |node: Option<Node>| {
            let seen = self.attributes(node.filter(|_| call.changes())?);
            is_late |= seen == Err(TreeError::Later);
            seen.ok()
        };
        let (first_before, second_before) = (before(first), before(second));
        let result = match is_late {
            true => Err(TreeError::Later),
            false => self.carry_out(call),
        };
        if result == Err(TreeError::Later) {
            // To look again would be to search again.
            return Answer {
                result,
                first: Seen::default(),
                second: Seen::default(),
            };
        }
        let mut seen = |node: Option<Node>, before| Seen {
            before,
            after: match (&result, call) {
                // It has just been looked at.
                (Ok(Done::Object(known)), Call::Attributes(_)) => Some(*known),
                _ => node.and_then(|node| self.attributes(node).ok()),
            },
        };
        Answer {
            first: seen(first, first_before),
            second: seen(second, second_before),
            result,
        }
    }

    fn carry_out(&mut self, call: &Call) -> Result<Done, TreeError> {
        let nothing = |()| Done::Nothing;
        match call {
            Call::Attributes(node) => self.attributes(*node).map(Done::Object),
            Call::SetAttributes { node, set, guard } => {
                self.set_attributes(*node, set, *guard).map(Done::Object)
            }
            Call::Lookup { directory, name } => self.lookup(*directory, name).map(Done::Object),
            Call::Walk(names) => self.walk(names).map(Done::Object),
            Call::Access(node) => self.access(*node).map(Done::Access),
            Call::ReadLink(node) => self.readlink(*node).map(Done::Target),
            Call::Create {
                directory,
                name,
                how,
            } => self.create(*directory, name, how).map(Done::Object),
            Call::MakeDirectory {
                directory,
                name,
                set,
            } => self.mkdir(*directory, name, set).map(Done::Object),
            Call::MakeSymbolicLink {
                directory,
                name,
                target,
                set,
            } => self
                .symlink(*directory, name, target, set)
                .map(Done::Object),
            Call::MakeNode {
                directory,
                name,
                kind,
                set,
            } => self.mknod(*directory, name, *kind, set).map(Done::Object),
            Call::Remove { directory, name } => self.remove(*directory, name).map(nothing),
            Call::RemoveDirectory { directory, name } => self.rmdir(*directory, name).map(nothing),
            Call::Rename { from, to } => self.rename(from.0, &from.1, to.0, &to.1).map(nothing),
            Call::Link {
                node,
                directory,
                name,
            } => self.link(*node, *directory, name).map(Done::Object),
            Call::List {
                directory,
                cookie,
                verifier,
                detail,
                bytes,
            } => self
                .piece_of(*directory, (*cookie, *verifier), *detail, *bytes)
                .map(Done::Listed),
            // The same for all that is in the tree.
            Call::Space(node) => {
                self.attributes(*node)?;
                self.space().map(Done::Space)
            }
            Call::PathLimits(node) => {
                self.attributes(*node)?;
                self.path_limits().map(Done::PathLimits)
            }
        }
    }

    /// What a path leads to. A symbolic link leads nowhere: its client follows it, if it likes. Nobody
    /// in particular mounts: what a handle is good for, calls that show it are asked.
    fn walk(&mut self, names: &[Name]) -> Result<Attributes, TreeError> {
        let caller = self.caller.take();
        let found = self.walk_as_process(names);
        self.caller = caller;
        found
    }

    fn walk_as_process(&mut self, names: &[Name]) -> Result<Attributes, TreeError> {
        let mut at = self.attributes(self.node)?;
        for name in names {
            if at.kind != Kind::Directory {
                return Err(TreeError::NotDirectory);
            }
            at = self.lookup(at.node, name)?;
        }
        Ok(at)
    }

    fn piece_of(
        &mut self,
        directory: Node,
        at: (u64, CookieVerifier),
        detail: Detail,
        bytes: usize,
    ) -> Result<Listed, TreeError> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut left = bytes;
        let listing = self.list(directory, at, detail, |entry| {
            let attributes = match detail {
                Detail::Attributes => ATTRIBUTES,
                Detail::Names => 0,
            };
            let rest = left.checked_sub(ENTRY + entry.name.len() + attributes);
            if rest.is_none() && !entries.is_empty() {
                return false;
            }
            left = rest.unwrap_or(0);
            entries.push(Entry {
                name: entry.name.into(),
                file: entry.file,
                cookie: entry.cookie,
                attributes: entry.attributes,
            });
            true
        })?;
        Ok(Listed {
            entries,
            verifier: listing.verifier,
            end: listing.end,
        })
    }
}
