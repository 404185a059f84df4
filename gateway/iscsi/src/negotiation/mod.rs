//! What an initiator and we agree upon (RFC 7143, sections 6 and 13).
//!
//! We offer nothing of our own: an initiator's offer is answered with the result that the key's
//! result function gives for its value and ours, and a key it does not offer keeps the standard's
//! default. What we declare is our MaxRecvDataSegmentLength.

mod binary;
mod full_feature;
mod key;
mod operational;
mod parameters;
mod value;

pub(crate) use binary::{MAX_BINARY, binary, hexadecimal};
pub use full_feature::{FullFeatureAnswer, answer};
pub use key::{Key, When};
pub use operational::{Answer, Negotiation, Violation};
pub use parameters::{Digest, Parameters, ours};
pub(crate) use value::number;
