//! `docs/AUDIT.md` says what there is, and what there is is written somewhere.

#![allow(
    clippy::unwrap_used,
    reason = "a panic is a failed test, and what it prints says what it tried"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use labelgate_audit::Event;

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The table of events; `LABELGATE_REWRITE=1` writes it.
#[test]
fn the_page_lists_every_event() {
    let path = workspace().join("docs/AUDIT.md");
    let page = fs::read_to_string(&path).unwrap();
    let mut table = "\n| event | what has happened |\n|---|---|\n".to_owned();
    for event in Event::ALL {
        writeln!(table, "| `{}` | {} |", event.name(), event.meaning()).unwrap();
    }
    let (before, rest) = page.split_once("<!-- events -->").unwrap();
    let (_, after) = rest.split_once("<!-- /events -->").unwrap();
    let current = format!("{before}<!-- events -->{table}<!-- /events -->{after}");
    if std::env::var_os("LABELGATE_REWRITE").is_some() {
        fs::write(&path, &current).unwrap();
    }
    assert!(
        page == current,
        "docs/AUDIT.md is stale: run this test with LABELGATE_REWRITE=1"
    );
}

/// All program text below a directory.
fn sources(directory: &Path, text: &mut String) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, text);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn every_event_is_written_by_somebody() {
    let mut text = String::new();
    for part in ["gateway/supervisor/src", "gateway/audit/src"] {
        sources(&workspace().join(part), &mut text);
    }
    let unused: Vec<_> = Event::ALL
        .iter()
        .filter(|event| !text.contains(&format!("Event::{event:?}")))
        .collect();
    assert!(unused.is_empty(), "nobody writes {unused:?}");
}
