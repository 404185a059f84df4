//! A cgroup for each worker, where the host lets the gateway have some.
//!
//! systemd gives a service with `Delegate=yes` a cgroup of its own. The supervisor moves itself
//! into a child of that, because a cgroup with children must hold no process, and makes one child
//! for each worker.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use labelgate_mac::Label;
use labelgate_mac::confinement::cgroup::{Cgroup, CgroupUnavailable, Limits};
use rustix::process::Pid;

/// The child that the supervisor moves itself into.
const OWN: &str = "supervisor";
/// More tasks than any worker has, io_uring's kernel threads included.
const TASKS: u64 = 128;
/// More memory than a greeter has, in bytes.
const GREETER_MEMORY: u64 = 4 << 20;
/// Everyone's share.
const WEIGHT: u16 = 100;

/// Makes cgroups for workers.
#[derive(Debug)]
pub struct Cgroups {
    parent: PathBuf,
    limits: Limits,
}

/// Why workers get no cgroups.
#[derive(Debug, thiserror::Error)]
pub enum NoCgroups {
    /// The host has none to give.
    #[error(transparent)]
    Unavailable(#[from] CgroupUnavailable),
    /// The gateway's cgroup is not its own to divide.
    #[error(
        "cgroup {0} holds other processes too; start the gateway as a service with Delegate=yes"
    )]
    Shared(PathBuf),
    /// The supervisor could not move itself out of the way.
    #[error("cgroup {path}: {error}")]
    Move {
        /// Where to.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
}

/// Moves a process into a cgroup. The file is there: asking for it to be made is denied and logged.
fn enter(path: &Path, pid: &str) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .open(path.join("cgroup.procs"))?;
    file.write_all(pid.as_bytes())
}

impl Cgroups {
    /// Takes possession of this process's cgroup; each worker will have at most `memory` bytes.
    pub fn take(memory: u64) -> Result<Self, NoCgroups> {
        let parent = Cgroup::own()?;
        let own_pid = std::process::id().to_string();
        let present = fs::read_to_string(parent.join("cgroup.procs")).unwrap_or_default();
        if present.lines().any(|pid| pid != own_pid) {
            return Err(NoCgroups::Shared(parent));
        }
        let path = parent.join(OWN);
        let made = match fs::create_dir(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            made => made,
        };
        made.and_then(|()| enter(&path, &own_pid))
            .map_err(|error| NoCgroups::Move { path, error })?;
        let limits = Limits {
            memory_max: memory,
            pids_max: TASKS,
            cpu_weight: WEIGHT,
            io_weight: WEIGHT,
        };
        let cgroups = Self { parent, limits };
        // Asked once here, so that the answer is one line at the start and not one per worker.
        let probe = Cgroup::create(&cgroups.parent, "probe", &cgroups.limits)?;
        leave(probe);
        Ok(cgroups)
    }

    /// The gateway's own, in which all others are.
    pub fn parent(&self) -> &Path {
        &self.parent
    }

    /// Puts a worker into a cgroup of its own. It has been told nothing yet, and waits.
    pub fn confine(&self, label: &Label, pid: u32) -> Result<Cgroup, CgroupUnavailable> {
        // The number makes it unique: a predecessor's may be slow to go. A name has at most 255
        // bytes, a label may have more.
        let label: String = label.to_string().chars().take(128).collect();
        self.make(&format!("worker-{pid}-{label}"), pid)
    }

    /// Puts an importer into a cgroup of its own, with a worker's limits. It waits too.
    pub fn confine_importer(&self, pid: u32) -> Result<Cgroup, CgroupUnavailable> {
        self.make(&format!("importer-{pid}"), pid)
    }

    /// Puts a keeper or a keysmith into a cgroup of its own, with a worker's limits. It waits too.
    pub fn confine_child(&self, kind: &str, pid: u32) -> Result<Cgroup, CgroupUnavailable> {
        self.make(&format!("{kind}-{pid}"), pid)
    }

    fn make(&self, name: &str, pid: u32) -> Result<Cgroup, CgroupUnavailable> {
        let cgroup = Cgroup::create(&self.parent, name, &self.limits)?;
        let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
        match pid.map_or(Ok(()), |pid| cgroup.add(pid)) {
            Ok(()) => Ok(cgroup),
            Err(error) => {
                leave(cgroup);
                Err(error)
            }
        }
    }

    /// A cgroup for all greeters together, of which there are at most `processes`.
    pub fn for_greeters(&self, processes: usize) -> Result<Cgroup, CgroupUnavailable> {
        let processes = u64::try_from(processes).unwrap_or(u64::MAX);
        let limits = Limits {
            memory_max: processes.saturating_mul(GREETER_MEMORY),
            pids_max: processes,
            ..self.limits
        };
        Cgroup::create(&self.parent, "greeters", &limits)
    }
}

/// Removes the cgroup of a worker that has been reaped.
pub fn leave(cgroup: Cgroup) {
    if let Err((cgroup, error)) = cgroup.remove() {
        tracing::warn!("{cgroup:?} cannot be removed: {error}");
    }
}
