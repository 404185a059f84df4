//! What the export is as a file system.

use labelgate_engine::ConnectionId;

use super::object::There;
use super::{Limits, Server, Turn};
use crate::v3::fsinfo::{Properties, TransferSize};
use crate::v3::{self, Attributes, FileHandle, Status, Time};

/// Data is best moved in multiples of so many bytes.
const MULTIPLE: u32 = 4096;

/// How much of a directory is best asked for.
pub(super) const DIRECTORY: u32 = 64 * 1024;

/// No file is larger: what Linux can express.
pub(super) const LARGEST: u64 = i64::MAX as u64;

const NAME_MAX: u32 = 255;

impl Server {
    /// The attributes of an object, as far as they are at hand.
    fn found(
        &mut self,
        id: ConnectionId,
        handle: FileHandle<'_>,
    ) -> Result<Option<Attributes>, Status> {
        match self.find(id, handle)? {
            There::Root => Ok(Some(self.root_attributes())),
            There::Image(_) => Ok(None),
        }
    }

    /// All space is taken: images have theirs already.
    pub(super) fn fsstat(
        &mut self,
        id: ConnectionId,
        xid: u32,
        args: v3::fsstat::Args<'_>,
        turn: &mut Turn<'_>,
    ) {
        let found = self.found(id, args.fsroot);
        let results = found
            .map(|attributes| v3::fsstat::Success {
                attributes,
                total_bytes: self.export.bytes(),
                free_bytes: 0,
                available_bytes: 0,
                total_files: self.export.len() as u64,
                free_files: 0,
                available_files: 0,
                invariant_seconds: 0,
            })
            .map_err(Into::into);
        self.answer_v3::<v3::fsstat::Reply>(id, xid, &results, turn);
    }

    pub(super) fn fsinfo(
        &mut self,
        id: ConnectionId,
        xid: u32,
        args: v3::fsinfo::Args<'_>,
        turn: &mut Turn<'_>,
    ) {
        let found = self.found(id, args.fsroot);
        let results = found
            .map(|attributes| info(attributes, Properties::HOMOGENEOUS))
            .map_err(Into::into);
        self.answer_v3::<v3::fsinfo::Reply>(id, xid, &results, turn);
    }

    pub(super) fn pathconf(
        &mut self,
        id: ConnectionId,
        xid: u32,
        args: v3::pathconf::Args<'_>,
        turn: &mut Turn<'_>,
    ) {
        let found = self.found(id, args.object);
        let results = found
            .map(|attributes| v3::pathconf::Success {
                attributes,
                link_max: 1,
                name_max: NAME_MAX,
                no_trunc: true,
                chown_restricted: true,
                case_insensitive: false,
                case_preserving: true,
            })
            .map_err(Into::into);
        self.answer_v3::<v3::pathconf::Reply>(id, xid, &results, turn);
    }
}

/// What clients are told of any file system.
pub(super) fn info(attributes: Option<Attributes>, properties: Properties) -> v3::fsinfo::Success {
    let transfer = TransferSize {
        max: Limits::TRANSFER,
        preferred: Limits::TRANSFER,
        multiple: MULTIPLE,
    };
    v3::fsinfo::Success {
        attributes,
        read: transfer,
        write: transfer,
        readdir_preferred: DIRECTORY,
        max_file_size: LARGEST,
        time_delta: Time::nearest(0, 1),
        properties,
    }
}
