//! Procedures that make, remove and rename.

use labelgate_engine::ConnectionId;
use labelgate_engine::tree::{Call as TreeCall, FileId, Kind, Name, Node, SetAttributes};

use super::super::{Server, Turn};
use super::{Ask, Asked};
use crate::v3::mknod::What;
use crate::v3::{self, Call, Component, FileHandle, Status};

impl Server {
    pub(super) fn change_tree(&mut self, asked: Asked, call: Call<'_>, turn: &mut Turn<'_>) {
        let Asked { id, xid, file } = asked;
        let directory = file.node;
        let change = match call {
            Call::Create(args) => args.component().map(|name| TreeCall::Create {
                directory,
                name: owned(name),
                how: args.how.into(),
            }),
            Call::MkDir(args) => args.component().map(|name| TreeCall::MakeDirectory {
                directory,
                name: owned(name),
                set: args.attributes.into(),
            }),
            Call::SymLink(args) => symlink(directory, args),
            Call::MkNod(args) => mknod(directory, args),
            Call::Remove(args) => args.component().map(|name| TreeCall::Remove {
                directory,
                name: owned(name),
            }),
            Call::RmDir(args) => args.component().map(|name| TreeCall::RemoveDirectory {
                directory,
                name: owned(name),
            }),
            Call::Rename(args) => self.rename(id, file, args),
            Call::Link(args) => self.link(id, file, args),
            // They are carried out elsewhere.
            _ => return,
        };
        match change {
            Ok(change) => self.ask_tree(asked, ask_of(&change), change, turn),
            Err(status) => self.answer_unchanged(id, xid, (call, status), turn),
        }
    }

    /// > NFS3ERR_XDEV: from.dir and to.dir are on different file systems (RFC 1813 3.3.14, in
    /// > substance)
    fn rename(
        &mut self,
        id: ConnectionId,
        from: FileId,
        args: v3::rename::Args<'_>,
    ) -> Result<TreeCall, Status> {
        let to = self.sibling(id, from, args.to.dir)?;
        let (old, new) = args.components()?;
        Ok(TreeCall::Rename {
            from: (from.node, owned(old)),
            to: (to, owned(new)),
        })
    }

    fn link(
        &mut self,
        id: ConnectionId,
        file: FileId,
        args: v3::link::Args<'_>,
    ) -> Result<TreeCall, Status> {
        let directory = self.sibling(id, file, args.link.dir)?;
        Ok(TreeCall::Link {
            node: file.node,
            directory,
            name: owned(args.component()?),
        })
    }

    /// The second object of a call, which must be in the same tree as the first.
    fn sibling(
        &mut self,
        id: ConnectionId,
        first: FileId,
        handle: FileHandle<'_>,
    ) -> Result<Node, Status> {
        match self.find_in_tree(id, handle) {
            Some(second) if second.tree == first.tree => Ok(second.node),
            Some(_) => Err(Status::XDev),
            None => match self.find_directory(id, handle) {
                Ok(()) => Err(Status::XDev),
                Err(status) => Err(status),
            },
        }
    }

    /// Answers a call that was not carried out.
    fn answer_unchanged(
        &mut self,
        id: ConnectionId,
        xid: u32,
        (call, status): (Call<'_>, Status),
        turn: &mut Turn<'_>,
    ) {
        match call {
            Call::Remove(_) | Call::RmDir(_) => {
                self.answer_v3::<v3::remove::Reply>(id, xid, &Err(status.into()), turn);
            }
            Call::Rename(_) => {
                self.answer_v3::<v3::rename::Reply>(id, xid, &Err(status.into()), turn);
            }
            Call::Link(_) => {
                self.answer_v3::<v3::link::Reply>(id, xid, &Err(status.into()), turn);
            }
            _ => self.answer_v3::<v3::create::Reply<'_>>(id, xid, &Err(status.into()), turn),
        }
    }
}

fn owned(name: Component<'_>) -> Name {
    Name::from(name.as_bytes())
}

const fn ask_of(change: &TreeCall) -> Ask {
    match change {
        TreeCall::Remove { .. } | TreeCall::RemoveDirectory { .. } => Ask::Removed,
        TreeCall::Rename { .. } => Ask::Rename,
        TreeCall::Link { .. } => Ask::Link,
        _ => Ask::Made,
    }
}

fn symlink(directory: Node, args: v3::symlink::Args<'_>) -> Result<TreeCall, Status> {
    let name = args.component()?;
    Ok(TreeCall::MakeSymbolicLink {
        directory,
        name: owned(name),
        target: args.data?.as_bytes().into(),
        set: args.attributes.into(),
    })
}

/// > If the server does not support any of the defined types, the error, NFS3ERR_NOTSUPP, should be
/// > returned. Otherwise, if the server does not support the target type or the target type is
/// > illegal, the error, NFS3ERR_BADTYPE, should be returned. (RFC 1813 3.3.11)
fn mknod(directory: Node, args: v3::mknod::Args<'_>) -> Result<TreeCall, Status> {
    let name = args.component()?;
    let (kind, set): (_, SetAttributes) = match args.what {
        What::Fifo(set) => (Kind::Fifo, set.into()),
        What::Socket(set) => (Kind::Socket, set.into()),
        // No worker may make a device.
        What::Block(_) | What::Character(_) | What::Illegal => return Err(Status::BadType),
    };
    Ok(TreeCall::MakeNode {
        directory,
        name: owned(name),
        kind,
        set,
    })
}
