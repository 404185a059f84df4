//! What the supervisor says.

use std::fmt::Display;
use std::io::ErrorKind;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use labelgate_backends::tree::{Owners, Tree, TreeOpenError, TreeOptions};
use labelgate_backends::{FileImage, FileOptions, Image, KeptImage, KeptOptions, Shape};
use labelgate_control::{
    AddImage, AddKept, AddTree, Attached, Connection, FromWorker, ImageShape, Incoming, KeptShape,
    LoginState, NotServed, OpenAs, OpenHandedError, Text, ToWorker,
};
use labelgate_engine::tree::{TreeDescription, TreeId};
use labelgate_engine::{
    Action, Admission, ConnectionId, Ending, Geometry, ImageDescription, ImageId, Login, Outbox,
    Ports,
};
use labelgate_mac::confinement::namespace;
use labelgate_scsi::Kept;

use crate::desk::Desk;
use crate::driver::Attention;
use crate::images::grow;
use crate::serve::HandedTrees;
use crate::service::Service;

/// How many messages are taken in one turn, so that clients do not wait for the supervisor.
const BURST: usize = 16;

/// A drain of more than a day is for ever.
const LONGEST_DRAIN: u64 = 24 * 60 * 60 * 1000;

impl<S: Service> Desk<S> {
    /// Takes the messages that are there.
    pub(crate) fn take_commands(&mut self) -> Attention {
        for _ in 0..BURST {
            match self.control.receive() {
                Ok(Incoming::Message(message)) => self.command(message),
                Ok(Incoming::Withheld(message)) => self.withheld(&message),
                Ok(Incoming::Nothing) => return Attention::Later,
                Ok(Incoming::Closed) => {
                    self.leave_orphaned();
                    return Attention::Never;
                }
                Err(error) => {
                    self.control_error = Some(error);
                    self.leave_orphaned();
                    return Attention::Never;
                }
            }
        }
        Attention::Again
    }

    fn command(&mut self, message: ToWorker) {
        match message {
            // They come first and once; what they settle cannot be changed.
            ToWorker::Configure(..)
            | ToWorker::Mapped { .. }
            | ToWorker::Memory(_)
            | ToWorker::Bell(_)
            | ToWorker::Queues(_)
            | ToWorker::Store(_)
            | ToWorker::Tree(..) => {}
            ToWorker::AddImage(image, file) => self.add_image(&image, file),
            ToWorker::RefreshImage { image, size } => self.refresh_image(ImageId(image), size),
            ToWorker::Reservations { image, record } => {
                self.keeping.kept.insert(image, record);
            }
            ToWorker::ReservationsKept { image, kept } => {
                self.reservations_kept(ImageId(image), kept);
            }
            ToWorker::RemoveImage { image } => self.remove_image(ImageId(image)),
            ToWorker::Connection(connection, socket) => self.add_connection(connection, socket),
            ToWorker::CloseConnection { connection } => {
                if let Some(id) = self.connections.id(connection) {
                    self.outbox.push(Action::Close(id, Ending::Now));
                }
            }
            ToWorker::Drain { milliseconds } => {
                let time = Duration::from_millis(milliseconds.min(LONGEST_DRAIN));
                self.drain(Instant::now() + time);
            }
            ToWorker::AddKept(image) => self.add_kept(&image),
            ToWorker::KeptShape { image, shape } => self.reshape(ImageId(image), shape),
            ToWorker::Keeper { slot, bell } => self.keepers.serve(slot, bell),
            ToWorker::KeeperGone { slot, blamed } => {
                self.keepers.gone(slot, blamed);
                self.outgoing.push(FromWorker::QueueCleared { slot });
            }
            ToWorker::KeeperLost { slot } => self.keepers.lost(slot),
        }
    }

    /// The kernel has not let this process have a descriptor. That is an answer about one image or
    /// one connection; the others go on.
    fn withheld(&mut self, message: &ToWorker<Attached>) {
        match message {
            ToWorker::AddImage(AddImage { image, .. }, Attached) => {
                self.outgoing.push(FromWorker::ImageOpened {
                    image: *image,
                    result: Err(NotServed::Withheld),
                });
            }
            ToWorker::Connection(Connection { connection, .. }, Attached) => {
                let connection = *connection;
                self.outgoing
                    .push(FromWorker::ConnectionWithheld { connection });
            }
            // Nobody could wake that keeper.
            ToWorker::Keeper { slot, .. } => {
                let slot = *slot;
                self.outgoing.push(FromWorker::KeeperBroken { slot });
            }
            // No other message that comes now has one.
            _ => {}
        }
    }

    /// Opens the trees that the worker was handed before it was confined.
    pub(crate) fn add_trees(&mut self, handed: HandedTrees) {
        for tree in handed.withheld {
            let result = Err(NotServed::Withheld);
            self.outgoing.push(FromWorker::TreeOpened { tree, result });
        }
        for (known, root) in handed.known.into_iter().zip(handed.roots) {
            let tree = known.tree;
            let result = self.open_tree(&known, root);
            self.outgoing.push(FromWorker::TreeOpened { tree, result });
        }
    }

    fn open_tree(&mut self, known: &AddTree, root: OwnedFd) -> Result<(), NotServed> {
        let options = TreeOptions {
            owners: self.owners(known.owners),
            ..TreeOptions::default()
        };
        let tree = Tree::open(root, options).map_err(|error| match error {
            TreeOpenError::System(error) => match error.raw_os_error() {
                Some(errno) if error.kind() == ErrorKind::PermissionDenied => {
                    NotServed::Refused { errno }
                }
                _ => unfit(error),
            },
            error => unfit(error),
        })?;
        let id = TreeId(known.tree);
        let description = TreeDescription {
            name: known.name.as_str().to_owned(),
            root: tree.root(),
            owners: known.owners != labelgate_control::Owners::Label,
        };
        self.trees.add(id, tree, known.slot);
        self.engine.tree_added(id, description);
        Ok(())
    }

    /// Whose the objects of a tree are, in this process's ids.
    const fn owners(&self, told: labelgate_control::Owners) -> Owners {
        match told {
            labelgate_control::Owners::Callers { squash_root } => Owners::Callers { squash_root },
            // Root's files in its namespace would be nobody's outside.
            labelgate_control::Owners::Label if self.mapped => Owners::One(namespace::OWN),
            labelgate_control::Owners::Label => Owners::Process,
        }
    }

    fn add_image(&mut self, image: &AddImage, file: OwnedFd) {
        let result = self.open_image(image, file);
        self.outgoing.push(FromWorker::ImageOpened {
            image: image.image,
            result,
        });
    }

    fn open_image(&mut self, add: &AddImage, file: OwnedFd) -> Result<ImageShape, NotServed> {
        let id = ImageId(add.image);
        if self.images.contains(id) {
            return Err(unfit("an image of this number is there already"));
        }
        let kept = self.reservations_of(id)?;
        let options = FileOptions {
            block_size: add.block_size,
            read_only: add.read_only,
            direct: add.direct,
            poisoned: add.poisoned,
            ..FileOptions::default()
        };
        let how = OpenAs {
            write: !add.read_only,
            direct: add.direct,
        };
        let file = add.handed.open(file, how).map_err(not_open)?;
        give_size(add, &file)?;
        let mut image = FileImage::open(file, &options).map_err(unfit)?;
        if !add.poisoned {
            grow(&mut image, add.size).map_err(unfit)?;
        }
        let geometry = image.geometry();
        self.images.add(id, image, add.slot);
        let description = ImageDescription {
            target: add.target.as_str().to_owned(),
            file_name: add.file_name.as_str().to_owned(),
            serial: add.serial.to_string(),
            naa: add.naa,
            geometry,
        };
        self.show(id, description, kept);
        Ok(shape(geometry))
    }

    /// Whom an image is reserved for must be known before anybody is served.
    fn reservations_of(&mut self, id: ImageId) -> Result<Option<Kept>, NotServed> {
        let kept = self.keeping.kept.remove(&id.0);
        kept.map(|record| Kept::parse(&record))
            .transpose()
            .map_err(unfit)
    }

    /// Has the engine serve an image that is there.
    fn show(&mut self, id: ImageId, description: ImageDescription, kept: Option<Kept>) {
        self.engine.image_added(id, description);
        if let Some(kept) = kept {
            self.engine.restore(id, kept);
        }
    }

    fn add_kept(&mut self, add: &AddKept) {
        let image = add.image;
        let result = self.open_kept(add);
        self.outgoing
            .push(FromWorker::ImageOpened { image, result });
    }

    fn open_kept(&mut self, add: &AddKept) -> Result<ImageShape, NotServed> {
        let id = ImageId(add.image);
        if self.images.contains(id) {
            return Err(unfit("an image of this number is there already"));
        }
        if !self.keepers.has(add.keeper) {
            return Err(unfit("there is no such slot for a keeper"));
        }
        let kept = self.reservations_of(id)?;
        let options = KeptOptions {
            number: add.image,
            keeper: add.keeper,
            block_size: add.block_size,
            read_only: add.read_only,
            poisoned: add.poisoned,
        };
        let image = KeptImage::new(&options, as_shape(add.shape)).map_err(unfit)?;
        let geometry = image.geometry();
        self.images.add(id, image, add.slot);
        let description = ImageDescription {
            target: add.target.as_str().to_owned(),
            file_name: add.file_name.as_str().to_owned(),
            serial: add.serial.to_string(),
            naa: add.naa,
            geometry,
        };
        self.show(id, description, kept);
        Ok(shape(geometry))
    }

    fn reshape(&mut self, id: ImageId, shape: KeptShape) {
        if let Some(geometry) = self.images.reshape(id, as_shape(shape)) {
            self.engine.image_changed(id, geometry);
        }
    }

    fn refresh_image(&mut self, id: ImageId, size: Option<u64>) {
        let result = self.images.refresh(id, size, &mut self.progress);
        if let Ok((geometry, true)) = result {
            self.engine.image_changed(id, geometry);
        }
        self.outgoing.push(FromWorker::ImageRefreshed {
            image: id.0,
            result: result.map(|(geometry, _)| shape(geometry)).map_err(text),
        });
    }

    /// Ends an image's sessions. The image goes when the connections the engine closes for it
    /// have gone.
    fn remove_image(&mut self, id: ImageId) {
        if !self.images.contains(id) {
            self.outgoing.push(FromWorker::ImageRemoved { image: id.0 });
            return;
        }
        self.removals.insert(id);
        self.forget_reservations(id);
        // In an outbox of its own, to see what the engine does about it.
        let mut outbox = Outbox::default();
        self.engine.image_removed(id, self.now, &mut outbox);
        let mut closing = Vec::new();
        while let Some(action) = outbox.pop() {
            if let Action::Close(connection, _) = &action {
                closing.push(*connection);
            }
            self.outbox.push(action);
        }
        let there: Vec<ConnectionId> = self.connections.all().collect();
        closing.retain(|connection| there.contains(connection));
        self.images.remove(id, closing.into_iter().collect());
    }

    fn add_connection(&mut self, connection: Connection, socket: OwnedFd) {
        let name = connection.connection;
        let taken = self.stage.is_serving().then(|| self.connections.add(name));
        let Some(id) = taken.flatten() else {
            // The supervisor holds a copy, so that closing ours would tell the client nothing.
            let _ = rustix::net::shutdown(&socket, rustix::net::Shutdown::Both);
            self.outgoing
                .push(FromWorker::ConnectionClosed { connection: name });
            return;
        };
        let admission = admission(connection);
        let first = self
            .engine
            .accept(id, admission, self.now, &mut self.outbox);
        self.additions.push((id, socket, first));
    }
}

fn admission(connection: Connection) -> Admission {
    Admission {
        peer: connection.peer,
        local: connection.local,
        identity: connection.identity.into(),
        login: match connection.login {
            LoginState::Untouched => Login::Untouched,
            LoginState::Negotiated(login) => Login::Negotiated(login.to_vec()),
            LoginState::Mount { epoch, xid, path } => Login::Mount {
                epoch,
                xid,
                path: path.to_vec(),
            },
            LoginState::Rpc { epoch, ports } => Login::Rpc {
                epoch,
                ports: ports.map(|services| Ports {
                    nfs: services.nfs_port,
                    mount: services.mount_port,
                }),
            },
        },
        granted: connection
            .granted
            .iter()
            .map(|target| target.as_str().to_owned())
            .collect(),
    }
}

const fn as_shape(kept: KeptShape) -> Shape {
    Shape {
        size: kept.size,
        physical_block: kept.physical_block,
        discard: kept.discard,
        stable_writes: kept.stable_writes,
    }
}

const fn shape(geometry: Geometry) -> ImageShape {
    ImageShape {
        size: geometry.size,
        block_size: geometry.block_size,
        read_only: geometry.read_only,
    }
}

/// A file that was only just made is empty, where the supervisor may not give it a size.
fn give_size(add: &AddImage, file: &OwnedFd) -> Result<(), NotServed> {
    let Some(size) = add.size.filter(|_| !add.read_only && !add.poisoned) else {
        return Ok(());
    };
    let stat = rustix::fs::fstat(file).map_err(unfit)?;
    match stat.st_size {
        0 => rustix::fs::ftruncate(file, size).map_err(unfit),
        _ => Ok(()),
    }
}

fn not_open(error: OpenHandedError) -> NotServed {
    match error {
        OpenHandedError::Held => NotServed::Held,
        OpenHandedError::Refused { errno } => NotServed::Refused { errno },
        error @ (OpenHandedError::Another | OpenHandedError::System(_)) => unfit(error),
    }
}

fn unfit(words: impl Display) -> NotServed {
    NotServed::Unfit(text(words))
}

fn text(words: impl Display) -> Text<256> {
    Text::clean(&words.to_string())
}
