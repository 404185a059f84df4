//! The audit trail: records, hash chain, rotation.

#![forbid(unsafe_code)]
