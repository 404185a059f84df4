//! Stores, images, identities, labels and leases, kept on disk.

#![forbid(unsafe_code)]
