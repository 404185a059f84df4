//! docs/METRICS.md says what the gateway declares.

#![allow(
    clippy::unwrap_used,
    reason = "a panic in a helper is a failed test, as in the tests themselves"
)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use labelgate_supervisor::metrics::{CATALOGUE, Declaration, Kind};

/// Everything behind this line is made of the declarations.
const MARK: &str = "a test says how. -->\n";

fn table() -> String {
    let mut table = String::from("\n| metric | type | labels | meaning |\n|---|---|---|---|\n");
    for Declaration {
        name,
        kind,
        labels,
        help,
    } in CATALOGUE
    {
        let labels: Vec<String> = labels.iter().map(|label| format!("`{label}`")).collect();
        // Writing to a string cannot fail.
        let (kind, labels) = (kind.name(), labels.join(", "));
        let _ = writeln!(table, "| `{name}` | {kind} | {labels} | {help} |");
    }
    table
}

/// With `LABELGATE_REWRITE` set the table is written instead of being compared.
#[test]
fn the_page_lists_every_metric_as_it_is_declared() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/METRICS.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let end = text.find(MARK).unwrap() + MARK.len();
    let (before, present) = text.split_at(end);
    if std::env::var_os("LABELGATE_REWRITE").is_some() {
        std::fs::write(&path, format!("{before}{}", table())).unwrap();
        return;
    }
    assert_eq!(
        present,
        table(),
        "docs/METRICS.md is out of date; write it with LABELGATE_REWRITE=1 cargo test -p \
         labelgate-supervisor --test metrics_page"
    );
}

#[test]
fn names_keep_to_the_conventions() {
    let names: BTreeSet<&str> = CATALOGUE
        .iter()
        .map(|declaration| declaration.name)
        .collect();
    assert_eq!(names.len(), CATALOGUE.len(), "a name is there twice");
    for Declaration {
        name, kind, help, ..
    } in CATALOGUE
    {
        assert!(name.starts_with("labelgate_") || name.starts_with("process_"));
        assert_eq!(name.ends_with("_total"), *kind == Kind::Counter, "{name}");
        assert!(help.ends_with('.'), "{name}");
        for unit in ["milliseconds", "_ms", "_kb", "_mib", "percent"] {
            assert!(!name.contains(unit), "{name} has no base unit");
        }
    }
}
