//! `docs/AUDIT.md` says what there is, and what there is is written somewhere.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is a failed test, and what it prints says what it tried"
)]

mod example;
mod ground;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use example::{Labels, example};
use ground::Ground;
use labelgate_audit::{Anchor, Decision, Event, Record};

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The page with `text` between two marks; `LABELGATE_REWRITE=1` writes it.
fn is_current(mark: &str, text: &str) {
    let path = workspace().join("docs/AUDIT.md");
    let page = fs::read_to_string(&path).unwrap();
    let (begin, end) = (format!("<!-- {mark} -->"), format!("<!-- /{mark} -->"));
    let (before, rest) = page.split_once(&begin).unwrap();
    let (_, after) = rest.split_once(&end).unwrap();
    let current = format!("{before}{begin}{text}{end}{after}");
    if page != current && std::env::var_os("LABELGATE_REWRITE").is_some() {
        return fs::write(&path, &current).unwrap();
    }
    assert!(
        page == current,
        "docs/AUDIT.md is stale: run this test with LABELGATE_REWRITE=1 and --test-threads 1"
    );
}

#[test]
fn the_page_lists_every_event() {
    let mut table = "\n| event | what has happened |\n|---|---|\n".to_owned();
    for event in Event::ALL {
        writeln!(table, "| `{}` | {} |", event.name(), event.meaning()).unwrap();
    }
    is_current("events", &table);
}

/// A line of each event, as a trail has written it. `Lost` cannot be had without a full disk; the
/// test of that (`tests/kill.rs`) makes one, and here is its like.
fn written() -> String {
    let (ground, labels) = (Ground::new(), Labels::new());
    let trail = ground.open(1 << 30, 10);
    let records = Event::ALL.iter().filter_map(|&e| example(e, &labels));
    let lost = Record {
        count: Some(7),
        ..Record::new(Event::Lost, Decision::Note)
    };
    let lost = lost.reason("7 records could not be written: No space left on device (os error 28)");
    for record in records.chain([lost]) {
        assert!(record.write_to(&trail).is_some());
    }
    trail.close();
    // What the trail says of itself, it is brought to say.
    fs::write(
        ground.current(),
        [&ground.bytes()[..], b"{\"seq\":"].concat(),
    )
    .unwrap();
    let trail = ground.open(100, 10);
    ground::write(&trail, 1);
    trail.close();
    let mut text = ground.text();
    fs::write(ground.current(), "garbage\n").unwrap();
    ground.write(1);
    text += &fs::read_to_string(ground.current()).unwrap();
    text
}

/// These lines as a chain of their own, in which nothing depends on the hour.
fn examples() -> String {
    let written = written();
    let (mut text, mut anchor) = ("\n```json\n".to_owned(), Anchor::START);
    let mut time: jiff::Timestamp = "2026-11-24T08:00:00.123456789Z".parse().unwrap();
    for event in Event::ALL {
        let is_it = format!("\"event\":\"{}\"", event.name());
        let line = written.lines().find(|line| line.contains(&is_it));
        let line = line.unwrap_or_else(|| panic!("no trail has written {}", event.name()));
        // Number, time and hash come first.
        let members = line.splitn(4, ',').nth(3).unwrap();
        let (line, next) = anchor.seal(time, &without_hour(&format!("{{{members}")));
        writeln!(text, "{line}").unwrap();
        anchor = next;
        time += jiff::Span::new().seconds(1);
    }
    text + "```\n"
}

/// The name of a damaged file has the time in it.
fn without_hour(body: &str) -> String {
    match body.split_once("damaged-1") {
        Some((before, after)) => {
            let rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
            format!("{before}damaged-1795507200{rest}")
        }
        None => body.to_owned(),
    }
}

#[test]
fn the_page_shows_a_record_of_every_event() {
    is_current("examples", &examples());
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
