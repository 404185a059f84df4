//! Calling C: texts, and what it returns.

use std::ffi::CString;
use std::io;

use crate::Error;

/// The longest text that is given to the library, in bytes, with the 0 behind it.
const MAX_TEXT: usize = 4096;

/// A text for C.
pub(crate) fn text(what: &'static str, text: &str) -> Result<CString, Error> {
    if text.len() >= MAX_TEXT {
        return Err(Error::Text(what));
    }
    CString::new(text).map_err(|_| Error::Text(what))
}

/// What a call returned; the reason of a failure is the thread's `errno`.
pub(crate) fn check(doing: &'static str, returned: i64) -> Result<u64, Error> {
    u64::try_from(returned).map_err(|_| last(doing))
}

/// Why the last call of this thread has failed.
pub(crate) fn last(doing: &'static str) -> Error {
    Error::failed(doing, errno())
}

/// This thread's `errno`.
pub(crate) fn errno() -> i32 {
    let last = io::Error::last_os_error().raw_os_error();
    // A failure without a reason is one all the same.
    last.filter(|&errno| errno != 0).unwrap_or(libc::EIO)
}
