//! Images that an iSCSI initiator has reserved.
//!
//! No client of NFS is an I_T nexus, so that none holds a reservation or is registered: what keeps
//! others out keeps all of them out. They hear NFS3ERR_ACCES, of reads and writes alike:
//!
//! > NFS3ERR_ACCES: Permission denied. The caller does not have the correct permission to perform
//! > the requested operation. (RFC 1813 2.6)
//!
//! NFS3ERR_JUKEBOX would have clients try again for ever while a cluster's reservation lasts, and
//! NFS3ERR_ROFS be taken for a property of the file system. ACCESS goes on telling what may be done
//! once the image is not reserved, because clients keep its answers.

use labelgate_engine::{Exclusion, ImageId, Place};

use super::Server;
use crate::v3::Status;

impl Server {
    /// Whom the reservations of an image keep out from now on. What they have begun to write before
    /// is for whoever reserves to wait for.
    pub fn exclude(&mut self, image: ImageId, exclusion: Exclusion) {
        self.export.exclude(image, exclusion);
    }

    /// Whether an image may be read.
    pub(super) fn may_read(&self, image: ImageId) -> Result<(), Status> {
        match self.exclusion(image) {
            Exclusion::Nobody | Exclusion::Writers => Ok(()),
            Exclusion::Everybody => Err(Status::Acces),
        }
    }

    /// Whether an image may be changed, or what was written be made stable.
    pub(super) fn may_write(&self, image: ImageId) -> Result<(), Status> {
        match self.exclusion(image) {
            Exclusion::Nobody => Ok(()),
            Exclusion::Writers | Exclusion::Everybody => Err(Status::Acces),
        }
    }

    /// As [`Self::may_write`], of an image or of a file, which nobody reserves.
    pub(super) fn may_write_to(&self, place: Place) -> Result<(), Status> {
        match place {
            Place::Image(image) => self.may_write(image),
            Place::File(_) => Ok(()),
        }
    }

    fn exclusion(&self, image: ImageId) -> Exclusion {
        self.export
            .get(image)
            .map_or(Exclusion::Nobody, |image| image.exclusion)
    }
}
