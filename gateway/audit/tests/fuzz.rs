//! Checking whatever is found in a file: never a panic, and never a broken chain called sound.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a panic in a helper is a failed test, as in the tests themselves"
)]

mod ground;

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bolero::TypeGenerator;
use ground::Ground;
use labelgate_audit::{Anchor, Reader, Verifier, verify};

/// How long a fuzz target runs.
fn time() -> Duration {
    let seconds = std::env::var("LABELGATE_FUZZ_SECONDS");
    let seconds = seconds.ok().and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(seconds.unwrap_or(2))
}

/// A change that somebody makes to a trail.
#[derive(Debug, TypeGenerator)]
enum Change {
    Byte(u16, u8),
    Cut(u16),
    RemoveLine(u8),
    RepeatLine(u8, u8),
    SwapLines(u8, u8),
    RemoveBytes(u16, u8),
    Insert(u16, Vec<u8>),
    /// A number becomes another one, everywhere or once.
    Renumber(u8, u64),
}

fn apply(bytes: &mut Vec<u8>, change: &Change) {
    let place = |number: &u16| usize::from(*number) % bytes.len().max(1);
    let mut lines: Vec<Vec<u8>> = bytes
        .split_inclusive(|&byte| byte == b'\n')
        .map(<[u8]>::to_vec)
        .collect();
    let count = lines.len().max(1);
    let line = |number: &u8| usize::from(*number) % count;
    match change {
        _ if bytes.is_empty() => {}
        Change::Byte(at, value) => {
            let at = place(at);
            bytes[at] = *value;
        }
        Change::Cut(at) => bytes.truncate(place(at)),
        Change::RemoveBytes(at, length) => {
            let at = place(at);
            let end = (at + usize::from(*length)).min(bytes.len());
            drop(bytes.drain(at..end));
        }
        Change::Insert(at, more) => {
            let at = place(at);
            drop(bytes.splice(at..at, more.iter().copied()));
        }
        Change::RemoveLine(at) => {
            lines.remove(line(at));
            *bytes = lines.concat();
        }
        Change::RepeatLine(from, to) => {
            lines.insert(line(to), lines[line(from)].clone());
            *bytes = lines.concat();
        }
        Change::SwapLines(one, other) => {
            lines.swap(line(one), line(other));
            *bytes = lines.concat();
        }
        Change::Renumber(at, number) => {
            let at = line(at);
            let text = String::from_utf8_lossy(&lines[at]).into_owned();
            let (_, rest) = text.split_once(',').unwrap_or_default();
            lines[at] = format!("{{\"seq\":{number},{rest}").into_bytes();
            *bytes = lines.concat();
        }
    }
}

/// Whether these bytes pass as a chain; all of them are whole lines.
fn passes(bytes: &[u8], expected: Option<Anchor>) -> bool {
    let mut verifier = Verifier::new(expected);
    let whole = bytes.strip_suffix(b"\n");
    whole.is_some_and(|lines| {
        lines
            .split(|&byte| byte == b'\n')
            .all(|line| verifier.line(line).is_ok())
    })
}

#[test]
fn fuzz_a_changed_chain_is_never_called_sound() {
    let ground = Ground::new();
    let anchor = ground.write(12);
    let sound = ground.bytes();
    let lines: Vec<&[u8]> = sound.split_inclusive(|&byte| byte == b'\n').collect();
    let (passed, failed) = (AtomicU64::new(0), AtomicU64::new(0));
    bolero::check!()
        .with_type::<Vec<Change>>()
        .with_test_time(time())
        .for_each(|changes| {
            let mut bytes = sound.clone();
            for change in changes.iter().take(6) {
                apply(&mut bytes, change);
                fs::write(ground.current(), &bytes).unwrap();
                let report = verify(&ground.dir(), Some(anchor)).unwrap();
                if report.is_sound() {
                    passed.fetch_add(1, Ordering::Relaxed);
                    // What follows the noted record may be the beginning of another.
                    let end = bytes.len() - usize::try_from(report.unfinished).unwrap();
                    let first = usize::try_from(report.first.unwrap()).unwrap();
                    assert_eq!(bytes[..end], lines[first - 1..].concat());
                } else {
                    failed.fetch_add(1, Ordering::Relaxed);
                    assert!(report.records <= 12);
                }
                if passes(&bytes, None) {
                    // Without a noted end, all but the last line is what it was.
                    let found: Vec<&[u8]> = bytes.split_inclusive(|&byte| byte == b'\n').collect();
                    let (_, before) = found.split_last().unwrap();
                    assert!(
                        before.is_empty() || lines.windows(before.len()).any(|part| part == before)
                    );
                }
            }
        });
    let (passed, failed) = (passed.into_inner(), failed.into_inner());
    assert!(passed > 0 && failed > 100, "{passed} and {failed}");
}

#[test]
fn fuzz_whatever_is_found_in_a_file_can_be_checked_read_and_gone_on_with() {
    let ground = Ground::new();
    ground.write(1);
    let record = ground.bytes();
    bolero::check!()
        .with_type::<(bool, Vec<u8>, bool)>()
        .with_test_time(time())
        .for_each(|(before, bytes, after)| {
            let mut bytes = bytes.clone();
            if *before {
                bytes.splice(0..0, record.iter().copied());
            }
            if *after {
                bytes.extend_from_slice(&record);
            }
            fs::write(ground.current(), &bytes).unwrap();
            let report = verify(&ground.dir(), None).unwrap();
            assert!(report.unfinished <= bytes.len() as u64);
            let mut tail = Reader::new(&ground.dir()).after(0);
            while tail.read(100).is_ok_and(|lines| !lines.is_empty()) {}
            Reader::new(&ground.dir()).last(10).unwrap();

            let was_sound = report.is_sound();
            let anchor = ground.write(1);
            let report = ground.verify();
            assert!(report.is_sound() || !was_sound, "{report:?}");
            if report.is_sound() {
                assert_eq!(report.last, Some(anchor));
            }
            for name in ground.names() {
                fs::remove_file(ground.dir().join(name)).unwrap();
            }
        });
}
