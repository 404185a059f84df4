//! Why a connection is refused.

use std::io;

use crate::netlabel::NetlabelRefusal;
use crate::provider::Halted;
use crate::sources::SourceRefusal;
use crate::worker::NoLonger;

/// Why a connection is refused. Its text is for the audit trail, [`Refusal::reason`] for counting.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Nobody knows who it is.
    #[error("no identity has this address")]
    UnknownAddress,
    /// The label that the network tells of it is not believed, or there is none.
    #[error(transparent)]
    Netlabel(#[from] NetlabelRefusal),
    /// Its identity is let in only while a lease runs.
    #[error("no lease of its label runs; start one for its virtual machine")]
    NoLease,
    /// What it was let in for is no longer open to it.
    #[error(transparent)]
    NoLonger(#[from] NoLonger),
    /// Its source has enough connections, or makes them too fast.
    #[error(transparent)]
    Source(#[from] SourceRefusal),
    /// Its label has enough connections.
    #[error("the label has {0} connections, which is the limit (connections_per_label)")]
    LabelFull(u32),
    /// Its label's service, or the queue for the worker, is full.
    #[error("{0}")]
    Busy(&'static str),
    /// No worker could be had in time.
    #[error("no worker in time{}", .0.as_ref().map(|why| format!(": {why}")).unwrap_or_default())]
    NoWorker(Option<String>),
    /// There is no room for its label's worker.
    #[error("no room for its label's worker: {0}")]
    NoRoom(String),
    /// The client has gone meanwhile.
    #[error("the connection is gone: {0}")]
    Gone(io::Error),
    /// The system refuses what the connection needs.
    #[error("{0}")]
    System(io::Error),
    /// What enforces labels has failed.
    #[error(transparent)]
    Halted(#[from] Halted),
    /// The gateway stops.
    #[error("the gateway stops")]
    Stopping,
}

/// What a refusal is counted as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Nobody knows who it is.
    UnknownAddress,
    /// The network tells no label of it.
    Unlabelled,
    /// What the network tells of it is not understood.
    LabelUnreadable,
    /// The network tells its label, and nobody's word counts for its address.
    LabelUnknownSource,
    /// It is of a type that clients do not have.
    LabelType,
    /// Its range is no label.
    LabelNone,
    /// Its level is outside of what its source may have.
    LabelOutOfRange,
    /// No lease of its identity's label runs.
    NoLease,
    /// What it was let in for is no longer open to it.
    Revoked,
    /// Its source has as many connections as it may.
    SourceFull,
    /// Its source connects too often.
    SourceRate,
    /// Its label has as many connections as it may.
    LabelFull,
    /// Too many wait for its label already.
    Busy,
    /// No worker could be had in time.
    NoWorker,
    /// There is no room for its label's worker.
    NoRoom,
    /// The client has gone meanwhile.
    Gone,
    /// The system refuses what the connection needs.
    System,
    /// What enforces labels has failed.
    Halted,
    /// The gateway stops.
    Stopping,
}

impl Refusal {
    /// What it is counted as.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        match self {
            Self::UnknownAddress => Reason::UnknownAddress,
            Self::Netlabel(refusal) => of_netlabel(refusal),
            Self::NoLease | Self::NoLonger(NoLonger::Lease) => Reason::NoLease,
            Self::NoLonger(NoLonger::Identity | NoLonger::Label) => Reason::Revoked,
            Self::Source(SourceRefusal::TooMany(_)) => Reason::SourceFull,
            Self::Source(SourceRefusal::TooOften) => Reason::SourceRate,
            Self::LabelFull(_) => Reason::LabelFull,
            Self::Busy(_) => Reason::Busy,
            Self::NoWorker(_) => Reason::NoWorker,
            Self::NoRoom(_) => Reason::NoRoom,
            Self::Gone(_) => Reason::Gone,
            Self::System(_) => Reason::System,
            Self::Halted(_) => Reason::Halted,
            Self::Stopping => Reason::Stopping,
        }
    }
}

const fn of_netlabel(refusal: &NetlabelRefusal) -> Reason {
    match refusal {
        NetlabelRefusal::Unlabelled => Reason::Unlabelled,
        NetlabelRefusal::Unreadable(_) => Reason::LabelUnreadable,
        NetlabelRefusal::UnknownSource { .. } => Reason::LabelUnknownSource,
        NetlabelRefusal::Type { .. } => Reason::LabelType,
        NetlabelRefusal::NoLabel { .. } | NetlabelRefusal::TooLong { .. } => Reason::LabelNone,
        NetlabelRefusal::OutOfRange { .. } => Reason::LabelOutOfRange,
    }
}

crate::metrics::label_values! {
    Reason {
        UnknownAddress => "unknown_address",
        Unlabelled => "unlabelled",
        LabelUnreadable => "label_unreadable",
        LabelUnknownSource => "label_unknown_source",
        LabelType => "label_type",
        LabelNone => "label_none",
        LabelOutOfRange => "label_out_of_range",
        NoLease => "no_lease",
        Revoked => "revoked",
        SourceFull => "source_full",
        SourceRate => "source_rate",
        LabelFull => "label_full",
        Busy => "busy",
        NoWorker => "no_worker",
        NoRoom => "no_room",
        Gone => "gone",
        System => "system",
        Halted => "halted",
        Stopping => "stopping",
    }
}
