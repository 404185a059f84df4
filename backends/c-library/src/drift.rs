//! Whether what is declared is what the installed headers say: the C compiler is asked.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::{Callback, Constant, Prototype, Structure};

/// All that is declared of a library.
#[derive(Debug, Clone, Copy)]
pub struct Declared {
    /// The lines that include its headers, and whatever they want to be there before.
    pub includes: &'static str,
    /// Its functions.
    pub functions: &'static [Prototype],
    /// The types of functions that it calls.
    pub callbacks: &'static [Callback],
    /// Its constants.
    pub constants: &'static [Constant],
    /// Its structures, which C knows by their tags.
    pub structures: &'static [Structure],
    /// Tags of structures that are only pointed to.
    pub opaque: &'static [&'static str],
    /// Types of Rust's that C calls otherwise, and how.
    pub renamed: &'static [(&'static str, &'static str)],
}

impl Declared {
    /// A program that compiles if, and only if, everything is as it is declared.
    #[must_use]
    pub fn program(&self) -> String {
        let mut text = format!(
            "#include <stddef.h>\n#include <stdint.h>\n#include <stdbool.h>\n#include \
             <sys/types.h>\n{}\n#define SAME(what, x, y) \
             _Static_assert(__builtin_types_compatible_p(x, y), what)\n",
            self.includes
        );
        for callback in self.callbacks {
            let pointer = if callback.bare { "" } else { "(*)" };
            let Prototype { name, .. } = callback.prototype;
            let here = self.function(&callback.prototype, pointer);
            same(&mut text, name, name, &here);
        }
        for prototype in self.functions {
            let there = format!("__typeof__({})", prototype.name);
            let here = self.function(prototype, "");
            same(&mut text, prototype.name, &there, &here);
        }
        for constant in self.constants {
            let (name, value) = (constant.name, constant.value);
            hold(&mut text, &format!("{name} == {value}"), name);
        }
        for structure in self.structures {
            self.structure(&mut text, structure);
        }
        text
    }

    fn structure(&self, text: &mut String, structure: &Structure) {
        let name = self.in_c(structure.name);
        let (size, alignment) = (structure.size, structure.alignment);
        hold(text, &format!("sizeof({name}) == {size}"), &name);
        hold(text, &format!("_Alignof({name}) == {alignment}"), &name);
        for field in structure.fields {
            let (of, at) = (field.name.trim_start_matches("r#"), field.offset);
            let what = format!("{name}.{of}");
            hold(text, &format!("offsetof({name}, {of}) == {at}"), &what);
            let there = format!("__typeof__((({name} *)0)->{of})");
            same(text, &what, &there, &self.in_c(field.kind));
        }
    }

    /// The type of a function, or with `(*)` of a pointer to one.
    fn function(&self, prototype: &Prototype, pointer: &str) -> String {
        let result = match prototype.result {
            "" => "void".to_owned(),
            result => self.in_c(result),
        };
        let arguments: Vec<_> = match prototype.arguments {
            [] => vec!["void".to_owned()],
            kinds => kinds.iter().map(|kind| self.in_c(kind)).collect(),
        };
        format!("{result} {pointer}({})", arguments.join(", "))
    }

    /// A type of Rust's, as C writes it. A name that is not Rust's is C's own.
    fn in_c(&self, kind: &str) -> String {
        if let Some(pointed) = kind.strip_prefix("*mut ") {
            return format!("{} *", self.in_c(pointed));
        }
        if let Some(pointed) = kind.strip_prefix("*const ") {
            return format!("{} const *", self.in_c(pointed));
        }
        let array = kind.strip_prefix('[').and_then(|kind| kind.split_once(';'));
        if let Some((element, length)) = array {
            let length = length.trim_end_matches(']').trim();
            return format!("{}[{length}]", self.in_c(element));
        }
        if let Some((_, there)) = self.renamed.iter().find(|(here, _)| *here == kind) {
            return (*there).to_owned();
        }
        let tagged = self.structures.iter().any(|known| known.name == kind);
        if tagged || self.opaque.contains(&kind) {
            return format!("struct {kind}");
        }
        let bare = |callback: &&Callback| callback.bare && callback.prototype.name == kind;
        if self.callbacks.iter().any(|callback| bare(&callback)) {
            return format!("{kind} *");
        }
        match kind {
            "c_int" => "int",
            "c_uint" => "unsigned int",
            "c_char" => "char",
            "c_uchar" => "unsigned char",
            "c_void" => "void",
            "u8" => "uint8_t",
            "u16" => "uint16_t",
            "u32" => "uint32_t",
            "i64" => "int64_t",
            "u64" => "uint64_t",
            "usize" => "size_t",
            name => name,
        }
        .to_owned()
    }
}

fn hold(text: &mut String, what: &str, name: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "_Static_assert({what}, \"{name}\");");
}

fn same(text: &mut String, what: &str, there: &str, here: &str) {
    let _ = writeln!(text, "SAME(\"{what}\", {there}, {here});");
}

/// What the C compiler (`$CC`, else `cc`) says of a program; nothing if that is all right.
///
/// # Errors
///
/// There is no compiler.
pub fn complaints(program: &str) -> std::io::Result<String> {
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".into());
    let mut compiling = Command::new(compiler)
        .args([
            "-std=gnu11",
            "-fsyntax-only",
            "-Wno-deprecated-declarations",
        ])
        .args(["-x", "c", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut source) = compiling.stdin.take() {
        source.write_all(program.as_bytes())?;
    }
    let said = compiling.wait_with_output()?;
    Ok(match said.status.success() {
        true => String::new(),
        false => String::from_utf8_lossy(&said.stderr).into_owned(),
    })
}
