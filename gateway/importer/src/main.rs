//! The program `labelgate-importer`.

#![forbid(unsafe_code)]

fn main() {}
