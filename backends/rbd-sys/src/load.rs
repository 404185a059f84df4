//! Finding the libraries.

use std::ffi::CString;
use std::sync::OnceLock;

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};

use crate::{Rados, Rbd};

/// Why the libraries are not there. Reads as what is missing and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// A library is not installed, or not whole.
    #[error(
        "{library} cannot be loaded ({reason}): install Ceph's client libraries, version 16 or \
         later (Debian: apt-get install librbd1 librados2; Fedora: dnf install librbd1 librados2)"
    )]
    Missing {
        /// Which.
        library: &'static str,
        /// What the loader said.
        reason: String,
    },
    /// A library lacks a function: it is older than what is needed.
    #[error(
        "{library} has no {function}: it is too old; install Ceph's client libraries, version 16 \
         or later"
    )]
    TooOld {
        /// Which.
        library: &'static str,
        /// What it lacks.
        function: &'static str,
    },
}

/// Both libraries.
#[derive(Debug, Clone, Copy)]
pub struct Libraries {
    /// librados.
    pub rados: Rados,
    /// librbd.
    pub rbd: Rbd,
}

static LIBRARIES: OnceLock<Result<Libraries, LoadError>> = OnceLock::new();

impl Libraries {
    /// The libraries, loaded when this is called for the first time: it opens files, starts no
    /// thread, and finds every function, so that nothing is looked up afterwards.
    ///
    /// They stay until the process ends. Their threads and their destructors could not be
    /// survived if they were unloaded.
    ///
    /// # Errors
    ///
    /// [`LoadError`], the same at each call.
    pub fn get() -> Result<&'static Self, LoadError> {
        LIBRARIES
            .get_or_init(Self::load)
            .as_ref()
            .map_err(Clone::clone)
    }

    fn load() -> Result<Self, LoadError> {
        Ok(Self {
            rados: Rados::look_up(open(Rados::FILE)?)?,
            rbd: Rbd::look_up(open(Rbd::FILE)?)?,
        })
    }
}

/// Loads a library for good, with all that it needs itself bound at once.
fn open(file: &'static str) -> Result<&'static Library, LoadError> {
    // SAFETY: what runs when it is loaded are the initialisers of Ceph's own libraries, which any
    // program linked with them runs, too.
    let library = unsafe { Library::open(Some(file), RTLD_NOW | RTLD_LOCAL) };
    let library = library.map_err(|error| LoadError::Missing {
        library: file,
        reason: error.to_string(),
    })?;
    Ok(Box::leak(Box::new(library)))
}

/// Looks a function up.
///
/// # Safety
///
/// `T` is the type of a pointer to the function of this name, as the library has it.
pub(crate) unsafe fn symbol<T: Copy>(
    library: &Library,
    file: &'static str,
    function: &'static str,
) -> Result<T, LoadError> {
    let missing = || LoadError::TooOld {
        library: file,
        function,
    };
    let name = CString::new(function).map_err(|_| missing())?;
    // SAFETY: the caller vouches for the type.
    let found = unsafe { library.get::<T>(name.as_c_str()) };
    found.map(|found| *found).map_err(|_| missing())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_said_with_what_to_install() {
        let error = open("libnone.so.7").unwrap_err().to_string();
        assert!(error.contains("libnone.so.7"), "{error}");
        assert!(error.contains("apt-get install librbd1"), "{error}");
    }

    #[test]
    fn a_function_that_is_not_there_is_named() {
        let library = open("libc.so.6").unwrap();
        // SAFETY: it is not found, so its type does not matter.
        let found = unsafe { symbol::<extern "C" fn()>(library, "libc.so.6", "rbd_open") };
        assert!(found.unwrap_err().to_string().contains("has no rbd_open"));
    }

    #[test]
    fn both_libraries_are_found_and_say_which_they_are() {
        let libraries = Libraries::get().unwrap();
        let (mut major, mut minor, mut extra) = (0, 0, 0);
        // SAFETY: it writes three numbers.
        unsafe { (libraries.rados.rados_version)(&mut major, &mut minor, &mut extra) };
        assert!(major >= 3, "{major}.{minor}.{extra}");
        // SAFETY: it writes three numbers.
        unsafe { (libraries.rbd.rbd_version)(&mut major, &mut minor, &mut extra) };
        assert!((major, minor) >= (1, 16), "{major}.{minor}.{extra}");
    }
}
