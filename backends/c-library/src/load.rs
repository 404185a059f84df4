//! Finding a library and what is in it.

use std::ffi::CString;

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};

/// Whose a library is, for whoever has to install it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kin {
    /// What it is, and which version of it is needed.
    pub needed: &'static str,
    /// The package of Debian's.
    pub debian: &'static str,
    /// The package of Fedora's.
    pub fedora: &'static str,
}

/// Why a library is not there. Reads as what is missing and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// It is not installed, or not whole.
    #[error(
        "{library} cannot be loaded ({reason}): install {} (Debian: apt-get install {}; Fedora: dnf \
         install {})", kin.needed, kin.debian, kin.fedora
    )]
    Missing {
        /// Which.
        library: &'static str,
        /// What the loader said.
        reason: String,
        /// Whose it is.
        kin: Kin,
    },
    /// It lacks a function: it is older than what is needed.
    #[error("{library} has no {function}: it is too old; install {}", kin.needed)]
    TooOld {
        /// Which.
        library: &'static str,
        /// What it lacks.
        function: &'static str,
        /// Whose it is.
        kin: Kin,
    },
}

/// Loads a library for good, with all that it needs itself bound at once. Its threads and its
/// destructors could not be survived if it were unloaded.
///
/// # Errors
///
/// [`LoadError::Missing`]
pub fn open(file: &'static str, kin: &Kin) -> Result<&'static Library, LoadError> {
    // SAFETY: what runs when it is loaded are the initialisers of a library that is installed, which
    // any program linked with it runs, too.
    let library = unsafe { Library::open(Some(file), RTLD_NOW | RTLD_LOCAL) };
    let library = library.map_err(|error| LoadError::Missing {
        library: file,
        reason: error.to_string(),
        kin: *kin,
    })?;
    Ok(Box::leak(Box::new(library)))
}

/// Looks a function up.
///
/// # Safety
///
/// `T` is the type of a pointer to the function of this name, as the library has it.
///
/// # Errors
///
/// [`LoadError::TooOld`]
pub unsafe fn symbol<T: Copy>(
    library: &Library,
    file: &'static str,
    function: &'static str,
    kin: &Kin,
) -> Result<T, LoadError> {
    let missing = || LoadError::TooOld {
        library: file,
        function,
        kin: *kin,
    };
    let name = CString::new(function).map_err(|_| missing())?;
    // SAFETY: the caller vouches for the type.
    let found = unsafe { library.get::<T>(name.as_c_str()) };
    found.map(|found| *found).map_err(|_| missing())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIN: Kin = Kin {
        needed: "the library of nobody, version 7",
        debian: "libnone7",
        fedora: "none",
    };

    #[test]
    fn what_is_missing_is_said_with_what_to_install() {
        let error = open("libnone.so.7", &KIN).unwrap_err().to_string();
        assert!(error.contains("libnone.so.7"), "{error}");
        assert!(error.contains("apt-get install libnone7"), "{error}");
    }

    #[test]
    fn a_function_that_is_not_there_is_named() {
        let library = open("libc.so.6", &KIN).unwrap();
        // SAFETY: it is not found, so its type does not matter.
        let found = unsafe { symbol::<extern "C" fn()>(library, "libc.so.6", "none", &KIN) };
        assert!(found.unwrap_err().to_string().contains("has no none"));
    }
}
