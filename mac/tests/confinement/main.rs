//! A process confines itself and tries what it must not.
//!
//! Each probe is this program started again, under a UID of its own. Every layer is tried alone,
//! so that one does not hide that another is missing, and each probe is tried without any layer
//! as well: a probe that fails anyway shows nothing. Needs root, to give out UIDs.

#![allow(
    clippy::panic,
    clippy::print_stderr,
    reason = "a panic is a failed test, and what it prints says what it tried"
)]

mod acting;
mod arrange;
mod greeter;
mod importer;
mod keeper;
mod layers;
mod opening;
mod portmap;
mod probe;
mod run;
mod syscalls;
mod tree;
mod work;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some(run::PROBE) {
        return probe::main(&arguments.collect::<Vec<_>>());
    }
    let mut trials: Vec<Trial> = Vec::new();
    trials.extend(layers::trials());
    trials.extend(syscalls::trials());
    trials.extend(work::trials());
    trials.extend(greeter::trials());
    trials.extend(portmap::trials());
    trials.extend(importer::trials());
    trials.extend(keeper::trials());
    trials.extend(opening::trials());
    trials.extend(tree::trials());
    trials.extend(acting::trials());
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// A test of this name; a panic in it is its failure.
fn trial(name: impl Into<String>, test: impl FnOnce() + Send + 'static) -> Trial {
    Trial::test(name, move || {
        test();
        Ok(())
    })
}
