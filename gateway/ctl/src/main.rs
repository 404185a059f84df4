//! The program `labelgate`.

#![forbid(unsafe_code)]

fn main() {}
