//! The program `labelgate-greeter`.

#![forbid(unsafe_code)]

fn main() {}
