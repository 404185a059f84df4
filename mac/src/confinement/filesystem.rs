//! The third layer: a Landlock domain that handles every right it can and grants none, or no more
//! than to open files beneath a few directories, or to serve a few trees.
//!
//! The latter is for processes that open their files themselves, so that SELinux judges by their
//! own context. What it lets them open is Landlock's word against a policy that is too wide; which
//! files it is, is the policy's.
//!
//! Descriptors that are open, or that arrive later through the control socket, are not touched
//! by it: Landlock decides when a file is opened.

use std::fmt;

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, LandlockStatus,
    PathBeneath, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetStatus, Scope,
};

use super::{ConfinementError, Reach};

/// The newest version of which every right is denied. An older kernel denies what it knows.
const NEWEST: ABI = ABI::V10;

/// What the kernel's Landlock gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Domain {
    abi: i32,
    directories: usize,
    read: usize,
    trees: usize,
    connects: bool,
}

impl Domain {
    /// The version of Landlock's interface in force, at least 1.
    #[must_use]
    pub const fn abi(self) -> i32 {
        self.abi
    }

    /// Whether TCP ports can neither be bound nor connected to.
    #[must_use]
    pub const fn denies_tcp(self) -> bool {
        self.abi >= 4 && !self.connects
    }

    /// Whether abstract Unix sockets and processes outside are out of reach.
    #[must_use]
    pub const fn is_scoped(self) -> bool {
        self.abi >= 6
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "landlock abi {}: ", self.abi)?;
        match (self.directories, self.trees) {
            (0, 0) if self.read != 0 => {
                write!(f, "files beneath {} directories, read only", self.read)?;
            }
            (0, 0) => f.write_str("no files")?,
            (count, 0) => write!(f, "files beneath {count} directories only")?,
            (count, trees) => write!(f, "files beneath {count} directories, {trees} trees only")?,
        }
        f.write_str(if self.denies_tcp() {
            ", no tcp"
        } else if self.connects && self.abi >= 4 {
            ", tcp to connect only"
        } else {
            " (tcp left to seccomp)"
        })?;
        f.write_str(if self.is_scoped() {
            ", no abstract sockets, no signals"
        } else {
            " (abstract sockets and signals left to seccomp)"
        })
    }
}

/// Puts this thread, and those it starts later, into a domain that grants nothing.
/// Needs `no_new_privs`, and sets it.
///
/// # Errors
///
/// [`ConfinementError::NoLandlock`] without at least version 1, which denies files;
/// [`ConfinementError::Landlock`] if a call fails.
pub fn deny_all() -> Result<Domain, ConfinementError> {
    deny_all_but(Reach::Nothing)
}

/// As [`deny_all`], but that the files that are beneath some directories can be opened, and trees
/// served.
///
/// # Errors
///
/// As [`deny_all`].
pub fn deny_all_but(reach: Reach<'_>) -> Result<Domain, ConfinementError> {
    enter(reach, false)
}

/// As [`deny_all_but`], but that TCP connections can be made, to any port: a backend's are its own
/// choice. Nothing can be listened on.
///
/// # Errors
///
/// As [`deny_all`].
pub fn deny_all_but_connections(reach: Reach<'_>) -> Result<Domain, ConfinementError> {
    enter(reach, true)
}

fn enter(reach: Reach<'_>, connects: bool) -> Result<Domain, ConfinementError> {
    let network = match connects {
        true => BitFlags::from(AccessNet::BindTcp),
        false => AccessNet::from_all(NEWEST),
    };
    let beneath = |access| move |directory| PathBeneath::new(directory, access);
    let files = reach.files().iter().map(beneath(open_only()));
    let trees = reach.trees().iter().map(beneath(serve_tree()));
    let read = reach.read().iter().map(beneath(AccessFs::ReadFile.into()));
    let scratch = reach.scratch().iter().map(beneath(make_and_remove()));
    let granted = files.chain(trees).chain(read).chain(scratch);
    let granted = granted.map(Ok::<_, ConfinementError>);
    let status = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(ABI::V1))
        .map_err(unsupported)?
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(network)?
        .scope(Scope::from_all(NEWEST))?
        .create()?
        .add_rules(granted)?
        .restrict_self()?;
    match (status.ruleset, status.landlock) {
        (RulesetStatus::NotEnforced, _) => Err(ConfinementError::NoLandlock),
        (_, LandlockStatus::Available { effective_abi, .. }) if status.no_new_privs => Ok(Domain {
            abi: effective_abi as i32,
            directories: reach.files().len(),
            read: reach.read().len(),
            connects,
            trees: reach.trees().len(),
        }),
        _ => Err(ConfinementError::NoLandlock),
    }
}

/// Reading, writing and cutting or growing what is there. Nothing is made, moved, removed, listed
/// or executed.
fn open_only() -> BitFlags<AccessFs> {
    AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::Truncate
}

/// Making, writing, reading and removing files.
fn make_and_remove() -> BitFlags<AccessFs> {
    open_only() | AccessFs::MakeReg | AccessFs::RemoveFile
}

/// Everything that is not executing, and not devices. Moves stay within the trees.
fn serve_tree() -> BitFlags<AccessFs> {
    open_only()
        | AccessFs::ReadDir
        | AccessFs::MakeReg
        | AccessFs::MakeDir
        | AccessFs::MakeSym
        | AccessFs::MakeFifo
        | AccessFs::MakeSock
        | AccessFs::RemoveFile
        | AccessFs::RemoveDir
        | AccessFs::Refer
}

/// The hard requirement of version 1 fails for one reason.
fn unsupported(error: landlock::RulesetError) -> ConfinementError {
    match error {
        landlock::RulesetError::HandleAccesses(_) => ConfinementError::NoLandlock,
        error => error.into(),
    }
}
