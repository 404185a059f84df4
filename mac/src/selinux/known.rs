//! What the loaded policy knows.

use std::fs::OpenOptions;
use std::io::{self, Write};

use rustix::io::Errno;

use super::text::print;
use crate::Context;

/// Whether the loaded policy has this context: its user, role, type and level, and that they go
/// together.
///
/// # Errors
/// The kernel cannot be asked.
pub fn is_known(context: &Context) -> io::Result<bool> {
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .open("/sys/fs/selinux/context")?;
    // In one call: each is a question of its own.
    match file.write(&print(context)) {
        Ok(_) => Ok(true),
        Err(error) if error.raw_os_error() == Some(Errno::INVAL.raw_os_error()) => Ok(false),
        Err(error) => Err(error),
    }
}
