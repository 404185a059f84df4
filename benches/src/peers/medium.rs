//! Where the served images lie: a tmpfs and the file system below `target/`.
//!
//! Whatever the fixtures start keeps its files below the system's directory for temporary files, so
//! each medium is measured by a process of its own, whose TMPDIR is the medium.

use std::{
    env,
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
};

use clap::ValueEnum;
use labelgate_fixtures::{Failure, cache::workspace, procfs::is_alive};

/// Followed by the process that the directory belongs to.
const PREFIX: &str = "lg-bench-";

/// What kind of medium that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// /dev/shm.
    Memory,
    /// `target/`.
    Disk,
}

/// A directory on a file system to measure, removed on drop.
#[derive(Debug)]
pub struct Medium {
    directory: PathBuf,
}

impl Medium {
    /// A directory of this kind. Servers use it buffered.
    pub fn new(kind: Kind) -> Result<Self, Failure> {
        match kind {
            Kind::Memory => Self::make(Path::new("/dev/shm")),
            Kind::Disk => Self::make(&workspace().join("target")),
        }
    }

    fn make(parent: &Path) -> Result<Self, Failure> {
        sweep(parent);
        let directory = parent.join(format!("{PREFIX}{}", std::process::id()));
        fs::create_dir_all(&directory)
            .map_err(Failure::io(format!("making {}", directory.display())))?;
        Ok(Self { directory })
    }

    /// Where it is.
    pub fn directory(&self) -> &Path {
        &self.directory
    }
}

/// Removes what a bench that was killed has left there: gigabytes of memory, in a tmpfs.
fn sweep(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let number = name
            .to_str()
            .and_then(|name| name.strip_prefix(PREFIX)?.parse().ok());
        if number.is_some_and(|process: u32| !is_alive(process)) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

impl Drop for Medium {
    fn drop(&mut self) {
        // Best effort: the next bench sweeps.
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// What the kernel calls the file system that this process's TMPDIR is on.
pub fn name_of_mine() -> Result<String, Failure> {
    let directory = env::temp_dir();
    let answer = rustix::fs::statfs(&directory).map_err(|error| {
        Failure::io(format!(
            "asking for the file system of {}",
            directory.display()
        ))(error.into())
    })?;
    // include/uapi/linux/magic.h
    let name = match answer.f_type {
        0x0102_1994 => "tmpfs".to_owned(),
        0xef53 => "ext4".to_owned(),
        0x5846_5342 => "xfs".to_owned(),
        0x9123_683e => "btrfs".to_owned(),
        0x794c_7630 => "overlay".to_owned(),
        other => format!("fs-{other:x}"),
    };
    Ok(name)
}

/// Writes `size` bytes that do not compress, and lets them reach the disk.
pub fn fill(path: &Path, size: u64) -> Result<(), Failure> {
    let failure = || Failure::io(format!("filling {}", path.display()));
    let mut file = File::create(path).map_err(failure())?;
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut chunk = vec![0_u8; 1 << 20];
    for _ in 0..size >> 20 {
        for word in chunk.chunks_exact_mut(8) {
            state = mix(state);
            word.copy_from_slice(&state.to_ne_bytes());
        }
        file.write_all(&chunk).map_err(failure())?;
    }
    file.sync_all().map_err(failure())
}

/// Marsaglia's xorshift64: quick and not compressible.
const fn mix(mut state: u64) -> u64 {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    state
}
