//! The supervisor's side: one cgroup (v2) for each worker.
//!
//! A cgroup bounds what a UID's limits cannot: resident memory with its page cache, shares of CPU
//! and I/O, and it ends all its processes with one write. Where the host has no usable v2
//! hierarchy, [`CgroupUnavailable`] says why, once, and the RLIMITs of [`super::Profile`] are what
//! is left.
//!
//! Source: the kernel's `Documentation/admin-guide/cgroup-v2.rst`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Where systemd, and whoever follows it, mounts cgroups.
const MOUNT: &str = "/sys/fs/cgroup";

/// What a cgroup may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Memory in bytes, page cache and kernel memory included (`memory.max`). The arena of
    /// buffers counts for whoever touches it first.
    pub memory_max: u64,
    /// Tasks (`pids.max`), io_uring's kernel threads included.
    pub pids_max: u64,
    /// Share of the CPU, 1 to 10,000 (`cpu.weight`); 100 is everyone's.
    pub cpu_weight: u16,
    /// Share of I/O, 1 to 10,000 (`io.weight`), where the I/O controller knows weights.
    pub io_weight: u16,
}

/// Why there is no cgroup for a worker. Reads as one log line.
#[derive(Debug, thiserror::Error)]
pub enum CgroupUnavailable {
    /// Nothing, or something else, is mounted there.
    #[error("no cgroup v2 hierarchy at {}", .0.display())]
    NotMounted(PathBuf),
    /// v2 is there, but these controllers belong to v1 or were not delegated.
    #[error("cgroup v2 at {} lacks the controllers: {missing}", path.display())]
    Controllers {
        /// The cgroup asked for children.
        path: PathBuf,
        /// The controllers that are missing, separated by spaces.
        missing: String,
    },
    /// A name that would lead elsewhere.
    #[error("{0:?} is no name of a cgroup")]
    Name(String),
    /// Another cgroup of this name holds processes: a predecessor that has not been reaped.
    #[error("cgroup {} exists already", .0.display())]
    Exists(PathBuf),
    /// A file of the hierarchy could not be read or written.
    #[error("cgroup file {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
}

/// The controllers each limit needs. `io` is wished for: a host without weights does without.
const NEEDED: [&str; 3] = ["cpu", "memory", "pids"];

/// A worker's cgroup. Dropping it leaves it: a worker may outlive its supervisor.
#[derive(Debug)]
pub struct Cgroup(PathBuf);

impl Cgroup {
    /// The cgroup of this process, which must be a delegated one to be a parent.
    ///
    /// # Errors
    ///
    /// [`CgroupUnavailable::NotMounted`] where `/proc/self/cgroup` names none.
    pub fn own() -> Result<PathBuf, CgroupUnavailable> {
        let path = PathBuf::from("/proc/self/cgroup");
        let text = read(&path)?;
        // v2 is the line with hierarchy 0 and no controllers.
        let own = text.lines().find_map(|line| line.strip_prefix("0::/"));
        let mount = [Path::new(MOUNT), Path::new("/sys/fs/cgroup/unified")]
            .into_iter()
            .find(|mount| mount.join("cgroup.controllers").is_file())
            .ok_or_else(|| CgroupUnavailable::NotMounted(MOUNT.into()))?;
        own.map(|own| mount.join(own))
            .ok_or_else(|| CgroupUnavailable::NotMounted(mount.into()))
    }

    /// Makes the cgroup `name` below `parent`, with these limits and nobody in it.
    ///
    /// `parent` must be a v2 cgroup that is the caller's to divide and, unless it is the root,
    /// holds no process itself ("no internal processes"): a service with `Delegate=yes` moves
    /// itself into a child first.
    ///
    /// # Errors
    ///
    /// All of [`CgroupUnavailable`]. Nothing is left behind.
    pub fn create(parent: &Path, name: &str, limits: &Limits) -> Result<Self, CgroupUnavailable> {
        if name.is_empty() || name.starts_with('.') || name.contains(['/', '\0', '\n']) {
            return Err(CgroupUnavailable::Name(name.to_owned()));
        }
        let has_io = enable_controllers(parent)?;
        let path = parent.join(name);
        match fs::create_dir(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(CgroupUnavailable::Exists(path));
            }
            Err(source) => return Err(CgroupUnavailable::File { path, source }),
        }
        let cgroup = Self(path);
        if let Err(error) = cgroup.limit(limits, has_io) {
            // It is empty: nobody could be added yet. If it cannot go, the first error says more.
            let _ = fs::remove_dir(&cgroup.0);
            return Err(error);
        }
        Ok(cgroup)
    }

    fn limit(&self, limits: &Limits, has_io: bool) -> Result<(), CgroupUnavailable> {
        self.write("memory.max", &limits.memory_max.to_string())?;
        // A worker that is over its limit dies at once and whole, instead of crawling in swap.
        self.write_if_there("memory.swap.max", "0")?;
        self.write("memory.oom.group", "1")?;
        self.write("pids.max", &limits.pids_max.to_string())?;
        self.write("cpu.weight", &limits.cpu_weight.to_string())?;
        if has_io {
            self.write_if_there("io.weight", &format!("default {}", limits.io_weight))?;
        }
        Ok(())
    }

    /// Moves a process, with all its threads, into the cgroup.
    ///
    /// # Errors
    ///
    /// [`CgroupUnavailable::File`].
    pub fn add(&self, pid: rustix::process::Pid) -> Result<(), CgroupUnavailable> {
        self.write("cgroup.procs", &pid.as_raw_nonzero().to_string())
    }

    /// Kills every process in it (Linux 5.14). They end soon after, and still have to be reaped.
    ///
    /// # Errors
    ///
    /// [`CgroupUnavailable::File`].
    pub fn kill(&self) -> Result<(), CgroupUnavailable> {
        self.write("cgroup.kill", "1")
    }

    /// Whether the kernel has killed a process in it because its memory was used up.
    #[must_use]
    pub fn has_starved(&self) -> bool {
        let events = fs::read_to_string(self.0.join("memory.events")).unwrap_or_default();
        let kills = events
            .lines()
            .find_map(|line| line.strip_prefix("oom_kill "));
        kills.is_some_and(|kills| kills != "0")
    }

    /// Removes the cgroup, which must hold no process.
    ///
    /// # Errors
    ///
    /// The cgroup itself and why it could not be removed (`EBUSY` while a process is in it).
    pub fn remove(self) -> Result<(), (Self, io::Error)> {
        fs::remove_dir(&self.0).map_err(|error| (self, error))
    }

    fn write(&self, file: &str, value: &str) -> Result<(), CgroupUnavailable> {
        write(&self.0.join(file), value)
    }

    /// Some files exist only if the kernel was built with a feature.
    fn write_if_there(&self, file: &str, value: &str) -> Result<(), CgroupUnavailable> {
        if self.0.join(file).exists() {
            self.write(file, value)
        } else {
            Ok(())
        }
    }
}

/// Lets the children of `parent` have the controllers; whether `io` is among them.
fn enable_controllers(parent: &Path) -> Result<bool, CgroupUnavailable> {
    let list = parent.join("cgroup.controllers");
    if !list.is_file() {
        return Err(CgroupUnavailable::NotMounted(parent.into()));
    }
    let available = read(&list)?;
    let has = |controller: &str| available.split_whitespace().any(|word| word == controller);
    let missing: Vec<&str> = NEEDED
        .into_iter()
        .filter(|controller| !has(controller))
        .collect();
    if !missing.is_empty() {
        let missing = missing.join(" ");
        return Err(CgroupUnavailable::Controllers {
            path: parent.into(),
            missing,
        });
    }
    let io = if has("io") { " +io" } else { "" };
    write(
        &parent.join("cgroup.subtree_control"),
        &format!("+cpu +memory +pids{io}"),
    )?;
    Ok(has("io"))
}

fn read(path: &Path) -> Result<String, CgroupUnavailable> {
    fs::read_to_string(path).map_err(|source| CgroupUnavailable::File {
        path: path.to_owned(),
        source,
    })
}

/// One write, as the kernel wants it; never makes a file.
fn write(path: &Path, value: &str) -> Result<(), CgroupUnavailable> {
    let written = fs::OpenOptions::new()
        .write(true)
        .open(path)
        .and_then(|mut file| io::Write::write_all(&mut file, value.as_bytes()));
    written.map_err(|source| CgroupUnavailable::File {
        path: path.to_owned(),
        source,
    })
}
