//! Any text gives a configuration or an error, soon and without a panic.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a panic in a helper is a failed test, as in the tests themselves"
)]

use std::collections::HashSet;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bolero::TypeGenerator;
use labelgate_supervisor::config::{Config, DEFAULT};

/// How long a fuzz target runs.
fn time() -> Duration {
    let seconds = std::env::var("LABELGATE_FUZZ_SECONDS");
    let seconds = seconds.ok().and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(seconds.unwrap_or(2))
}

/// Beyond this something grows faster than the text does. Debug builds on a busy machine are slow.
const LIMIT: Duration = Duration::from_secs(5);

/// Whether a text is a configuration; if so, it keeps what it promises.
fn parses(text: &str) -> bool {
    let begin = Instant::now();
    let parsed = Config::parse(text, Path::new("fuzz.toml"));
    let took = begin.elapsed();
    assert!(took < LIMIT, "{took:?} for {} bytes", text.len());
    let config = match parsed {
        Ok(config) => config,
        Err(problems) => {
            assert!(!problems.to_string().is_empty());
            let lines = text.split('\n').count();
            let known = problems.problems().iter().filter_map(|known| known.line);
            known.for_each(|line| assert!((1..=lines).contains(&line), "line {line} of {lines}"));
            return false;
        }
    };
    let (mut targets, mut serials) = (HashSet::new(), HashSet::new());
    for image in &config.images {
        assert!(matches!(image.block_size, 512 | 4096));
        assert!(
            image
                .size
                .is_none_or(|size| size % u64::from(image.block_size) == 0)
        );
        assert!(targets.insert(image.target.as_str()), "one target twice");
        assert!(serials.insert(image.designator.serial), "one disk twice");
    }
    true
}

/// The shipped configuration with all of its keys taken in, line by line.
fn seed() -> Vec<String> {
    let taken_in = |line: &str| match line.strip_prefix("# ") {
        // What is indented is another way, which needs a file that is there.
        Some(rest) if rest.starts_with(' ') => line.to_owned(),
        Some(rest) if rest.starts_with("[[") || rest.contains(" = ") => rest.to_owned(),
        _ => line.to_owned(),
    };
    let lines = DEFAULT.lines().map(taken_in);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
}

/// Values that some key takes, or nearly.
const VALUES: [&str; 20] = [
    "0",
    "-1",
    "1",
    "4096",
    "18446744073709551615",
    "9223372036854775807",
    "1e400",
    "true",
    "\"\"",
    "\"s0:c0.c1023\"",
    "\"s0:c1,c2\"",
    "\"20G\"",
    "\"18446744073709551615T\"",
    "\"../../x\"",
    "\"\\u0000\\u202e\"",
    "\"::/0\"",
    "\"10.0.0.0/33\"",
    "[]",
    "[\"[::1]:0\", \"[::1]:0\"]",
    "{ a = 1 }",
];

/// A change to a text that is a configuration.
#[derive(Debug, TypeGenerator)]
enum Change {
    Delete(u16),
    Repeat(u16, u16),
    Swap(u16, u16),
    Value(u16, u8),
    Insert(u16, u16, String),
    Byte(u16, u16, u8),
}

fn apply(lines: &mut Vec<String>, change: &Change) {
    let count = lines.len();
    let at = |number: &u16| usize::from(*number) % count;
    match change {
        Change::Delete(line) if count > 1 => drop(lines.remove(at(line))),
        Change::Delete(_) => {}
        Change::Repeat(line, to) => {
            let line = lines[at(line)].clone();
            lines.insert(at(to), line);
        }
        Change::Swap(one, other) => lines.swap(at(one), at(other)),
        Change::Value(line, value) => {
            let line = &mut lines[at(line)];
            let key = line.split('=').next().unwrap_or_default();
            *line = format!("{key}= {}", VALUES[usize::from(*value) % VALUES.len()]);
        }
        Change::Insert(line, position, text) => {
            let line = &mut lines[at(line)];
            let places: Vec<usize> = line.char_indices().map(|(place, _)| place).collect();
            let place = places.get(usize::from(*position) % places.len().max(1));
            line.insert_str(place.copied().unwrap_or(0), text);
        }
        Change::Byte(line, position, value) => {
            let line = &mut lines[at(line)];
            let mut bytes = std::mem::take(line).into_bytes();
            let length = bytes.len().max(1);
            if let Some(byte) = bytes.get_mut(usize::from(*position) % length) {
                *byte = *value;
            }
            *line = String::from_utf8_lossy(&bytes).into_owned();
        }
    }
}

#[test]
fn fuzz_configuration() {
    let seed = seed();
    assert!(parses(&seed.join("\n")));
    let (accepted, refused) = (AtomicU64::new(0), AtomicU64::new(0));
    bolero::check!()
        .with_type::<Vec<Change>>()
        .with_test_time(time())
        .for_each(|changes| {
            let mut lines = seed.clone();
            for change in changes.iter().take(12) {
                apply(&mut lines, change);
                let counted = match parses(&lines.join("\n")) {
                    true => &accepted,
                    false => &refused,
                };
                counted.fetch_add(1, Ordering::Relaxed);
            }
        });
    let (accepted, refused) = (accepted.into_inner(), refused.into_inner());
    assert!(accepted > 0 && refused > 0, "{accepted} and {refused}");
}

#[test]
fn fuzz_text_that_is_no_configuration() {
    bolero::check!()
        .with_type::<Vec<u8>>()
        .with_test_time(time())
        .for_each(|bytes| {
            parses(&String::from_utf8_lossy(bytes));
        });
}

#[test]
fn thousands_of_images_and_identities_are_read_in_time() {
    let mut text = "[[store]]\nname = \"s\"\npath = \"/s\"\n".to_owned();
    for n in 0..4000 {
        let label = format!("s0:c{},c{}", n % 500, 500 + n / 500);
        text += &format!(
            "[[image]]\nname = \"i{n}\"\nstore = \"s\"\nfile = \"i{n}\"\nlabel = \"{label}\"\n\
             [[identity]]\naddress = \"10.0.{}.{}\"\nlabel = \"{label}\"\n",
            n / 256,
            n % 256
        );
    }
    assert!(parses(&text));
    // The same, all of it wrong: every problem is found, and its line.
    assert!(!parses(&text.replace("s0:c", "s0:d")));
}
