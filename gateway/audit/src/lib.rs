//! The audit trail: one structured record for each decision, in a chain.
//!
//! * A call site fills in a [`Record`] and writes it. [`install`] says where the process's
//!   records go; [`Throttle`] rations those that clients can cause at will.
//! * A [`Trail`] numbers the records, chains each to the one before by its hash, and writes them
//!   to files, to the journal, to standard output. One thread does it: who has something to say
//!   never waits for a disk.
//! * [`Reader`] and [`Follow`] read it, [`verify`] checks the chain.
//!
//! `docs/AUDIT.md` describes the lines, and says what the chain proves and what it does not.

#![forbid(unsafe_code)]

mod body;
mod chain;
mod complaint;
mod decision;
mod directory;
mod end;
mod event;
mod file;
mod follow;
mod installed;
mod journald;
mod open;
mod queue;
mod reader;
mod recent;
mod record;
mod rotation;
mod sink;
mod stdout;
mod sync;
mod throttle;
mod trail;
mod verify;
mod writer;

pub use chain::{Anchor, Fault, Head, LineHash, MAX_LINE, NoHash};
pub use decision::Decision;
pub use event::Event;
pub use follow::{Follow, Line};
pub use installed::{Installed, install, trail};
pub use open::OpenError;
pub use reader::{Reader, Tail};
pub use record::Record;
pub use throttle::Throttle;
pub use trail::{Counters, FileSettings, Settings, Ticket, Trail};
pub use verify::{Break, Report, Verifier, verify, verify_files};
