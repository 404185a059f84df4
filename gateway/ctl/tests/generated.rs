//! The man pages and completions that are checked in are those of this program.

#![allow(
    clippy::unwrap_used,
    reason = "a panic in a helper is a failed test, as in the tests themselves"
)]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Set to anything, the files are written instead of compared.
const REWRITE: &str = "LABELGATE_REWRITE";

/// Has the program write its files of a kind.
fn generate(kind: &str, directory: &Path) {
    let status = Command::new(env!("CARGO_BIN_EXE_labelgate"))
        .args(["generate", kind])
        .arg(directory)
        // Neither the terminal nor the environment shows in what is generated.
        .env("LABELGATE_SOCKET", "/elsewhere")
        .env("COLUMNS", "40")
        .status();
    assert!(status.unwrap().success());
}

fn files(directory: &Path) -> BTreeMap<OsString, Vec<u8>> {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return BTreeMap::new();
    };
    let read = |path: PathBuf| {
        (
            path.file_name().unwrap().to_owned(),
            std::fs::read(&path).unwrap(),
        )
    };
    entries.map(|entry| read(entry.unwrap().path())).collect()
}

fn compare(kind: &str, checked_in: &str) -> BTreeMap<OsString, Vec<u8>> {
    let checked_in = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(checked_in);
    if std::env::var_os(REWRITE).is_some() {
        let _ = std::fs::remove_dir_all(&checked_in);
        std::fs::create_dir_all(&checked_in).unwrap();
        generate(kind, &checked_in);
    }
    let scratch = tempfile::tempdir().unwrap();
    generate(kind, scratch.path());
    let (new, old) = (files(scratch.path()), files(&checked_in));
    let names: Vec<_> = new.keys().chain(old.keys()).collect();
    for name in names {
        assert!(
            new.get(name) == old.get(name),
            "{} in {} is stale; {REWRITE}=1 cargo test -p labelgate-ctl writes it",
            name.display(),
            checked_in.display()
        );
    }
    new
}

#[test]
fn the_man_pages_that_are_checked_in_are_those_of_this_program() {
    let pages = compare("man", "docs/man");
    assert!(pages.contains_key(&OsString::from("labelgate-image-import.1")));
    assert!(
        !pages
            .keys()
            .any(|name| name.display().to_string().contains("generate"))
    );
}

#[test]
fn the_completions_that_are_checked_in_are_those_of_this_program() {
    let completions = compare("completions", "deploy/completions");
    assert_eq!(completions.len(), 3);
}

#[test]
fn bash_takes_the_completions_in_and_completes_with_them() {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/completions/labelgate.bash");
    let script = "source \"$1\"; COMP_WORDS=(labelgate image imp); COMP_CWORD=2; \
                  _labelgate labelgate imp image; echo \"${COMPREPLY[@]}\"";
    let output = Command::new("bash")
        .args(["-c", script, "bash"])
        .arg(file)
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "import");
}
