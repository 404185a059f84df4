//! The program `labelgated`.

#![forbid(unsafe_code)]

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use labelgate_mac::confinement::capabilities::{Bounding, drop_bounding};
use labelgate_mac::confinement::descriptors::close_on_exec;
use labelgate_supervisor::config::{Config, DEFAULT, Provider as Enforcement};
use labelgate_supervisor::logging::{self, Format};
use labelgate_supervisor::provider::Selinux;
use labelgate_supervisor::{RunError, RunLockError, StateError, run};

/// Everything went well, or the gateway stopped as it was told to.
const SUCCESS: u8 = 0;
/// EX_OSERR of sysexits.h: the system refused something.
const SYSTEM: u8 = 71;
/// EX_TEMPFAIL: another gateway runs.
const TAKEN: u8 = 75;
/// EX_CONFIG: something is wrong with the configuration.
const CONFIG: u8 = 78;

/// A storage gateway for virtual machines, with a confined worker for each SELinux label.
///
/// It listens for iSCSI initiators, finds the label of each by its address, and hands the
/// connection to that label's worker, a process of its own that can reach that label's images
/// and nothing else.
#[derive(Debug, Parser)]
#[command(
    name = "labelgated",
    version,
    after_help = "\
Signals:
  SIGTERM, SIGINT  ask all clients to leave, end all workers, exit
  SIGHUP           take in changed stores, images and identities; connections
                   that they do not concern go on; and which marks of
                   poisoned images were deleted (state_dir/poisoned)

Output:
  standard output  the audit trail, one JSON object per line, unless the
                   configuration says that it goes elsewhere ([audit])
  standard error   everything else; RUST_LOG=debug shows more

Exit codes:
   0  stopped as told; or nothing to complain about (--check)
   2  wrong command line
  71  the system refused something, such as an address to listen on
  75  another gateway runs with the same run_dir
  78  something is wrong with the configuration, or SELinux is not what it asks
      for (provider = \"selinux\"): the message says what mends it"
)]
struct Arguments {
    /// The configuration.
    #[arg(
        long,
        value_name = "FILE",
        default_value = "/etc/labelgate/labelgate.toml"
    )]
    config: PathBuf,

    /// Check the configuration, and SELinux where it asks for it, and exit.
    #[arg(long, conflicts_with = "print_config")]
    check: bool,

    /// Print a configuration in which every key is explained, and exit.
    #[arg(long)]
    print_config: bool,

    /// How log lines look.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    log_format: Format,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.print_config {
        return say(io::stdout(), DEFAULT.trim_end(), SUCCESS);
    }
    let config = match Config::read(&arguments.config) {
        Ok(config) => config,
        Err(problems) => return say(io::stderr(), &problems.to_string(), CONFIG),
    };
    if arguments.check {
        return check(&arguments, &config);
    }
    if let Err(error) = logging::start(arguments.log_format) {
        return say(io::stderr(), &error.to_string(), SYSTEM);
    }
    serve(config, &arguments)
}

/// Says what a configuration holds, and what it names that is not there.
fn check(arguments: &Arguments, config: &Config) -> ExitCode {
    for store in &config.stores {
        let Some(path) = store.directory() else {
            continue;
        };
        if !path.is_dir() {
            let missing = format!(
                "{}: warning: store {:?}: {} is no directory (yet)",
                arguments.config.display(),
                store.name,
                path.display()
            );
            say(io::stderr(), &missing, SUCCESS);
        }
    }
    if !check_selinux(config) {
        return ExitCode::from(CONFIG);
    }
    let summary = format!(
        "{}: nothing wrong: {} stores, {} images, {} identities",
        arguments.config.display(),
        config.stores.len(),
        config.images.len(),
        config.identities.iter().count()
    );
    say(io::stdout(), &summary, SUCCESS)
}

/// Says what is wrong with this machine's SELinux, where labels are to be enforced by it, and what
/// only the service itself can find out.
fn check_selinux(config: &Config) -> bool {
    if config.gateway.provider != Enforcement::Selinux {
        return true;
    }
    let (wrong, unmade) = Selinux::examine(config.gateway.allow_permissive);
    for fault in &wrong {
        say(io::stderr(), &fault.to_string(), CONFIG);
    }
    for check in unmade {
        say(io::stderr(), &format!("not checked: {check}"), SUCCESS);
    }
    wrong.is_empty()
}

fn serve(config: Config, arguments: &Arguments) -> ExitCode {
    // All it does is hand things over: two threads are enough for any number of labels.
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime
        .worker_threads(2)
        .thread_name("labelgated")
        .enable_all();
    leave_no_capabilities();
    // What this process was left by whoever started it is not for those that it confines.
    let runtime = close_on_exec().and_then(|()| runtime.build());
    let outcome = match runtime {
        Ok(runtime) => {
            let outcome = runtime.block_on(run(config, &arguments.config));
            // A store that hangs must not keep the process.
            runtime.shutdown_background();
            outcome
        }
        Err(error) => Err(RunError::System(error)),
    };
    match outcome {
        Ok(()) => ExitCode::from(SUCCESS),
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::from(match error {
                RunError::State(StateError::Clash(_)) | RunError::Provider(_) => CONFIG,
                RunError::RunLock(RunLockError::Taken { .. }) => TAKEN,
                RunError::RunLock(_)
                | RunError::Audit(_)
                | RunError::PoisonMarks { .. }
                | RunError::Reservations { .. }
                | RunError::State(_)
                | RunError::Admin(_)
                | RunError::Listen { .. }
                | RunError::Enter(_)
                | RunError::PortTaken { .. }
                | RunError::System(_) => SYSTEM,
            })
        }
    }
}

/// Nothing that this process starts is to have a capability. Those that it confines cannot see to
/// the whole of that themselves: with their UID they are given no capability to do it with.
fn leave_no_capabilities() {
    match drop_bounding() {
        Ok(Bounding::Empty) => {}
        Ok(Bounding::Kept) => tracing::info!(
            "workers have no capabilities, but keep a bounding set (CapBnd), which it takes CAP_SETPCAP to empty"
        ),
        Err(error) => tracing::warn!("workers keep a capability bounding set: {error}"),
    }
}

/// Writes a line; a reader that is gone is no reason to fail.
fn say(mut to: impl Write, line: &str, code: u8) -> ExitCode {
    let _ = writeln!(to, "{line}");
    ExitCode::from(code)
}
