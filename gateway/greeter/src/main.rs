//! labelgate-greeter: started by labelgated, some in advance, with its control socket as standard
//! input. It speaks with one connection until it is known whose that is, and ends.

#![forbid(unsafe_code)]

use std::io::Write;
use std::process::ExitCode;

use labelgate_mac::confinement::name::name_process;

fn main() -> ExitCode {
    name_process(c"labelgate-greeter");
    match labelgate_greeter::run(std::env::args_os().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The supervisor logs what its processes say here. If it is gone, nobody does.
            let _ = writeln!(std::io::stderr(), "labelgate-greeter: {error}");
            ExitCode::FAILURE
        }
    }
}
