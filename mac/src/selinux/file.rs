//! The context of a file.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

use rustix::fs::{XattrFlags, getxattr, setxattr};

use super::text::{ContextError, LONGEST, parse, print};
use crate::Context;

/// Where the context of a file is.
const ATTRIBUTE: &str = "security.selinux";

/// The context of a file, by any descriptor of it, `O_PATH` ones included.
///
/// # Errors
/// [`ContextError`]
pub fn file_context(file: BorrowedFd<'_>) -> Result<Context, ContextError> {
    let mut value = [0; LONGEST];
    let length = getxattr(itself(file), ATTRIBUTE, &mut value).map_err(io::Error::from)?;
    parse(value.get(..length).unwrap_or_default())
}

/// Gives a file another context, by any descriptor of it, `O_PATH` ones included. Its name does
/// not matter, so nobody can put another file in its place meanwhile.
///
/// # Errors
/// The policy has no such context, or does not let this process change the one to the other.
pub fn relabel(file: BorrowedFd<'_>, context: &Context) -> io::Result<()> {
    let value = print(context);
    Ok(setxattr(
        itself(file),
        ATTRIBUTE,
        &value,
        XattrFlags::empty(),
    )?)
}

/// fgetxattr(2) and fsetxattr(2) refuse `O_PATH` descriptors; this path leads to the same file.
fn itself(file: BorrowedFd<'_>) -> String {
    format!("/proc/self/fd/{}", file.as_raw_fd())
}
