//! Calling C: texts, numbers and what is to be freed.

use std::ffi::{CStr, CString};

use libc::{c_char, c_int};

use crate::Error;

/// The longest text that is given to or taken from the libraries, in bytes, with the 0 behind it.
pub(crate) const MAX_TEXT: usize = 4096;

/// A text for C.
pub(crate) fn text(what: &'static str, text: &str) -> Result<CString, Error> {
    if text.len() >= MAX_TEXT {
        return Err(Error::Text(what));
    }
    CString::new(text).map_err(|_| Error::Text(what))
}

/// What a call returned: a count, or why it failed.
pub(crate) fn check(doing: &'static str, returned: c_int) -> Result<c_int, Error> {
    if returned < 0 {
        Err(Error::returned(doing, returned.into()))
    } else {
        Ok(returned)
    }
}

/// Has C write a value of its own.
pub(crate) fn written<T: Default>(
    doing: &'static str,
    call: impl FnOnce(&mut T) -> c_int,
) -> Result<T, Error> {
    let mut value = T::default();
    check(doing, call(&mut value))?;
    Ok(value)
}

/// Has C fill a buffer with a text that ends with a 0, and returns it.
pub(crate) fn filled(
    doing: &'static str,
    fill: impl FnOnce(*mut c_char, usize) -> c_int,
) -> Result<String, Error> {
    let mut room = [0_u8; MAX_TEXT];
    check(doing, fill(room.as_mut_ptr().cast(), room.len() - 1))?;
    Ok(CStr::from_bytes_until_nul(&room)
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned())
}

/// The text at an address of C's; empty if there is none.
///
/// # Safety
///
/// The address is null, or that of a text that ends with a 0 and stays during the call.
pub(crate) unsafe fn text_at(address: *const c_char) -> String {
    if address.is_null() {
        return String::new();
    }
    // SAFETY: the caller says that there is a text.
    let text = unsafe { CStr::from_ptr(address) };
    text.to_string_lossy().into_owned()
}
