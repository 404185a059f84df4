//! Images: what a worker's operations become on a store.
