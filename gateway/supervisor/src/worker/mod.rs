//! The workers: one per label, started, watched and reaped by the label's service.

mod access;
mod backoff;
mod connections;
mod death;
mod departing;
mod describe;
mod doubt;
mod file_name;
mod file_size;
mod ids;
mod images;
mod keeper_messages;
mod keepers;
mod kept_images;
mod lifecycle;
mod messages;
mod outfit;
mod process;
mod reconcile;
mod revocation;
mod service;
mod shortage;
mod slots;
mod state;
mod stderr;
mod trees;
mod vigil;

pub use backoff::Backoff;
pub use connections::{Candidate, Login, NoLonger, has_departed};
pub use death::Death;
pub use describe::{Description, ImageDescription, Standing};
pub use file_name::file_name;
pub use revocation::Ended;
pub use service::{Request, Service, Shared};
pub use state::Phase;
pub use stderr::log_lines;
