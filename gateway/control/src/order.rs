//! What belongs together on a control socket.

use std::fmt::Debug;
use std::os::fd::OwnedFd;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{
    Attached, FromGreeter, FromImporter, FromKeeper, FromKeysmith, FromPortmap, FromWorker,
    Mismatch, ToGreeter, ToImporter, ToKeeper, ToKeysmith, ToPortmap, ToWorker,
};

/// What the supervisor tells one kind of process of ours. It decides what that process may say,
/// so an end of a socket is known by it alone.
pub trait Order: Sized {
    /// The message as it is in a datagram, with the descriptor beside it.
    type Datagram: Serialize + DeserializeOwned + Debug;
    /// What the process tells the supervisor. It never carries a descriptor.
    type Answer: Serialize + DeserializeOwned;

    /// Parts the message from its descriptor.
    fn part(self) -> (Self::Datagram, Option<OwnedFd>);

    /// Joins the message with the descriptor that came with it.
    ///
    /// # Errors
    /// The message wants a descriptor and there is none, or the other way round.
    fn join(datagram: Self::Datagram, descriptor: Option<OwnedFd>) -> Result<Self, Mismatch>;
}

impl Order for ToWorker {
    type Datagram = ToWorker<Attached>;
    type Answer = FromWorker;

    fn part(self) -> (Self::Datagram, Option<OwnedFd>) {
        self.detach()
    }

    fn join(datagram: Self::Datagram, descriptor: Option<OwnedFd>) -> Result<Self, Mismatch> {
        datagram.attach(descriptor)
    }
}

impl Order for ToGreeter {
    type Datagram = ToGreeter<Attached>;
    type Answer = FromGreeter;

    fn part(self) -> (Self::Datagram, Option<OwnedFd>) {
        self.detach()
    }

    fn join(datagram: Self::Datagram, descriptor: Option<OwnedFd>) -> Result<Self, Mismatch> {
        datagram.attach(descriptor)
    }
}

impl Order for ToImporter {
    type Datagram = ToImporter<Attached>;
    type Answer = FromImporter;

    fn part(self) -> (Self::Datagram, Option<OwnedFd>) {
        self.detach()
    }

    fn join(datagram: Self::Datagram, descriptor: Option<OwnedFd>) -> Result<Self, Mismatch> {
        datagram.attach(descriptor)
    }
}

impl Order for ToPortmap {
    type Datagram = ToPortmap<Attached>;
    type Answer = FromPortmap;

    fn part(self) -> (Self::Datagram, Option<OwnedFd>) {
        self.detach()
    }

    fn join(datagram: Self::Datagram, descriptor: Option<OwnedFd>) -> Result<Self, Mismatch> {
        datagram.attach(descriptor)
    }
}

impl Order for ToKeeper {
    type Datagram = ToKeeper<Attached>;
    type Answer = FromKeeper;

    fn part(self) -> (Self::Datagram, Option<OwnedFd>) {
        self.detach()
    }

    fn join(datagram: Self::Datagram, descriptor: Option<OwnedFd>) -> Result<Self, Mismatch> {
        datagram.attach(descriptor)
    }
}

impl Order for ToKeysmith {
    type Datagram = Self;
    type Answer = FromKeysmith;

    fn part(self) -> (Self::Datagram, Option<OwnedFd>) {
        (self, None)
    }

    fn join(datagram: Self::Datagram, descriptor: Option<OwnedFd>) -> Result<Self, Mismatch> {
        match descriptor {
            None => Ok(datagram),
            Some(_) => Err(Mismatch::Unwanted),
        }
    }
}
