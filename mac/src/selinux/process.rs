//! The context of a process.

use std::fs::File;
use std::io::Read;

use super::text::{ContextError, LONGEST, parse};
use crate::Context;

/// The context of this process.
///
/// # Errors
/// [`ContextError`]; without SELinux, `/proc` has no such file or another module's text in it.
pub fn own_context() -> Result<Context, ContextError> {
    read("/proc/thread-self/attr/current")
}

/// The context of a process, by its number.
///
/// # Errors
/// As [`own_context`]; and if there is no such process.
pub fn process_context(pid: u32) -> Result<Context, ContextError> {
    read(&format!("/proc/{pid}/attr/current"))
}

fn read(path: &str) -> Result<Context, ContextError> {
    let mut text = Vec::new();
    let length = u64::try_from(LONGEST).unwrap_or(u64::MAX);
    File::open(path)?.take(length).read_to_end(&mut text)?;
    parse(&text)
}
