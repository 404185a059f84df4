//! The second layer: no capability, and no way to gain one.

use std::fmt;
use std::io;

use rustix::thread::{
    CapabilitySet, CapabilitySets, capabilities, capability_is_in_bounding_set,
    clear_ambient_capability_set, remove_capability_from_bounding_set, set_capabilities,
    set_no_new_privs,
};

use super::ConfinementError;

/// What is left of the bounding set, the limit to what an exec can give. To a confined process it
/// matters little: `no_new_privs` and seccomp forbid it all that it would limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bounding {
    /// Nothing.
    Empty,
    /// All that there was: it takes `CAP_SETPCAP` to make it smaller, which the process has not.
    Kept,
}

impl fmt::Display for Bounding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "no capabilities, bounding set empty",
            Self::Kept => "no capabilities, bounding set unchanged",
        })
    }
}

/// Empties every set of capabilities of this thread and reads them back.
///
/// A process with a UID of its own had lost its capabilities when it began, and its bounding set
/// is not its to change any more: whoever starts it calls [`drop_bounding`] before.
///
/// # Errors
///
/// [`ConfinementError::Capabilities`], or [`ConfinementError::CapabilitiesLeft`].
pub fn drop_all() -> Result<Bounding, ConfinementError> {
    let none = CapabilitySets {
        effective: CapabilitySet::empty(),
        permitted: CapabilitySet::empty(),
        inheritable: CapabilitySet::empty(),
    };
    // First, since it takes a capability.
    let bounding = drop_bounding()?;
    clear_ambient_capability_set().map_err(failed("ambient"))?;
    set_capabilities(None, none).map_err(failed("permitted"))?;
    if capabilities(None).map_err(failed("permitted"))? != none {
        return Err(ConfinementError::CapabilitiesLeft);
    }
    Ok(bounding)
}

/// What a process keeps that acts as others, in a user namespace: to read and write what is its own
/// there, to be another for a while, to give files to others, and to give them the modes that callers may
/// give them. (That who writes to a file takes its set-user-ID bit away is not changed by `CAP_FSETID` in a
/// namespace: the kernel asks for it outside.)
const FOR_FILES: CapabilitySet = CapabilitySet::CHOWN
    .union(CapabilitySet::DAC_OVERRIDE)
    .union(CapabilitySet::DAC_READ_SEARCH)
    .union(CapabilitySet::FOWNER)
    .union(CapabilitySet::FSETID)
    .union(CapabilitySet::SETGID)
    .union(CapabilitySet::SETUID);

/// Drops every capability but those for files. To be called in a user namespace of the process's own.
///
/// # Errors
///
/// As [`drop_all`].
pub fn keep_those_for_files() -> Result<&'static str, ConfinementError> {
    let kept = CapabilitySets {
        effective: FOR_FILES,
        permitted: FOR_FILES,
        inheritable: CapabilitySet::empty(),
    };
    // First, since it takes a capability.
    drop_bounding()?;
    clear_ambient_capability_set().map_err(failed("ambient"))?;
    set_capabilities(None, kept).map_err(failed("permitted"))?;
    match capabilities(None).map_err(failed("permitted"))? == kept {
        true => Ok("capabilities for files of its user namespace, bounding set empty"),
        false => Err(ConfinementError::CapabilitiesLeft),
    }
}

/// Empties the bounding set of this thread, and with it that of every thread and process which it
/// starts from now on: no program that one of them executes gets a capability, root's programs and
/// those with file capabilities included. The capabilities that this thread has, it keeps.
///
/// # Errors
///
/// [`ConfinementError::Capabilities`].
pub fn drop_bounding() -> Result<Bounding, ConfinementError> {
    remove_from_bounding().map_err(failed("bounding"))
}

fn remove_from_bounding() -> rustix::io::Result<Bounding> {
    for capability in (0..u64::BITS).map(|bit| CapabilitySet::from_bits_retain(1 << bit)) {
        match capability_is_in_bounding_set(capability) {
            Ok(false) => continue,
            // Beyond the last one that this kernel knows.
            Err(rustix::io::Errno::INVAL) => break,
            Ok(true) => {}
            Err(error) => return Err(error),
        }
        match remove_capability_from_bounding_set(capability) {
            Ok(()) => {}
            Err(rustix::io::Errno::PERM) => return Ok(Bounding::Kept),
            Err(error) => return Err(error),
        }
    }
    Ok(Bounding::Empty)
}

/// Sets `no_new_privs`: no exec of this process, should one ever pass, gives it more than it has.
///
/// # Errors
///
/// [`ConfinementError::NoNewPrivileges`].
pub fn set_no_new_privileges() -> Result<(), ConfinementError> {
    set_no_new_privs(true).map_err(|source| ConfinementError::NoNewPrivileges(source.into()))
}

fn failed(set: &'static str) -> impl Fn(rustix::io::Errno) -> ConfinementError {
    move |source| ConfinementError::Capabilities {
        set,
        source: io::Error::from(source),
    }
}
