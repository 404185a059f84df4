//! Contexts, ranges, levels and labels: properties, hostile texts, and libsepol's own opinion.

mod fuzz;
mod libsepol;
mod properties;
mod refusals;
mod strategy;
