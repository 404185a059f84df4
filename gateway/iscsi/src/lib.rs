//! An iSCSI target engine (RFC 7143), sans-I/O.
