//! Counters in pages that a worker shares with the supervisor.
