//! From a call to what it does.

use labelgate_engine::{ConnectionId, ImageId, Operation, Place};

use super::caller::caller_of;
use super::file_system::LARGEST;
use super::object::There;
use super::program::decode;
use super::task::{About, Task};
use super::transfer::{PendingRead, PendingWrite};
use super::{Limits, Server, Turn};
use crate::mount;
use crate::portmap;
use crate::rpc::{Accepted, CallHeader, Parsed, Reply};
use crate::v3::access::Permissions;
use crate::v3::{self, Call, SetAttributes, SetTime, Status, Time, write};

impl Server {
    /// Carries out a call that has arrived whole.
    pub(super) fn call(&mut self, id: ConnectionId, bytes: &[u8], turn: &mut Turn<'_>) {
        // Nothing else is taken for a whole call.
        let Ok(Parsed::Header(header, length)) = CallHeader::parse(bytes) else {
            return;
        };
        let arguments = bytes.get(length..).unwrap_or_default();
        let xid = header.xid;
        self.caller = caller_of(&header.credential);
        if self.is_repeated(id, &header, bytes, turn) {
            return;
        }
        let done = match header.program {
            mount::PROGRAM => mount::Call::parse(&header, arguments)
                .map(|call| self.mount_procedure(id, xid, call, turn)),
            portmap::PROGRAM => self.tell_ports(id, &header, arguments, turn),
            _ => decode(&header, arguments).map(|call| self.procedure(id, xid, call, turn)),
        };
        if let Err(why) = done {
            self.answer(id, &Reply::accepted(xid, why), turn);
        }
        self.replays.arrived();
    }

    fn procedure(&mut self, id: ConnectionId, xid: u32, call: Call<'_>, turn: &mut Turn<'_>) {
        let handle = call.handle();
        if let Some(file) = handle.and_then(|handle| self.find_in_tree(id, handle)) {
            return self.tree_procedure(id, xid, file, call, turn);
        }
        match call {
            Call::Null => self.answer(id, &Reply::accepted(xid, Accepted::Success), turn),
            Call::GetAttr(args) => self.getattr(id, xid, args, turn),
            Call::SetAttr(args) => self.setattr(id, xid, args, turn),
            Call::Lookup(args) => self.lookup(id, xid, args, turn),
            Call::Access(args) => self.access(id, xid, args, turn),
            Call::ReadLink(args) => self.readlink(id, xid, args, turn),
            Call::Read(args) => self.start_read(id, xid, args, turn),
            // Its data is received before it gets here.
            Call::Write(_) => {
                self.answer(id, &Reply::accepted(xid, Accepted::GarbageArgs), turn);
            }
            Call::ReadDir(args) => self.readdir(id, xid, args, turn),
            Call::ReadDirPlus(args) => self.readdirplus(id, xid, args, turn),
            Call::FsStat(args) => self.fsstat(id, xid, args, turn),
            Call::FsInfo(args) => self.fsinfo(id, xid, args, turn),
            Call::PathConf(args) => self.pathconf(id, xid, args, turn),
            Call::Commit(args) => self.commit(id, xid, args, turn),
            other => self.change_directory(id, xid, other, turn),
        }
    }

    fn getattr(
        &mut self,
        id: ConnectionId,
        xid: u32,
        args: v3::getattr::Args<'_>,
        turn: &mut Turn<'_>,
    ) {
        let results = match self.find(id, args.object) {
            Ok(There::Image(image)) => {
                return self.finish_with_attributes(
                    id,
                    xid,
                    Place::Image(image),
                    About::GetAttr,
                    turn,
                );
            }
            Ok(There::Root) => Ok(v3::getattr::Success {
                attributes: self.root_attributes(),
            }),
            Err(status) => Err(status.into()),
        };
        self.answer_v3::<v3::getattr::Reply>(id, xid, &results, turn);
    }

    /// Of an image only its length can be set.
    fn setattr(
        &mut self,
        id: ConnectionId,
        xid: u32,
        args: v3::setattr::Args<'_>,
        turn: &mut Turn<'_>,
    ) {
        let found = match self.find(id, args.object) {
            Ok(There::Image(image)) => self
                .new_size(image, &args.attributes)
                .map(|size| (image, size)),
            Ok(There::Root) => Err(Status::RoFs),
            Err(status) => Err(status),
        };
        match (found, args.guard) {
            (Ok((image, size)), Some(guard)) => {
                let about = About::Guard { guard, size };
                self.finish_with_attributes(id, xid, Place::Image(image), about, turn);
            }
            (Ok((image, size)), None) => self.set_size(id, xid, image, size, turn),
            (Err(status), _) => {
                self.answer_v3::<v3::setattr::Reply>(id, xid, &Err(status.into()), turn);
            }
        }
    }

    /// The length that an image is to have, if any, and if it may.
    fn new_size(&self, image: ImageId, set: &SetAttributes) -> Result<Option<u64>, Status> {
        let image = self.export.get(image).ok_or(Status::Stale)?;
        if set.mode.is_some() || set.uid.is_some() || set.gid.is_some() {
            return Err(Status::Perm);
        }
        // > attempting to SETATTR a time field on a server that does not support this operation
        // > (RFC 1813 2.6, NFS3ERR_INVAL)
        let dated = |time| matches!(time, SetTime::ToClientTime(_));
        if dated(set.atime) || dated(set.mtime) {
            return Err(Status::Inval);
        }
        let Some(size) = set.size else {
            return Ok(None);
        };
        let geometry = image.geometry;
        if geometry.read_only {
            return Err(Status::RoFs);
        }
        if size > image.allotted {
            return Err(Status::FBig);
        }
        if size == 0 || size % u64::from(geometry.block_size) != 0 {
            return Err(Status::Inval);
        }
        Ok(Some(size))
    }

    /// Sets an image's length, if one is to be set.
    pub(super) fn set_size(
        &mut self,
        id: ConnectionId,
        xid: u32,
        image: ImageId,
        size: Option<u64>,
        turn: &mut Turn<'_>,
    ) {
        match size {
            Some(_) if self.may_write(image).is_err() => {
                let refused = Err(Status::Acces.into());
                self.answer_v3::<v3::setattr::Reply>(id, xid, &refused, turn);
            }
            Some(size) => {
                let (place, resize) = (Place::Image(image), Operation::Resize { size });
                self.submit(id, xid, place, Task::Resize, resize, turn);
            }
            None => {
                let about = About::SetAttr { resized: false };
                self.finish_with_attributes(id, xid, Place::Image(image), about, turn);
            }
        }
    }

    fn access(
        &mut self,
        id: ConnectionId,
        xid: u32,
        args: v3::access::Args<'_>,
        turn: &mut Turn<'_>,
    ) {
        let results = match self.find(id, args.object) {
            Ok(There::Image(image)) => {
                let about = About::Access(args.access & self.permissions(image));
                return self.finish_with_attributes(id, xid, Place::Image(image), about, turn);
            }
            Ok(There::Root) => Ok(v3::access::Success {
                attributes: Some(self.root_attributes()),
                access: args.access & (Permissions::READ | Permissions::LOOKUP),
            }),
            Err(status) => Err(status.into()),
        };
        self.answer_v3::<v3::access::Reply>(id, xid, &results, turn);
    }

    /// What may be done with an image.
    fn permissions(&self, image: ImageId) -> Permissions {
        let read_only = self
            .export
            .get(image)
            .is_none_or(|image| image.geometry.read_only);
        match read_only {
            true => Permissions::READ,
            false => Permissions::READ | Permissions::MODIFY | Permissions::EXTEND,
        }
    }

    /// > NFS3ERR_INVAL: The object is not a symbolic link (RFC 1813 3.3.5, in substance)
    fn readlink(
        &mut self,
        id: ConnectionId,
        xid: u32,
        args: v3::readlink::Args<'_>,
        turn: &mut Turn<'_>,
    ) {
        let status = self
            .find(id, args.symlink)
            .map_or_else(|status| status, |_| Status::Inval);
        self.answer_v3::<v3::readlink::Reply<'_>>(id, xid, &Err(status.into()), turn);
    }

    fn start_read(
        &mut self,
        id: ConnectionId,
        xid: u32,
        args: v3::read::Args<'_>,
        turn: &mut Turn<'_>,
    ) {
        let (offset, most) = (args.offset, args.count.min(Limits::TRANSFER));
        let found = self
            .find_file(id, args.file)
            .and_then(|image| Ok((image, self.readable(image, offset, most)?)));
        match found {
            Ok((_, (0, eof))) => self.answer_read(id, xid, (0, eof), None, None, turn),
            Ok((image, (count, eof))) => {
                let read = PendingRead {
                    xid,
                    caller: self.caller,
                    place: Place::Image(image),
                    offset,
                    count,
                    eof,
                };
                self.read(id, read, turn);
            }
            Err(status) => {
                self.answer_v3::<v3::read::Reply>(id, xid, &Err(status.into()), turn);
            }
        }
    }

    /// How many of at most so many bytes at `offset` are there, and whether the image ends behind
    /// them.
    pub(super) fn readable(
        &self,
        image: ImageId,
        offset: u64,
        most: u32,
    ) -> Result<(u32, bool), Status> {
        self.may_read(image)?;
        let size = self.export.get(image).ok_or(Status::Stale)?.geometry.size;
        let there = size.saturating_sub(offset);
        let count = u32::try_from(there).map_or(most, |there| most.min(there));
        Ok((count, u64::from(count) == there))
    }

    fn commit(
        &mut self,
        id: ConnectionId,
        xid: u32,
        args: v3::commit::Args<'_>,
        turn: &mut Turn<'_>,
    ) {
        let found = self.find_file(id, args.file);
        match found.and_then(|image| self.may_write(image).map(|()| image)) {
            // All of the image, whatever part is asked for.
            Ok(image) => {
                let place = Place::Image(image);
                self.submit(id, xid, place, Task::Commit, Operation::Flush, turn);
            }
            Err(status) => {
                self.answer_v3::<v3::commit::Reply>(id, xid, &Err(status.into()), turn);
            }
        }
    }

    /// What a WRITE whose head is there is to do with its data.
    pub(super) fn pending_write(
        &mut self,
        id: ConnectionId,
        bytes: &[u8],
        before: usize,
    ) -> Result<PendingWrite, Reply> {
        let garbage = |xid| Reply::accepted(xid, Accepted::GarbageArgs);
        let Ok(Parsed::Header(header, length)) = CallHeader::parse(bytes) else {
            return Err(garbage(0));
        };
        let xid = header.xid;
        let arguments = bytes.get(length..before).unwrap_or_default();
        let Ok(write::Staged::Parsed { head, .. }) = write::Head::parse(arguments) else {
            return Err(garbage(xid));
        };
        let record = self.connections.get(&id).map(|it| it.record);
        let record = record.unwrap_or_default();
        let early = bytes.get(before..).unwrap_or_default();
        let follows = head.follows();
        let there = early.len().saturating_add(record.left) as u64;
        // What its record has no room for does not exist, and gets no memory.
        let fits = match record.last {
            true => there == follows,
            false => there <= follows && early.is_empty(),
        };
        if head.count > Limits::TRANSFER || !fits {
            return Err(garbage(xid));
        }
        let data = early.get(..head.count as usize).unwrap_or_default();
        Ok(PendingWrite {
            xid,
            caller: caller_of(&header.credential),
            target: self.writable(id, &head),
            offset: head.offset,
            count: head.count,
            stable: head.stable,
            early: data.to_vec(),
            arrived: 0,
            buffer: None,
        })
    }

    /// What a WRITE may write to, where it wants to.
    fn writable(&mut self, id: ConnectionId, head: &write::Head<'_>) -> Result<Place, Status> {
        let place = self.find_place(id, head.file)?;
        let size = match place {
            Place::Image(image) => {
                let geometry = self.export.get(image).ok_or(Status::Stale)?.geometry;
                if geometry.read_only {
                    return Err(Status::RoFs);
                }
                self.may_write(image)?;
                geometry.size
            }
            Place::File(_) => LARGEST,
        };
        let end = head.offset.checked_add(u64::from(head.count));
        match end {
            // > If count is 0, the WRITE will succeed and return a count of 0, barring errors due
            // > to permissions checking. (RFC 1813 3.3.7)
            _ if head.count == 0 => Ok(place),
            Some(end) if end <= size => Ok(place),
            _ => Err(Status::FBig),
        }
    }

    /// Answers a WRITE that has no data, or whose data was not wanted.
    pub(super) fn answer_write_without_data(
        &mut self,
        id: ConnectionId,
        write: &PendingWrite,
        turn: &mut Turn<'_>,
    ) {
        let (xid, committed) = (write.xid, write.stable);
        match write.target {
            Ok(place) => {
                let about = About::Write {
                    count: 0,
                    committed,
                };
                self.finish_with_attributes(id, xid, place, about, turn);
            }
            Err(status) => {
                self.answer_v3::<v3::write::Reply>(id, xid, &Err(status.into()), turn);
            }
        }
    }

    /// The attributes are there that a guarded SETATTR goes by.
    ///
    /// > If guard.check is TRUE and obj_ctime does not match the current ctime, the operation fails
    /// > with NFS3ERR_NOT_SYNC. (RFC 1813 3.3.2, in substance)
    pub(super) fn guarded(
        &mut self,
        id: ConnectionId,
        (xid, place): (u32, Place),
        (guard, size): (Time, Option<u64>),
        changed: Result<Time, Status>,
        turn: &mut Turn<'_>,
    ) {
        let status = match (changed, place) {
            (Ok(changed), Place::Image(image)) if changed == guard => {
                return self.set_size(id, xid, image, size, turn);
            }
            (Ok(_), _) => Status::NotSync,
            (Err(status), _) => status,
        };
        self.answer_v3::<v3::setattr::Reply>(id, xid, &Err(status.into()), turn);
    }
}
