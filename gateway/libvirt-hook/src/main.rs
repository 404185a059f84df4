//! `labelgate-libvirt-hook`: tells the gateway where libvirt's machines run.
//!
//! libvirt runs it as `/etc/libvirt/hooks/qemu` (libvirt.org/hooks.html), with what it is about to
//! do with which machine, and the machine's XML on standard input. Before a machine starts, or comes
//! in by a migration, it asks the gateway for a lease; the gateway looks at the machine's disks and
//! says no if one is not the machine's. When the machine has gone, the lease ends. A gateway that
//! cannot be reached keeps a machine from starting; one that runs goes on.
//!
//! It talks to the gateway alone, never to libvirt, which waits for it.

#![forbid(unsafe_code)]

mod command_line;
mod domain;
mod hook;
mod secret;
mod settings;

use std::ffi::{OsStr, OsString};
use std::io::{Read, Write};
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::hook::{Fault, Operation};
use crate::settings::{Settings, SettingsError};

/// Where the settings are, unless the environment says otherwise, which libvirt's does not.
const SETTINGS: &str = "/etc/labelgate/libvirt.toml";

const USAGE: &str = "\
Usage: labelgate-libvirt-hook DOMAIN OPERATION SUB-OPERATION EXTRA < XML
       labelgate-libvirt-hook secret UUID IDENTITY | virsh secret-set-value SECRET --plain --file /dev/stdin

libvirt runs it as /etc/libvirt/hooks/qemu. It asks the gateway of /etc/labelgate/libvirt.toml for
a lease before a machine starts (prepare, start), also where it comes in by a migration or is restored,
or is found running (reconnect, attach), and ends it when the machine has gone (release).

With three arguments it asks for a new secret of a machine that is about to start here, which is written to
standard output; the one before is good for nothing from then on. docs/LIBVIRT.md says how it is set up.";

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let (domain, operation) = match arguments.as_slice() {
        // libvirt has four arguments, whatever its domain is called.
        [command, vm, identity] if command == "secret" => return hand_out(vm, identity),
        [domain, operation, ..] => (domain, operation),
        _ => {
            say(USAGE);
            return ExitCode::from(2);
        }
    };
    let operation = Operation::of(&operation.to_string_lossy());
    match run(operation) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            let domain = domain.to_string_lossy();
            let text = format!("labelgate: machine {domain}: {fault}");
            say(&text);
            match operation {
                Operation::Prepare | Operation::Start | Operation::Stop => ExitCode::FAILURE,
                // libvirt kills what its hook does not agree to find running, and shows nobody what
                // one has said that agrees.
                Operation::Restore | Operation::Nothing => {
                    log(&text);
                    ExitCode::SUCCESS
                }
            }
        }
    }
}

fn hand_out(vm: &OsStr, identity: &OsStr) -> ExitCode {
    let (vm, identity) = (vm.to_string_lossy(), identity.to_string_lossy());
    let handed = settings().map_err(Fault::from);
    match handed.and_then(|settings| secret::hand_out(&vm, &identity, &settings)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            say(&format!("labelgate: {fault}"));
            ExitCode::FAILURE
        }
    }
}

fn settings() -> Result<Settings, SettingsError> {
    let file = std::env::var_os("LABELGATE_LIBVIRT_TOML");
    let file = file.map_or_else(|| PathBuf::from(SETTINGS), PathBuf::from);
    Settings::read(&file)
}

fn run(operation: Operation) -> Result<(), Fault> {
    if operation == Operation::Nothing {
        return Ok(());
    }
    let settings = settings()?;
    let mut xml = String::new();
    let most = u64::try_from(domain::LONGEST).unwrap_or(u64::MAX);
    std::io::stdin()
        .take(most + 1)
        .read_to_string(&mut xml)
        .map_err(Fault::Input)?;
    if xml.len() > domain::LONGEST {
        return Err(Fault::TooLong);
    }
    hook::carry_out(operation, &xml, &settings)
}

/// To the system's log, as a warning of a daemon (RFC 3164, 4.1.1: 3 * 8 + 4).
fn log(text: &str) {
    let record = format!("<28>labelgate-libvirt-hook: {text}");
    // Where nobody keeps a log there is none.
    let _ = UnixDatagram::unbound().and_then(|log| log.send_to(record.as_bytes(), "/dev/log"));
}

/// On standard error: libvirt shows it to whoever wanted the machine to start, and in its log.
fn say(text: &str) {
    // What cannot be said there can be said nowhere.
    let _ = writeln!(std::io::stderr(), "{text}");
}
