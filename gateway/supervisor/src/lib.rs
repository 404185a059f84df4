//! labelgated: listens, finds labels, starts and reaps workers.
