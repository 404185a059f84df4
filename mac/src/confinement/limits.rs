//! The fourth layer: how much a process may take.

use std::fmt;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::{ConfinementError, Identity, Profile};

/// The limits in force. Each is the profile's, or what the process was already held to if that
/// was less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Address space, in bytes.
    pub address_space: u64,
    /// Private writable memory, in bytes.
    pub data: u64,
    /// Open descriptors.
    pub descriptors: u64,
    /// Tasks of the UID; `None` where the UID is shared.
    pub tasks: Option<u64>,
    /// Size of a file, in bytes; `None` where the supervisor limits it.
    pub file_size: Option<u64>,
}

/// Sets the limits of a profile, soft and hard, and forbids core dumps: a core holds guest data.
/// The size of files is left to the supervisor, which knows how large the images are, unless the
/// profile says it.
///
/// # Errors
///
/// [`ConfinementError::Limit`].
pub fn apply(profile: &Profile<'_>) -> Result<Limits, ConfinementError> {
    limit("core", Resource::Core, 0)?;
    let tasks = match profile.identity {
        Identity::Own | Identity::Mapped => Some(limit("nproc", Resource::Nproc, profile.tasks)?),
        Identity::Shared => None,
    };
    let file_size = profile
        .file_size
        .map(|most| limit("fsize", Resource::Fsize, most));
    Ok(Limits {
        address_space: limit("as", Resource::As, profile.address_space)?,
        data: limit("data", Resource::Data, profile.data)?,
        descriptors: limit("nofile", Resource::Nofile, profile.descriptors)?,
        tasks,
        file_size: file_size.transpose()?,
    })
}

/// Lowers one limit; never raises it.
fn limit(name: &'static str, resource: Resource, most: u64) -> Result<u64, ConfinementError> {
    let held = getrlimit(resource).maximum.unwrap_or(u64::MAX);
    let value = Some(most.min(held));
    setrlimit(
        resource,
        Rlimit {
            current: value,
            maximum: value,
        },
    )
    .map_err(|source| ConfinementError::Limit {
        limit: name,
        source: source.into(),
    })?;
    Ok(most.min(held))
}

impl fmt::Display for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mebibytes = |bytes: u64| bytes >> 20;
        write!(
            f,
            "limits: address space {} MiB, data {} MiB, {} descriptors, no core",
            mebibytes(self.address_space),
            mebibytes(self.data),
            self.descriptors
        )?;
        if let Some(tasks) = self.tasks {
            write!(f, ", {tasks} tasks")?;
        }
        self.file_size.map_or(Ok(()), |bytes| {
            write!(f, ", files of {} MiB", mebibytes(bytes))
        })
    }
}
