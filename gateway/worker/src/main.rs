//! labelgate-worker: started by labelgated, once per label, with its control socket as standard
//! input. It serves that label's connections, iSCSI and NFS, from that label's images, confined.

#![forbid(unsafe_code)]

use std::io::Write;
use std::process::ExitCode;

use labelgate_mac::confinement::name::name_process;

fn main() -> ExitCode {
    name_process(c"labelgate-worker");
    match labelgate_worker::run(labelgate_worker::fronts::Fronts::new) {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            // The supervisor logs what its workers say here. If it is gone, nobody does.
            let _ = writeln!(std::io::stderr(), "labelgate-worker: {error}");
            ExitCode::FAILURE
        }
    }
}
