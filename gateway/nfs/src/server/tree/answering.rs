//! From the answer of a tree to the results of a procedure.

use labelgate_engine::tree::{
    self, Access, Answer, Done, FileId, PathLimits, Seen, Space, TreeError, TreeId,
};
use labelgate_engine::{ConnectionId, Place};

use super::super::file_system::info;
use super::super::{Server, Turn};
use super::Ask;
use super::translate::permissions;
use crate::v3::access::Permissions;
use crate::v3::{self, Attributes, Failure, FileHandle, Status, SymlinkData, WccData};

/// Whose call it is, of what tree, and what that says of the objects it is about.
#[derive(Clone, Copy)]
pub(super) struct To {
    pub(super) id: ConnectionId,
    pub(super) xid: u32,
    pub(super) tree: TreeId,
    first: Seen,
    second: Seen,
}

impl Server {
    pub(in super::super) fn answer_tree(
        &mut self,
        id: ConnectionId,
        (xid, tree): (u32, TreeId),
        ask: Ask,
        answer: Answer,
        turn: &mut Turn<'_>,
    ) {
        let Answer {
            result,
            first,
            second,
        } = answer;
        let to = To {
            id,
            xid,
            tree,
            first,
            second,
        };
        match ask {
            Ask::SetAttr | Ask::Removed => self.answer_done(to, result, turn),
            Ask::Rename => self.answer_rename(to, result, turn),
            Ask::Link => self.answer_link(to, result, turn),
            Ask::Lookup => self.answer_lookup_in_tree(to, object(result), turn),
            Ask::Root => self.answer_root_of_tree(to, object(result), turn),
            Ask::Made => self.answer_made(to, object(result), turn),
            Ask::Access(asked) => self.answer_access(to, (asked, result), turn),
            Ask::ReadLink => self.answer_readlink(to, result, turn),
            Ask::ReadDir { count } => self.answer_readdir(to, (count, result), turn),
            Ask::ReadDirPlus { dircount, maxcount } => {
                self.answer_readdirplus(to, (dircount, maxcount, result), turn);
            }
            Ask::FsStat => self.answer_fsstat(to, result, turn),
            Ask::FsInfo => self.answer_fsinfo(to, result, turn),
            Ask::PathConf => self.answer_pathconf(to, result, turn),
            Ask::Mount => self.answer_walk(to, object(result), turn),
        }
    }

    /// The attributes of an object of this tree as the protocol has them.
    pub(super) fn told(&self, tree: TreeId, known: &tree::Attributes) -> Attributes {
        let node = known.node;
        self.node_attributes(Place::File(FileId { tree, node }), known)
    }

    /// What the object was before and is afterwards.
    fn wcc(&self, tree: TreeId, seen: Seen) -> WccData {
        let told = |known: &tree::Attributes| self.told(tree, known);
        WccData {
            before: seen.before.as_ref().map(told).as_ref().map(Into::into),
            after: seen.after.as_ref().map(told),
        }
    }

    /// The attributes of the object that the call is about, as they are now.
    pub(super) fn after(&self, to: To) -> Option<Attributes> {
        let known = to.first.after.as_ref();
        known.map(|known| self.told(to.tree, known))
    }

    /// SETATTR, REMOVE and RMDIR have the same results.
    fn answer_done(&mut self, to: To, result: Result<Done, TreeError>, turn: &mut Turn<'_>) {
        let wcc = self.wcc(to.tree, to.first);
        let results = match result {
            Ok(_) => Ok(wcc),
            Err(error) => Err(failure(error, wcc)),
        };
        self.answer_v3::<v3::remove::Reply>(to.id, to.xid, &results, turn);
    }

    fn answer_rename(&mut self, to: To, result: Result<Done, TreeError>, turn: &mut Turn<'_>) {
        let both = v3::rename::Directories {
            from: self.wcc(to.tree, to.first),
            to: self.wcc(to.tree, to.second),
        };
        let results = match result {
            Ok(_) => Ok(both),
            Err(error) => Err(failure(error, both)),
        };
        self.answer_v3::<v3::rename::Reply>(to.id, to.xid, &results, turn);
    }

    fn answer_link(&mut self, to: To, result: Result<Done, TreeError>, turn: &mut Turn<'_>) {
        let both = v3::link::FileAndDirectory {
            file: self.after(to),
            dir: self.wcc(to.tree, to.second),
        };
        let results = match result {
            Ok(_) => Ok(both),
            Err(error) => Err(failure(error, both)),
        };
        self.answer_v3::<v3::link::Reply>(to.id, to.xid, &results, turn);
    }

    fn answer_lookup_in_tree(
        &mut self,
        to: To,
        found: Result<tree::Attributes, Status>,
        turn: &mut Turn<'_>,
    ) {
        let dir = self.after(to);
        let sealed = found.map(|known| (known, self.seal_node(to, &known)));
        let results = match &sealed {
            Ok((known, sealed)) => match sealed.as_ref().and_then(|it| FileHandle::new(it)) {
                Some(object) => Ok(v3::lookup::Success {
                    object,
                    attributes: Some(self.told(to.tree, known)),
                    dir,
                }),
                None => Err(Status::ServerFault.into()),
            },
            Err(status) => Err(Failure {
                status: *status,
                detail: dir,
            }),
        };
        self.answer_v3::<v3::lookup::Reply<'_>>(to.id, to.xid, &results, turn);
    }

    fn answer_made(&mut self, to: To, made: Result<tree::Attributes, Status>, turn: &mut Turn<'_>) {
        let dir = self.wcc(to.tree, to.first);
        let sealed = made
            .as_ref()
            .ok()
            .and_then(|known| self.seal_node(to, known));
        let results = match made {
            Ok(known) => Ok(v3::Created {
                object: sealed.as_ref().and_then(|sealed| FileHandle::new(sealed)),
                attributes: Some(self.told(to.tree, &known)),
                dir,
            }),
            Err(status) => Err(Failure {
                status,
                detail: dir,
            }),
        };
        self.answer_v3::<v3::create::Reply<'_>>(to.id, to.xid, &results, turn);
    }

    pub(super) fn seal_node(
        &self,
        to: To,
        known: &tree::Attributes,
    ) -> Option<[u8; labelgate_handle::LENGTH]> {
        let (tree, node) = (to.tree, known.node);
        self.seal(to.id, self.object_of(FileId { tree, node }))
    }

    fn answer_access(
        &mut self,
        to: To,
        (asked, result): (Permissions, Result<Done, TreeError>),
        turn: &mut Turn<'_>,
    ) {
        let attributes = self.after(to);
        let may = |access: Access| v3::access::Success {
            attributes,
            access: permissions(access, asked),
        };
        let results = match result {
            Ok(Done::Access(access)) => Ok(may(access)),
            other => Err(failed(other, attributes)),
        };
        self.answer_v3::<v3::access::Reply>(to.id, to.xid, &results, turn);
    }

    fn answer_readlink(&mut self, to: To, result: Result<Done, TreeError>, turn: &mut Turn<'_>) {
        let attributes = self.after(to);
        let results = match &result {
            // One that is too long was not made here.
            Ok(Done::Target(target)) => SymlinkData::new(target)
                .map(|data| v3::readlink::Success { attributes, data })
                .map_err(|_| Status::Io.into()),
            Ok(_) => Err(Status::ServerFault.into()),
            Err(error) => Err(failure(*error, attributes)),
        };
        self.answer_v3::<v3::readlink::Reply<'_>>(to.id, to.xid, &results, turn);
    }

    fn answer_fsstat(&mut self, to: To, result: Result<Done, TreeError>, turn: &mut Turn<'_>) {
        let attributes = self.after(to);
        let told = |space: Space| v3::fsstat::Success {
            attributes,
            total_bytes: space.total,
            free_bytes: space.free,
            available_bytes: space.available,
            total_files: space.files,
            free_files: space.files_free,
            available_files: space.files_available,
            invariant_seconds: 0,
        };
        let results = match result {
            Ok(Done::Space(space)) => Ok(told(space)),
            other => Err(failed(other, attributes)),
        };
        self.answer_v3::<v3::fsstat::Reply>(to.id, to.xid, &results, turn);
    }

    fn answer_fsinfo(&mut self, to: To, result: Result<Done, TreeError>, turn: &mut Turn<'_>) {
        use v3::fsinfo::Properties;
        let properties = Properties::LINK
            | Properties::SYMLINK
            | Properties::HOMOGENEOUS
            | Properties::CANSETTIME;
        let results = match result {
            Ok(_) => Ok(info(self.after(to), properties)),
            Err(error) => Err(failure(error, None)),
        };
        self.answer_v3::<v3::fsinfo::Reply>(to.id, to.xid, &results, turn);
    }

    fn answer_pathconf(&mut self, to: To, result: Result<Done, TreeError>, turn: &mut Turn<'_>) {
        let attributes = self.after(to);
        let told = |limits: PathLimits| v3::pathconf::Success {
            attributes,
            link_max: limits.max_links,
            name_max: limits.max_name,
            no_trunc: true,
            chown_restricted: true,
            case_insensitive: false,
            case_preserving: true,
        };
        let results = match result {
            Ok(Done::PathLimits(limits)) => Ok(told(limits)),
            other => Err(failed(other, attributes)),
        };
        self.answer_v3::<v3::pathconf::Reply>(to.id, to.xid, &results, turn);
    }
}

/// The object that was found or made.
fn object(result: Result<Done, TreeError>) -> Result<tree::Attributes, Status> {
    match result {
        Ok(Done::Object(attributes)) => Ok(attributes),
        Ok(_) => Err(Status::ServerFault),
        Err(error) => Err(error.into()),
    }
}

fn failure<F>(error: TreeError, detail: F) -> Failure<F> {
    Failure {
        status: error.into(),
        detail,
    }
}

/// The failure of a call that did not answer what it should.
pub(super) fn failed<F>(result: Result<Done, TreeError>, detail: F) -> Failure<F> {
    Failure {
        status: result.map_or_else(Status::from, |_| Status::ServerFault),
        detail,
    }
}
