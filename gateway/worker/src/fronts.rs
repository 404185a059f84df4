//! The protocols that a worker speaks, as one engine.
//!
//! A connection belongs to one of them from its hand-over on, and so does each operation. Images
//! are shown to both: what the one changes, the other is told of.

use std::collections::HashSet;
use std::io;
use std::time::Instant;

use labelgate_buffers::Memory;
use labelgate_control::{AuditEvent, Configure};
use labelgate_engine::tree::{Answer, TreeDescription, TreeId};
use labelgate_engine::{
    Admission, Completion, ConnectionId, Engine, Geometry, ImageDescription, ImageId, IoId, Login,
    Outbox, Receive, Received,
};
use labelgate_iscsi::Target;
use labelgate_nfs::server::Server;
use labelgate_scsi::Kept;

use crate::service::Service;
use crate::{iscsi, nfs};

/// One part in so many of iSCSI's memory comes on top of it, for the data of NFS calls. Not out of
/// it: the supervisor has promised each connection a share of all of that.
const NFS: usize = 4;

/// All protocols of one label.
#[derive(Debug)]
pub struct Fronts {
    iscsi: Target,
    nfs: Server,
    /// Connections that speak RPC.
    rpc: HashSet<ConnectionId>,
}

/// Which protocol a connection speaks.
enum Front<'a> {
    Iscsi(&'a mut Target),
    Nfs(&'a mut Server),
}

impl Fronts {
    /// The protocols of one label, within the memory and the connections it was given: memory that it
    /// shares with its keepers, if it has any.
    ///
    /// # Errors
    /// The system refuses the memory, or it is too little to serve anybody.
    pub fn new(configure: &Configure, memory: Option<&Memory>) -> io::Result<Self> {
        let bytes = usize::try_from(configure.pool_bytes);
        let bytes = bytes.map_err(|_| io::ErrorKind::OutOfMemory)?;
        Ok(Self {
            iscsi: iscsi::target(configure, bytes, memory)?,
            nfs: nfs::server(configure, bytes / NFS, memory)?,
            rpc: HashSet::new(),
        })
    }

    /// What initiators have reserved is kept from NFS clients, too: one worker decides.
    fn tell_exclusions(&mut self) {
        while let Some((image, exclusion)) = self.iscsi.take_exclusion() {
            self.nfs.exclude(image, exclusion);
        }
    }

    fn of(&mut self, connection: ConnectionId) -> Front<'_> {
        match self.rpc.contains(&connection) {
            true => Front::Nfs(&mut self.nfs),
            false => Front::Iscsi(&mut self.iscsi),
        }
    }
}

impl Engine for Fronts {
    fn accept(
        &mut self,
        connection: ConnectionId,
        admission: Admission,
        now: Instant,
        outbox: &mut Outbox,
    ) -> Receive {
        if matches!(admission.login, Login::Rpc { .. } | Login::Mount { .. }) {
            self.rpc.insert(connection);
        }
        match self.of(connection) {
            Front::Iscsi(target) => {
                let receive = target.accept(connection, admission, now, outbox);
                self.tell_exclusions();
                receive
            }
            Front::Nfs(server) => server.accept(connection, admission, now, outbox),
        }
    }

    fn received(
        &mut self,
        connection: ConnectionId,
        received: Received<'_>,
        now: Instant,
        outbox: &mut Outbox,
    ) -> Receive {
        match self.of(connection) {
            Front::Iscsi(target) => {
                let receive = target.received(connection, received, now, outbox);
                self.tell_exclusions();
                receive
            }
            Front::Nfs(server) => server.received(connection, received, now, outbox),
        }
    }

    fn sent(&mut self, connection: ConnectionId, length: usize, now: Instant, outbox: &mut Outbox) {
        match self.of(connection) {
            Front::Iscsi(target) => {
                target.sent(connection, length, now, outbox);
                self.tell_exclusions();
            }
            Front::Nfs(server) => server.sent(connection, length, now, outbox),
        }
    }

    fn closed(&mut self, connection: ConnectionId, now: Instant, outbox: &mut Outbox) {
        match self.of(connection) {
            Front::Iscsi(target) => target.closed(connection, now, outbox),
            Front::Nfs(server) => server.closed(connection, now, outbox),
        }
        self.rpc.remove(&connection);
        self.tell_exclusions();
    }

    fn completed(&mut self, io: IoId, completion: Completion, now: Instant, outbox: &mut Outbox) {
        match Server::owns(io) {
            true => self.nfs.completed(io, completion, now, outbox),
            false => {
                self.iscsi.completed(io, completion, now, outbox);
                self.tell_exclusions();
            }
        }
    }

    fn image_added(&mut self, image: ImageId, description: ImageDescription) {
        self.nfs.image_added(image, description.clone());
        self.iscsi.image_added(image, description);
    }

    fn image_changed(&mut self, image: ImageId, geometry: Geometry) {
        self.nfs.image_changed(image, geometry);
        self.iscsi.image_changed(image, geometry);
    }

    fn image_removed(&mut self, image: ImageId, now: Instant, outbox: &mut Outbox) {
        self.nfs.image_removed(image, now, outbox);
        self.iscsi.image_removed(image, now, outbox);
        self.tell_exclusions();
    }

    fn tree_added(&mut self, tree: TreeId, description: TreeDescription) {
        self.nfs.tree_added(tree, description);
    }

    fn answered(&mut self, io: IoId, answer: Answer, now: Instant, outbox: &mut Outbox) {
        self.nfs.answered(io, answer, now, outbox);
    }

    fn drain(&mut self, deadline: Instant, now: Instant, outbox: &mut Outbox) {
        self.nfs.drain(deadline, now, outbox);
        self.iscsi.drain(deadline, now, outbox);
    }

    fn deadline(&self) -> Option<Instant> {
        let deadlines = [self.iscsi.deadline(), self.nfs.deadline()];
        deadlines.into_iter().flatten().min()
    }

    fn tick(&mut self, now: Instant, outbox: &mut Outbox) {
        if self.iscsi.deadline().is_some_and(|due| due <= now) {
            self.iscsi.tick(now, outbox);
            self.tell_exclusions();
        }
        if self.nfs.deadline().is_some_and(|due| due <= now) {
            self.nfs.tick(now, outbox);
        }
    }

    fn outstanding(&self) -> usize {
        self.iscsi.outstanding() + self.nfs.outstanding()
    }
}

impl Service for Fronts {
    fn trim(&self) -> io::Result<()> {
        self.iscsi.trim()?;
        self.nfs.trim()
    }

    fn buffer_bytes(&self) -> usize {
        self.iscsi.buffer_bytes() + self.nfs.buffer_bytes()
    }

    fn restore(&mut self, image: ImageId, kept: Kept) {
        self.iscsi.restore(image, kept);
        self.tell_exclusions();
    }

    fn take_event(&mut self) -> Option<(ConnectionId, AuditEvent)> {
        self.iscsi.take_event().or_else(|| self.nfs.take_event())
    }
}
