//! labelgate-keysmith: started by labelgated, one for each Ceph store, with its control socket as
//! standard input. It alone has the key by which keys are made.

#![forbid(unsafe_code)]

use std::io::Write;

use labelgate_mac::confinement::name::name_process;

fn main() {
    name_process(c"labelgate-keysmith");
    let status = match labelgate_keysmith::run() {
        Ok(()) => 0,
        Err(error) => {
            // The supervisor logs what its processes say here. If it is gone, nobody does.
            let _ = writeln!(std::io::stderr(), "labelgate-keysmith: {error}");
            1
        }
    };
    // The library's threads still run.
    labelgate_rbd::exit_process(status)
}
