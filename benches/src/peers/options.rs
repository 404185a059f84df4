//! The command line.

use std::{path::PathBuf, time::Duration};

use clap::Parser;

use crate::case::Front;
use crate::medium::Kind;
use crate::schedule::Effort;

/// Measures labelgate side by side with tgt and nbdkit, with nfs-ganesha and nfsserve, with QEMU's own
/// drivers of Ceph and Gluster and tgt over librbd and libgfapi, and with the floor of each protocol. Prints figures,
/// asserts nothing.
#[derive(Debug, Parser)]
#[command(name = "peers", version)]
pub struct Options {
    /// About seven minutes: tmpfs, mostly qemu-img, runs of one second.
    #[arg(long)]
    pub quick: bool,
    /// Repeats of every case [default: 7; 5 with --quick].
    #[arg(long)]
    repeats: Option<usize>,
    /// Seconds of one run [default: 3; 1 with --quick].
    #[arg(long)]
    seconds: Option<f64>,
    /// Only cases whose name contains this text; may be given several times.
    #[arg(long)]
    pub case: Vec<String>,
    /// Only this medium [default: both; memory with --quick].
    #[arg(long, value_enum)]
    pub medium: Option<Kind>,
    /// Print the names of the cases and stop.
    #[arg(long)]
    pub list: bool,
    /// Measure the other servers only, with the floor in our place.
    #[arg(long)]
    pub without_ours: bool,
    /// Leave out what is measured on ours alone: first byte of a connection, memory of a worker.
    #[arg(long)]
    pub without_figures: bool,
    /// Where peers.json, peers.md and peers.svg go [default: target/reports].
    #[arg(long)]
    pub reports: Option<PathBuf>,
}

impl Options {
    /// How often and how long every case is run.
    pub fn effort(&self) -> Effort {
        let (repeats, seconds, stretch) = if self.quick { (5, 1.0, 1) } else { (7, 3.0, 3) };
        let seconds = self.seconds.unwrap_or(seconds).clamp(0.1, 600.0);
        let length = Duration::from_secs_f64(seconds);
        let repeats = self.repeats.unwrap_or(repeats).max(1);
        Effort {
            repeats,
            length,
            longest: length * stretch,
        }
    }

    /// Bytes of the image every server serves.
    pub const fn image_size(&self, front: Front) -> u64 {
        match front {
            Front::Block | Front::Nfs if !self.quick => 1 << 30,
            // A cluster may have to hold several of them in memory.
            Front::Block | Front::Nfs | Front::Ceph | Front::Gluster => 256 << 20,
        }
    }

    /// Whether a case of this name was asked for.
    pub fn wants(&self, name: &str) -> bool {
        self.case.is_empty() || self.case.iter().any(|part| name.contains(part.as_str()))
    }
}
