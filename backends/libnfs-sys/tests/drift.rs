//! What is declared here is what the installed headers say: the C compiler is asked.

#![allow(
    clippy::unwrap_used,
    reason = "a panic in a helper is a failed test, as in the tests themselves"
)]

use labelgate_c_library::drift::{Declared, complaints};
use labelgate_libnfs_sys::{CALLBACKS, CONSTANTS, Libnfs, STRUCTURES};

/// Structures and unions that have no name in C.
const NAMELESS: &[(&str, &str)] = &[
    ("nfs_fh3_data", "__typeof__(((struct nfs_fh3 *)0)->data)"),
    (
        "post_op_attr_post_op_attr_u",
        "__typeof__(((struct post_op_attr *)0)->post_op_attr_u)",
    ),
    (
        "pre_op_attr_pre_op_attr_u",
        "__typeof__(((struct pre_op_attr *)0)->pre_op_attr_u)",
    ),
    (
        "GETATTR3res_GETATTR3res_u",
        "__typeof__(((struct GETATTR3res *)0)->GETATTR3res_u)",
    ),
    (
        "LOOKUP3res_LOOKUP3res_u",
        "__typeof__(((struct LOOKUP3res *)0)->LOOKUP3res_u)",
    ),
    (
        "ACCESS3res_ACCESS3res_u",
        "__typeof__(((struct ACCESS3res *)0)->ACCESS3res_u)",
    ),
    (
        "READ3resok_data",
        "__typeof__(((struct READ3resok *)0)->data)",
    ),
    (
        "READ3res_READ3res_u",
        "__typeof__(((struct READ3res *)0)->READ3res_u)",
    ),
    (
        "WRITE3args_data",
        "__typeof__(((struct WRITE3args *)0)->data)",
    ),
    (
        "WRITE3res_WRITE3res_u",
        "__typeof__(((struct WRITE3res *)0)->WRITE3res_u)",
    ),
    (
        "COMMIT3res_COMMIT3res_u",
        "__typeof__(((struct COMMIT3res *)0)->COMMIT3res_u)",
    ),
    (
        "FSINFO3res_FSINFO3res_u",
        "__typeof__(((struct FSINFO3res *)0)->FSINFO3res_u)",
    ),
    (
        "set_mode3_set_mode3_u",
        "__typeof__(((struct set_mode3 *)0)->set_mode3_u)",
    ),
    (
        "set_uid3_set_uid3_u",
        "__typeof__(((struct set_uid3 *)0)->set_uid3_u)",
    ),
    (
        "set_gid3_set_gid3_u",
        "__typeof__(((struct set_gid3 *)0)->set_gid3_u)",
    ),
    (
        "set_size3_set_size3_u",
        "__typeof__(((struct set_size3 *)0)->set_size3_u)",
    ),
    (
        "set_atime_set_atime_u",
        "__typeof__(((struct set_atime *)0)->set_atime_u)",
    ),
    (
        "set_mtime_set_mtime_u",
        "__typeof__(((struct set_mtime *)0)->set_mtime_u)",
    ),
    (
        "sattrguard3_sattrguard3_u",
        "__typeof__(((struct sattrguard3 *)0)->sattrguard3_u)",
    ),
    (
        "SETATTR3res_SETATTR3res_u",
        "__typeof__(((struct SETATTR3res *)0)->SETATTR3res_u)",
    ),
];

fn judged(program: &str) -> String {
    complaints(program).expect("a C compiler is there: `fixtures/setup packages` installs it")
}

fn program() -> String {
    let structures = STRUCTURES.concat();
    let declared = Declared {
        includes: "#include <nfsc/libnfs.h>\n#include <nfsc/libnfs-raw.h>\n#include \
                   <nfsc/libnfs-raw-nfs.h>",
        functions: Libnfs::PROTOTYPES,
        callbacks: CALLBACKS,
        constants: CONSTANTS,
        structures: structures.leak(),
        opaque: &["rpc_context"],
        renamed: NAMELESS,
    };
    declared.program()
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
            "sizeof(struct WRITE3args) == ",
            "sizeof(struct WRITE3args) == 1",
        ),
        ("NFS3ERR_JUKEBOX == ", "NFS3ERR_JUKEBOX == 1"),
        ("rpc_service), int", "rpc_service), long"),
        (
            "offsetof(struct READ3resok, eof) == ",
            "offsetof(struct READ3resok, eof) == 1",
        ),
        (
            "offsetof(__typeof__(((struct READ3resok *)0)->data), data_val) == ",
            "offsetof(__typeof__(((struct READ3resok *)0)->data), data_val) == 1",
        ),
        ("rpc_cb, void (*)(struct", "rpc_cb, int (*)(struct"),
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
    assert!(Libnfs::get().is_ok(), "{:?}", Libnfs::get());
}
