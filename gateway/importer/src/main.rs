//! labelgate-importer: started by labelgated, once per import, with its control socket as standard
//! input. It fills one image, confined to that image's label.

#![forbid(unsafe_code)]

use std::io::Write;
use std::process::ExitCode;

use labelgate_mac::confinement::name::name_process;

fn main() -> ExitCode {
    name_process(c"labelgate-importer");
    match labelgate_importer::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The supervisor logs what its processes say here. If it is gone, nobody does.
            let _ = writeln!(std::io::stderr(), "labelgate-importer: {error}");
            ExitCode::FAILURE
        }
    }
}
