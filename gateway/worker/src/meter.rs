//! What the worker counts, as the supervisor's page has it.

use std::time::Instant;

use labelgate_control::AuditEvent;
use labelgate_engine::{ImageError, Operation};
use labelgate_pages::{Failure, Operation as Kind, WorkerCounter};

/// What is counted of an operation when it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meter {
    /// What it is.
    pub kind: Kind,
    /// How many bytes it is about.
    pub bytes: u64,
    /// When it began: the beginning of the turn in which it was handed over.
    pub begun: Instant,
}

impl Meter {
    /// The meter of an operation that begins now.
    #[must_use]
    pub const fn of(operation: &Operation, begun: Instant) -> Self {
        let (kind, bytes) = match operation {
            Operation::Read { length, .. } => (Kind::Read, *length as u64),
            Operation::Write { length, .. } => (Kind::Write, *length as u64),
            Operation::Flush => (Kind::Flush, 0),
            Operation::Discard { length, .. } => (Kind::Discard, *length),
            Operation::WriteZeroes { length, .. } => (Kind::WriteZeroes, *length),
            Operation::Extent { .. } => (Kind::Extent, 0),
            Operation::Resize { .. } => (Kind::Resize, 0),
            Operation::Status => (Kind::Status, 0),
        };
        Self { kind, bytes, begun }
    }
}

/// What a failure is counted as.
pub(crate) const fn failure(error: ImageError) -> Failure {
    match error {
        ImageError::OutOfRange => Failure::OutOfRange,
        ImageError::ReadOnly => Failure::ReadOnly,
        ImageError::NoSpace => Failure::NoSpace,
        ImageError::Medium => Failure::Medium,
        ImageError::Poisoned => Failure::Poisoned,
        ImageError::Revoked => Failure::Revoked,
        ImageError::NotReady => Failure::NotReady,
        _ => Failure::Other,
    }
}

/// What an event is counted as.
pub(crate) const fn event(event: &AuditEvent) -> WorkerCounter {
    match event {
        AuditEvent::LoginAccepted { .. } => WorkerCounter::LoginsAccepted,
        AuditEvent::LoginRefused { .. } => WorkerCounter::LoginsRefused,
        AuditEvent::Logout { .. } => WorkerCounter::Logouts,
        AuditEvent::SessionReinstated { .. } => WorkerCounter::SessionsReinstated,
        AuditEvent::ProtocolError { .. } => WorkerCounter::ProtocolErrors,
        AuditEvent::Mounted => WorkerCounter::MountsAccepted,
        AuditEvent::MountRefused { .. } => WorkerCounter::MountsRefused,
        AuditEvent::HandleRefused { .. } => WorkerCounter::HandlesRefused,
    }
}
