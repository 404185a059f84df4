//! What is declared here is what the installed header says: the C compiler is asked.

use labelgate_c_library::drift::{Declared, complaints};
use labelgate_gfapi_sys::{CALLBACKS, CONSTANTS, Gfapi};

const DECLARED: Declared = Declared {
    includes: "#include <glusterfs/api/glfs.h>",
    functions: Gfapi::PROTOTYPES,
    callbacks: CALLBACKS,
    constants: CONSTANTS,
    structures: &[],
    opaque: &["glfs_stat"],
    renamed: &[("stat_t", "struct stat"), ("flock_t", "struct flock")],
};

fn judged(program: &str) -> String {
    complaints(program).expect("a C compiler is there: `fixtures/setup packages` installs it")
}

#[test]
fn every_declaration_is_what_the_header_says() {
    let program = DECLARED.program();
    assert_eq!(judged(&program), "", "{program}");
}

/// Otherwise the test above could pass for the wrong reason.
#[test]
fn a_declaration_that_has_drifted_is_noticed() {
    let right = DECLARED.program();
    for (was, becomes) in [
        ("GLFS_LK_MANDATORY == ", "GLFS_LK_MANDATORY == 1"),
        ("glfs_close), int", "glfs_close), long"),
        (
            "glfs_pread_async), int (glfs_fd_t *, void *, size_t",
            "glfs_pread_async), int (glfs_fd_t *, void *, int",
        ),
        (
            "glfs_io_cbk, void (*)(glfs_fd_t *, ",
            "glfs_io_cbk, void (*)(",
        ),
    ] {
        assert!(right.contains(was), "{was} is not in the program");
        let wrong = judged(&right.replacen(was, becomes, 1));
        assert!(
            wrong.contains("static assertion failed"),
            "{becomes}: {wrong}"
        );
    }
}

#[test]
fn the_library_is_found_with_all_that_is_declared() {
    assert!(Gfapi::get().is_ok(), "{:?}", Gfapi::get());
}
