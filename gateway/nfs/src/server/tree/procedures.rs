//! Procedures about an object of a tree.

use labelgate_engine::tree::{Call as TreeCall, Detail, FileId, Name};
use labelgate_engine::{ConnectionId, Operation, Place, Timestamp};

use super::super::directory::LONGEST;
use super::super::file_system::LARGEST;
use super::super::task::{About, Task};
use super::super::transfer::PendingRead;
use super::super::{Limits, Server, Turn};
use super::{Ask, Asked};
use crate::rpc::{Accepted, Reply};
use crate::v3::{self, Call};

impl Server {
    /// Carries out a call about an object of a tree.
    pub(in super::super) fn tree_procedure(
        &mut self,
        id: ConnectionId,
        xid: u32,
        file: FileId,
        call: Call<'_>,
        turn: &mut Turn<'_>,
    ) {
        let (asked, node) = (Asked { id, xid, file }, file.node);
        match call {
            Call::GetAttr(_) => {
                self.finish_with_attributes(id, xid, Place::File(file), About::GetAttr, turn);
            }
            Call::SetAttr(args) => {
                let call = TreeCall::SetAttributes {
                    node,
                    set: args.attributes.into(),
                    guard: args.guard.map(Timestamp::from),
                };
                self.ask_tree(asked, Ask::SetAttr, call, turn);
            }
            Call::Lookup(args) => self.lookup_in_tree(asked, args, turn),
            Call::Access(args) => {
                let ask = Ask::Access(args.access);
                self.ask_tree(asked, ask, TreeCall::Access(node), turn);
            }
            Call::ReadLink(_) => {
                self.ask_tree(asked, Ask::ReadLink, TreeCall::ReadLink(node), turn);
            }
            Call::Read(args) => self.read_file(asked, args, turn),
            Call::ReadDir(args) => {
                let count = args.count.min(LONGEST);
                let at = (args.cookie, args.verifier);
                self.list_tree(asked, Ask::ReadDir { count }, at, turn);
            }
            Call::ReadDirPlus(args) => {
                let ask = Ask::ReadDirPlus {
                    dircount: args.dircount,
                    maxcount: args.maxcount.min(LONGEST),
                };
                self.list_tree(asked, ask, (args.cookie, args.verifier), turn);
            }
            Call::FsStat(_) => self.ask_tree(asked, Ask::FsStat, TreeCall::Space(node), turn),
            Call::FsInfo(_) => {
                self.ask_tree(asked, Ask::FsInfo, TreeCall::Attributes(node), turn);
            }
            Call::PathConf(_) => {
                self.ask_tree(asked, Ask::PathConf, TreeCall::PathLimits(node), turn);
            }
            Call::Commit(_) => {
                let place = Place::File(file);
                self.submit(id, xid, place, Task::Commit, Operation::Flush, turn);
            }
            // Its data is received before it gets here.
            Call::Write(_) => self.answer(id, &Reply::accepted(xid, Accepted::GarbageArgs), turn),
            Call::Null => self.answer(id, &Reply::accepted(xid, Accepted::Success), turn),
            other => self.change_tree(asked, other, turn),
        }
    }

    fn lookup_in_tree(&mut self, asked: Asked, args: v3::lookup::Args<'_>, turn: &mut Turn<'_>) {
        match args.what.name {
            Ok(name) => {
                let call = TreeCall::Lookup {
                    directory: asked.file.node,
                    name: Name::from(name.as_bytes()),
                };
                self.ask_tree(asked, Ask::Lookup, call, turn);
            }
            Err(bad) => {
                let results = Err(v3::Status::from(bad).into());
                self.answer_v3::<v3::lookup::Reply<'_>>(asked.id, asked.xid, &results, turn);
            }
        }
    }

    fn read_file(&mut self, asked: Asked, args: v3::read::Args<'_>, turn: &mut Turn<'_>) {
        let Asked { id, xid, file } = asked;
        let (place, offset) = (Place::File(file), args.offset);
        // What is behind the largest file there can be is no file's.
        let there = LARGEST.saturating_sub(offset);
        let count = u32::try_from(there).map_or(args.count, |there| args.count.min(there));
        let count = count.min(Limits::TRANSFER);
        if count == 0 {
            return self.finish_with_attributes(
                id,
                xid,
                place,
                About::Read { offset, count },
                turn,
            );
        }
        let read = PendingRead {
            xid,
            caller: self.caller,
            place,
            offset,
            count,
            eof: false,
        };
        self.read(id, read, turn);
    }

    fn list_tree(
        &mut self,
        asked: Asked,
        ask: Ask,
        (cookie, verifier): (u64, v3::CookieVerifier),
        turn: &mut Turn<'_>,
    ) {
        let (detail, bytes) = match ask {
            Ask::ReadDirPlus { maxcount, .. } => (Detail::Attributes, maxcount),
            Ask::ReadDir { count } => (Detail::Names, count),
            _ => (Detail::Names, LONGEST),
        };
        let call = TreeCall::List {
            directory: asked.file.node,
            cookie,
            verifier: verifier.0,
            detail,
            bytes: usize::try_from(bytes).unwrap_or(0),
        };
        self.ask_tree(asked, ask, call, turn);
    }
}
