//! What is counted, and how it is shown to Prometheus.
//!
//! * `catalogue` declares every metric; the rest refers to it.
//! * [`Metrics`] is what the gateway counts in: itself for what holds for all labels, a
//!   [`LabelMeter`] for each label. Workers count for themselves, in pages that they share
//!   (`labelgate_pages`).
//! * [`render`] reads all of it; `http` serves that to Prometheus.
//!
//! The values of every label of a metric are bounded: reasons and the like by enums, labels and
//! images by what is configured or was in use within the last hour.

mod catalogue;
mod counters;
mod declaration;
mod family;
mod http;
mod label;
mod processes;
mod render;
mod slots;

pub use catalogue::CATALOGUE;
pub use counters::{Greeted, Metrics, Reloaded};
pub(crate) use declaration::label_values;
pub use declaration::{Declaration, Kind, LabelValue};
pub(crate) use http::serve;
pub use label::{Cause, LabelMeter};
pub(crate) use render::{Served, render};
