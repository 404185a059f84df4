//! `labelgate`, the command line: says to labelgated's admin socket, or over the network, what an
//! admin wants.
//!
//! Each subject (stores, images, ...) has a file with its arguments, its requests and how their
//! answers look to people. With `--json` answers are shown as they came.

#![forbid(unsafe_code)]

mod ask;
mod audit;
mod cli;
mod confirm;
mod fault;
mod generate;
mod group;
mod host;
mod host_credentials;
mod identity;
mod identity_add;
mod image;
mod image_argument;
mod image_create;
mod image_fill;
mod image_snapshot;
mod input;
mod lease;
mod level;
mod nfs_snippet;
mod output;
mod private_file;
mod progress;
mod registry;
mod secret_files;
mod size;
mod snippet;
mod status;
mod store;
mod store_add;
mod store_iscsi;
mod store_key;
mod store_nfs;
mod table;
mod upload;
mod worker;

use std::process::ExitCode;

use clap::Parser;

use crate::ask::Ask;
use crate::cli::{Cli, Command};
use crate::fault::{EX_OK, EX_USAGE, Fault};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // What cannot be printed here can be printed nowhere.
            let _ = error.print();
            let code = if error.use_stderr() { EX_USAGE } else { EX_OK };
            return ExitCode::from(code);
        }
    };
    let json = cli.json;
    match start(cli) {
        Ok(()) => ExitCode::from(EX_OK),
        Err(fault) => {
            fault.report(json);
            ExitCode::from(fault.exit_code())
        }
    }
}

fn start(cli: Cli) -> Result<(), Fault> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Fault::Runtime)?;
    let result = runtime.block_on(async {
        tokio::select! {
            // While a command reads its input before it asks anything, ^C ends it as usual.
            biased;
            result = run(cli) => result,
            _ = tokio::signal::ctrl_c() => Err(Fault::Interrupted),
        }
    });
    // A thread that reads standard input may never come back.
    runtime.shutdown_background();
    result
}

async fn run(cli: Cli) -> Result<(), Fault> {
    let ask = Ask::new(&cli)?;
    match cli.command {
        Command::Status => status::show(&ask).await,
        Command::Store(command) => command.run(&ask).await,
        Command::Image(command) => command.run(&ask).await,
        Command::Identity(command) => command.run(&ask).await,
        Command::Group(command) => command.run(&ask).await,
        Command::Host(command) => command.run(&ask).await,
        Command::Level(command) => command.run(&ask).await,
        Command::Lease(command) => command.run(&ask).await,
        Command::Worker(command) => command.run(&ask).await,
        Command::Audit(command) => command.run(&ask).await,
        Command::Reload => registry::reload(&ask).await,
        Command::Backup(backup) => backup.run(&ask).await,
        Command::Restore(restore) => restore.run(&ask).await,
        Command::Metrics => status::metrics(&ask).await,
        Command::Completions { shell } => generate::completions(shell),
        Command::Generate(generate) => generate.run(),
    }
}
