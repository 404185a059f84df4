//! Reservations (SPC-4 5.12, SPC-2 5.5): which I_T nexuses an image is kept for.
//!
//! All of it is one value per image, and every change is one call: "Each persistent reserve service
//! action is a single indivisible event" comes for free in a worker of one thread.
//!
//! * [`InitiatorPort`] says who somebody is, [`Kind`] what a persistent reservation keeps others
//!   from, [`Need`] what a command would do.
//! * [`Reservations`] has the registrations and the reservation, [`service_action`] changes them,
//!   [`parameters`] reads what the initiator wants, [`report`] lays out what it is told.
//! * [`record`] is what outlives a worker, if an initiator has asked for that (APTPL).

mod kind;
mod need;
mod parameters;
mod port;
mod preempt;
mod record;
mod report;
mod service_action;
mod state;

pub use kind::Kind;
pub use need::Need;
pub use parameters::OutAction;
pub(crate) use parameters::{MAX_LIST, OutList};
pub use port::InitiatorPort;
pub use record::{Kept, NoRecord};
pub use report::InAction;
pub(crate) use service_action::Order;
pub(crate) use state::Refusal;
pub use state::{Effects, Reservations};
