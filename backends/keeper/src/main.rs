//! labelgate-keeper: started by labelgated, for a label and a store, with its control socket as
//! standard input. It holds that label's images on that store's backend, confined.

#![forbid(unsafe_code)]

use std::io::Write;

use labelgate_mac::confinement::name::name_process;

fn main() {
    name_process(c"labelgate-keeper");
    let status = match labelgate_keeper::run() {
        Ok(()) => 0,
        Err(error) => {
            // The supervisor logs what its processes say here. If it is gone, nobody does.
            let _ = writeln!(std::io::stderr(), "labelgate-keeper: {error}");
            1
        }
    };
    labelgate_keeper::exit(status)
}
