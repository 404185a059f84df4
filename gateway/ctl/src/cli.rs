//! The arguments.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use clap_complete::Shell;

use crate::audit::AuditCommand;
use crate::generate::Generate;
use crate::group::GroupCommand;
use crate::host::HostCommand;
use crate::identity::IdentityCommand;
use crate::image::ImageCommand;
use crate::lease::LeaseCommand;
use crate::level::LevelCommand;
use crate::registry::{Backup, Restore};
use crate::store::StoreCommand;
use crate::worker::WorkerCommand;

/// Which exit status means what, for the help and the man page.
pub(crate) const EXIT_STATUS: &str = "\
0    done
64   the command line is wrong
65   the gateway refuses: wrong values, something is in the way, an image that is none;
     or the audit trail is broken
66   what was named does not exist, or a file could not be read
69   the gateway cannot be reached, or is starting or stopping
70   a fault of the gateway's or this program's own
73   a file could not be created
74   reading or writing failed, or there is no room
75   not now: the gateway is busy, or it took too long
76   the gateway's answer is not understood
77   not allowed
130  interrupted";

/// How it is used, for the help and the man page.
pub(crate) const EXAMPLES: &str = "\
labelgate store add vms /var/lib/labelgate/vms
labelgate store add gluster --gluster --servers 10.0.0.1 --volume vms
labelgate store add ceph --rbd --monitors 10.0.0.1 --pool vms --entity client.labelgate --key-file KEY
labelgate image create vms/web-1 --size 20G --label auto
labelgate identity add web-1 --label s0:c12,c34 --write-secret web-1.secret
labelgate status --json";

/// The heading of what every command takes.
const GLOBAL: &str = "Options of every command";

fn after_help() -> String {
    format!("Exit status (those of sysexits.h):\n{EXIT_STATUS}\n\nExamples:\n{EXAMPLES}")
}

/// Administers labelgated, the storage gateway with one confined worker per label.
///
/// A label is an MCS level such as s0:c12,c34. An image is written STORE/IMAGE.
#[derive(Debug, Parser)]
#[command(name = "labelgate", version, after_long_help = after_help(), max_term_width = 100)]
pub(crate) struct Cli {
    /// The gateway's admin socket.
    #[arg(
        long,
        global = true,
        help_heading = GLOBAL,
        env = "LABELGATE_SOCKET",
        default_value = "/run/labelgate/admin.sock",
        value_name = "PATH"
    )]
    pub(crate) socket: PathBuf,

    /// Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows
    /// (labelgate host add).
    #[arg(
        long,
        global = true,
        help_heading = GLOBAL,
        env = "LABELGATE_REMOTE",
        requires = "credentials",
        value_name = "URL"
    )]
    pub(crate) remote: Option<String>,

    /// With --remote: the directory with key.pem, certificate.pem and authority.pem.
    #[arg(
        long,
        global = true,
        help_heading = GLOBAL,
        env = "LABELGATE_CREDENTIALS",
        value_name = "DIRECTORY"
    )]
    pub(crate) credentials: Option<PathBuf>,

    /// Show answers as they come from the gateway, in JSON.
    #[arg(long, global = true, help_heading = GLOBAL)]
    pub(crate) json: bool,

    /// Do not ask before something is ended or removed. Without a terminal nothing is asked.
    #[arg(short, long, global = true, help_heading = GLOBAL)]
    pub(crate) yes: bool,

    /// How long to wait for an answer, in seconds.
    #[arg(long, global = true, help_heading = GLOBAL, default_value_t = 60, value_name = "SECONDS",
          value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) timeout: u64,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the gateway as a whole.
    Status,
    /// Stores: the directories that hold images.
    #[command(subcommand)]
    Store(StoreCommand),
    /// Images: virtual disks.
    #[command(subcommand)]
    Image(ImageCommand),
    /// Identities: how connections prove who they are.
    #[command(subcommand)]
    Identity(IdentityCommand),
    /// Group labels: the labels of disks that several VMs share.
    #[command(subcommand)]
    Group(GroupCommand),
    /// Levels: labels that were given to somebody.
    #[command(subcommand)]
    Level(LevelCommand),
    /// Leases: the binding of a VM on a host to a label.
    #[command(subcommand)]
    Lease(LeaseCommand),
    /// Hosts: who may ask over the network.
    #[command(subcommand)]
    Host(HostCommand),
    /// Workers: the confined processes that serve, one per label.
    #[command(subcommand)]
    Worker(WorkerCommand),
    /// The audit trail.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Read the configuration file again.
    Reload,
    /// Write a backup of the registry to a file. It holds every secret.
    Backup(Backup),
    /// Replace the registry by that of a backup.
    Restore(Restore),
    /// Show the metrics, in Prometheus' text format.
    Metrics,
    /// Print the completions for a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Write man pages or completions, for packages.
    #[command(subcommand, hide = true)]
    Generate(Generate),
}
