//! A SCSI block device server (SPC-4, SBC-3), sans-I/O.
//!
//! A transport hands in CDBs; the server says what each takes to carry out, as a [`Plan`] in bytes
//! of the image, and what to answer. Nothing here does I/O, blocks, or allocates by a peer's word
//! alone.
//!
//! * [`Command::parse`] makes a [`Command`] of a CDB, by one table that REPORT SUPPORTED OPERATION
//!   CODES reports from as well.
//! * [`LogicalUnit::plan`] checks it against the unit and the nexus's unit attentions.
//! * [`LogicalUnit::parameters`] goes on once a parameter list has been collected.
//! * [`Sense::encode`] lays out why a command failed.

#![forbid(unsafe_code)]

mod attention;
mod command;
mod lba_status;
pub mod limits;
mod plan;
pub mod reservations;
mod sense;
mod status;
#[cfg(test)]
mod tests;
mod unit;

pub use attention::{Nexus, UnitAttention};
pub use command::{
    ByteCheck, Command, DefectForm, ModeForm, PageControl, ReportedOpcodes, Transfer,
};
pub use lba_status::{LbaStatus, encode_lba_status};
pub use plan::{Plan, Span};
pub use reservations::{Effects, InitiatorPort, Kept, NoRecord};
pub use sense::{Access, AdditionalSense, FaultyField, Sense, SenseBytes, SenseFormat, SenseKey};
pub use status::Status;
pub use unit::{LogicalUnit, no_unit};
