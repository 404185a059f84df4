//! What is declared here is what the installed headers say: the C compiler is asked.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic in a helper is a failed test, as in the tests themselves"
)]

use std::fmt::Write;
use std::process::Command;

use labelgate_rbd_sys::{
    CALLBACKS, CONSTANTS, Callback, Prototype, Rados, Rbd, STRUCTURES, Structure,
};

/// A program that compiles if, and only if, everything is as it is declared.
fn program() -> String {
    let mut text = String::from(
        "#include <stddef.h>\n#include <stdint.h>\n#include <stdbool.h>\n#include <sys/types.h>\n\
         #include <rados/librados.h>\n#include <rbd/librbd.h>\n\
         #define SAME(what, x, y) _Static_assert(__builtin_types_compatible_p(x, y), what)\n",
    );
    for callback in CALLBACKS.iter().filter(|callback| callback.named) {
        let Prototype { name, .. } = callback.prototype;
        same(&mut text, name, name, &function(&callback.prototype, "(*)"));
    }
    for prototype in Rados::PROTOTYPES.iter().chain(Rbd::PROTOTYPES) {
        let there = format!("__typeof__({})", prototype.name);
        same(&mut text, prototype.name, &there, &function(prototype, ""));
    }
    for constant in CONSTANTS {
        let (name, value) = (constant.name, constant.value);
        writeln!(text, "_Static_assert({name} == {value}, \"{name}\");").unwrap();
    }
    for structure in STRUCTURES {
        structure_is_the_same(&mut text, structure);
    }
    text
}

fn same(text: &mut String, what: &str, there: &str, here: &str) {
    writeln!(text, "SAME(\"{what}\", {there}, {here});").unwrap();
}

fn structure_is_the_same(text: &mut String, structure: &Structure) {
    let name = structure.name;
    let (size, alignment) = (structure.size, structure.alignment);
    writeln!(
        text,
        "_Static_assert(sizeof({name}) == {size}, \"{name}\");"
    )
    .unwrap();
    writeln!(
        text,
        "_Static_assert(_Alignof({name}) == {alignment}, \"{name}\");"
    )
    .unwrap();
    for field in structure.fields {
        let (of, at) = (field.name, field.offset);
        let what = format!("{name}.{of}");
        writeln!(
            text,
            "_Static_assert(offsetof({name}, {of}) == {at}, \"{what}\");"
        )
        .unwrap();
        let there = format!("__typeof__((({name} *)0)->{of})");
        same(text, &what, &there, &in_c(field.kind));
    }
}

/// The type of a function, or with `(*)` of a pointer to one.
fn function(prototype: &Prototype, pointer: &str) -> String {
    let result = match prototype.result {
        "" => "void".to_owned(),
        result => in_c(result),
    };
    let arguments: Vec<_> = prototype.arguments.iter().map(|kind| in_c(kind)).collect();
    format!("{result} {pointer}({})", arguments.join(", "))
}

/// A type of Rust's, as C writes it. A name that is not Rust's is C's own.
fn in_c(kind: &str) -> String {
    let nameless = |callback: &&Callback| !callback.named && callback.prototype.name == kind;
    if let Some(callback) = CALLBACKS.iter().find(nameless) {
        return function(&callback.prototype, "(*)");
    }
    if let Some(pointed) = kind.strip_prefix("*mut ") {
        return format!("{} *", in_c(pointed));
    }
    if let Some(pointed) = kind.strip_prefix("*const ") {
        return format!("{} const *", in_c(pointed));
    }
    if let Some((element, length)) = kind.strip_prefix('[').and_then(|kind| kind.split_once(';')) {
        return format!("{}[{}]", in_c(element), length.trim_end_matches(']').trim());
    }
    match kind {
        "c_int" => "int",
        "c_char" => "char",
        "c_void" => "void",
        "u8" => "uint8_t",
        "u32" => "uint32_t",
        "i64" => "int64_t",
        "u64" => "uint64_t",
        "usize" => "size_t",
        "timespec" => "struct timespec",
        name => name,
    }
    .to_owned()
}

/// What the compiler says of a program; nothing if that is all right.
fn complaints(program: &str) -> String {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("drift.c");
    std::fs::write(&file, program).unwrap();
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".into());
    let said = Command::new(compiler)
        .args([
            "-std=gnu11",
            "-fsyntax-only",
            "-Wno-deprecated-declarations",
        ])
        .arg(&file)
        .output()
        .expect("a C compiler is there: `fixtures/setup packages` installs it");
    let text = String::from_utf8_lossy(&said.stderr).into_owned();
    if said.status.success() {
        String::new()
    } else {
        text
    }
}

#[test]
fn every_declaration_is_what_the_headers_say() {
    let program = program();
    assert_eq!(complaints(&program), "", "{program}");
}

/// Otherwise the test above could pass for the wrong reason.
#[test]
fn a_declaration_that_has_drifted_is_noticed() {
    let right = program();
    for (was, becomes) in [
        (
            "sizeof(rbd_image_info_t) == ",
            "sizeof(rbd_image_info_t) == 1",
        ),
        ("RBD_FEATURE_FAST_DIFF == ", "RBD_FEATURE_FAST_DIFF == 1"),
        (
            "rbd_resize2), int (rbd_image_t, uint64_t",
            "rbd_resize2), int (rbd_image_t, uint32_t",
        ),
        ("rbd_close), int", "rbd_close), long"),
        (
            "offsetof(rbd_config_option_t, value) == ",
            "offsetof(rbd_config_option_t, value) == 1",
        ),
        (
            "rbd_callback_t, void (*)(rbd_completion_t, ",
            "rbd_callback_t, void (*)(",
        ),
    ] {
        assert!(right.contains(was), "{was} is not in the program");
        let wrong = complaints(&right.replacen(was, becomes, 1));
        assert!(
            wrong.contains("static assertion failed"),
            "{becomes}: {wrong}"
        );
    }
}
