//! Side-by-side measurements against other servers: the program `peers`, and those that it starts.

pub mod records;
