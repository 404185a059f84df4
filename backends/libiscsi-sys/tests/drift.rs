//! What is declared here is what the installed headers say: the C compiler is asked.

#![allow(
    clippy::unwrap_used,
    reason = "a panic in a helper is a failed test, as in the tests themselves"
)]

use labelgate_c_library::drift::{Declared, complaints};
use labelgate_libiscsi_sys::{CALLBACKS, CONSTANTS, Libiscsi, STRUCTURES};

const DECLARED: Declared = Declared {
    includes: "#include <iscsi/iscsi.h>\n#include <iscsi/scsi-lowlevel.h>",
    functions: Libiscsi::PROTOTYPES,
    callbacks: CALLBACKS,
    constants: CONSTANTS,
    structures: STRUCTURES,
    opaque: &[
        "iscsi_context",
        "iscsi_data",
        "scsi_allocated_memory",
        "scsi_sense",
    ],
    renamed: &[
        ("iscsi_session_type", "enum iscsi_session_type"),
        ("iscsi_header_digest", "enum iscsi_header_digest"),
        ("scsi_residual", "enum scsi_residual"),
    ],
};

fn judged(program: &str) -> String {
    complaints(program).expect("a C compiler is there: `fixtures/setup packages` installs it")
}

fn program() -> String {
    DECLARED.program()
}

#[test]
fn every_declaration_is_what_the_headers_say() {
    let program = program();
    assert_eq!(judged(&program), "", "{program}");
}

/// Otherwise the test above could pass for the wrong reason.
#[test]
fn a_declaration_that_has_drifted_is_noticed() {
    let right = program();
    for (was, becomes) in [
        (
            "sizeof(struct scsi_task) == ",
            "sizeof(struct scsi_task) == 1",
        ),
        ("SCSI_STATUS_CANCELLED == ", "SCSI_STATUS_CANCELLED == 1"),
        ("iscsi_service), int", "iscsi_service), long"),
        (
            "offsetof(struct scsi_task, residual) == ",
            "offsetof(struct scsi_task, residual) == 1",
        ),
        ("iscsi_log_fn, void (*)(int", "iscsi_log_fn, void (*)(long"),
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
    assert!(Libiscsi::get().is_ok(), "{:?}", Libiscsi::get());
}
