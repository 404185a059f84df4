//! Messages and descriptors between the supervisor and its workers.
