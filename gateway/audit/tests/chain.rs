//! What a chain survives, and what it shows.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a panic in a helper is a failed test, as in the tests themselves"
)]

mod ground;

use std::fs;
use std::os::unix::fs::PermissionsExt;

use ground::Ground;
use labelgate_audit::{Anchor, Decision, Event, Fault, OpenError, Record, Trail, verify};

/// The lines of the current file, with their line feeds.
fn lines(ground: &Ground) -> Vec<Vec<u8>> {
    let bytes = ground.bytes();
    bytes
        .split_inclusive(|&byte| byte == b'\n')
        .map(<[u8]>::to_vec)
        .collect()
}

#[test]
fn a_chain_goes_on_over_restarts() {
    let ground = Ground::new();
    for round in 1..=5 {
        let anchor = ground.write(20);
        assert_eq!(anchor.seq, 20 * round);
    }
    let report = ground.verify();
    assert!(report.is_sound(), "{report:?}");
    assert_eq!((report.first, report.records), (Some(1), 100));
}

#[test]
fn a_chain_goes_on_over_files_and_the_oldest_go() {
    let ground = Ground::new();
    for _ in 0..3 {
        let trail = ground.open(4000, 4);
        ground::write(&trail, 100);
        trail.close();
    }
    let names = ground.names();
    assert_eq!(names.len(), 5, "{names:?}");
    for name in &names {
        let length = fs::metadata(ground.dir().join(name)).unwrap().len();
        assert!(length <= 4000, "{name} has {length} bytes");
    }
    let report = ground.verify();
    assert!(report.is_sound(), "{report:?}");
    assert!(report.first.unwrap() > 1 && report.last.unwrap().seq > 300);
    // What is gone is named by the records that are left, file after file.
    let said = fs::read_to_string(ground.current()).unwrap() + &previous(&ground);
    assert!(said.contains("is full; removed: audit-0000"), "{said}");
}

fn previous(ground: &Ground) -> String {
    let names = ground.names();
    let texts = names
        .iter()
        .map(|name| fs::read_to_string(ground.dir().join(name)).unwrap());
    texts.collect()
}

#[test]
fn a_file_can_be_gone_between_the_renames_of_a_rotation() {
    let ground = Ground::new();
    let before = ground.write(30);
    let full = ground.dir().join("audit-00000000000000000001.jsonl");
    fs::rename(ground.current(), full).unwrap();
    fs::write(ground.dir().join("audit.jsonl.new"), "").unwrap();

    let after = ground.write(1);

    assert_eq!(after.seq, before.seq + 1);
    let report = ground.verify();
    assert!(report.is_sound() && report.files == 2, "{report:?}");
}

#[test]
fn files_are_for_their_owner_and_group() {
    let ground = Ground::new();
    let trail = ground.open(2000, 2);
    ground::write(&trail, 50);
    trail.close();
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(ground.dir()), 0o750);
    for name in ground.names() {
        assert_eq!(mode(ground.dir().join(&name)), 0o640, "{name}");
    }
}

#[test]
fn a_directory_that_everybody_can_write_to_or_that_is_in_use_is_refused() {
    let ground = Ground::new();
    let settings = ground::settings(&ground.dir(), 1000, 2);
    let trail = Trail::open(&settings).unwrap();
    let taken = Trail::open(&settings).unwrap_err();
    assert!(matches!(taken, OpenError::Taken { .. }), "{taken}");
    drop(trail);
    fs::set_permissions(ground.dir(), PermissionsExt::from_mode(0o777)).unwrap();
    let exposed = Trail::open(&settings).unwrap_err();
    assert!(matches!(exposed, OpenError::Exposed { .. }), "{exposed}");
}

#[test]
fn a_link_in_the_place_of_the_file_is_not_followed() {
    let ground = Ground::new();
    fs::create_dir(ground.dir()).unwrap();
    let victim = ground.dir().join("victim");
    fs::write(&victim, "precious").unwrap();
    std::os::unix::fs::symlink(&victim, ground.current()).unwrap();
    let refused = Trail::open(&ground::settings(&ground.dir(), 1000, 2)).unwrap_err();
    assert!(matches!(refused, OpenError::File { .. }), "{refused}");
    assert_eq!(fs::read(victim).unwrap(), b"precious");
}

#[test]
fn a_removed_line_is_seen() {
    let ground = Ground::new();
    ground.write(10);
    let mut kept = lines(&ground);
    kept.remove(4);
    fs::write(ground.current(), kept.concat()).unwrap();
    let broken = ground.verify().broken.unwrap();
    assert_eq!(
        (broken.line, broken.fault),
        (
            5,
            Fault::Number {
                expected: 5,
                found: 6
            }
        )
    );
}

#[test]
fn a_swapped_pair_is_seen() {
    let ground = Ground::new();
    ground.write(10);
    let mut swapped = lines(&ground);
    swapped.swap(4, 5);
    fs::write(ground.current(), swapped.concat()).unwrap();
    let broken = ground.verify().broken.unwrap();
    assert_eq!(
        (broken.line, broken.fault),
        (
            5,
            Fault::Number {
                expected: 5,
                found: 6
            }
        )
    );
}

#[test]
fn every_changed_byte_is_seen() {
    let ground = Ground::new();
    let anchor = ground.write(4);
    let bytes = ground.bytes();
    for place in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        fs::write(ground.current(), &changed).unwrap();
        let report = verify(&ground.dir(), Some(anchor)).unwrap();
        assert!(!report.is_sound(), "byte {place}: {report:?}");
    }
}

#[test]
fn a_forged_line_with_a_right_number_is_seen_at_the_next() {
    let ground = Ground::new();
    ground.write(10);
    let mut forged = lines(&ground);
    let line = String::from_utf8(forged[4].clone()).unwrap();
    forged[4] = line.replace("deny", "allow").into_bytes();
    fs::write(ground.current(), forged.concat()).unwrap();
    let broken = ground.verify().broken.unwrap();
    assert_eq!((broken.line, broken.fault), (6, Fault::Previous));
}

#[test]
fn a_cut_file_is_seen_by_whoever_noted_the_end() {
    let ground = Ground::new();
    let anchor = ground.write(10);
    let kept = lines(&ground);
    fs::write(ground.current(), kept[..7].concat()).unwrap();
    // The chain itself cannot know what came after.
    assert!(ground.verify().is_sound());
    let broken = verify(&ground.dir(), Some(anchor)).unwrap().broken.unwrap();
    assert_eq!(broken.fault, Fault::NoAnchor { seq: 10, last: 7 });

    // In the middle of a line, it can be a killed gateway or a cut.
    fs::write(
        ground.current(),
        &kept.concat()[..kept[..7].concat().len() + 10],
    )
    .unwrap();
    let report = ground.verify();
    assert_eq!(
        (report.is_sound(), report.records, report.unfinished),
        (true, 7, 10)
    );
}

#[test]
fn a_rewritten_chain_is_seen_by_whoever_noted_the_end() {
    let ground = Ground::new();
    let anchor = ground.write(10);
    let other = Ground::new();
    let rewritten = other.write(10);
    assert_eq!(rewritten.seq, anchor.seq);
    assert!(
        other.verify().is_sound(),
        "who owns the file can forge all of it"
    );
    let report = verify(&other.dir(), Some(anchor)).unwrap();
    assert_eq!(report.broken.unwrap().fault, Fault::Anchor { seq: 10 });
}

#[test]
fn a_missing_file_is_seen() {
    let ground = Ground::new();
    let trail = ground.open(3000, 100);
    ground::write(&trail, 100);
    trail.close();
    let names = ground.names();
    fs::remove_file(ground.dir().join(&names[3])).unwrap();
    let broken = ground.verify().broken.unwrap();
    assert_eq!(broken.line, 1);
    assert!(matches!(broken.fault, Fault::Number { .. }), "{broken:?}");
}

#[test]
fn an_unfinished_record_is_kept_aside_and_said_to_be() {
    let ground = Ground::new();
    ground.write(3);
    let mut bytes = ground.bytes();
    bytes.extend_from_slice(b"{\"seq\":4,\"ti");
    fs::write(ground.current(), &bytes).unwrap();

    let anchor = ground.write(1);

    assert_eq!(anchor.seq, 5, "the record that says so, and ours");
    let report = ground.verify();
    assert!(report.is_sound(), "{report:?}");
    assert_eq!((report.torn, report.set_aside.len()), (1, 1));
    assert_eq!(fs::read(&report.set_aside[0]).unwrap(), b"{\"seq\":4,\"ti");
    let said = String::from_utf8(lines(&ground)[3].clone()).unwrap();
    assert!(
        said.contains("\"event\":\"trail-torn\"") && said.contains("torn-0000"),
        "{said}"
    );
}

#[test]
fn a_file_whose_end_is_no_record_is_kept_aside_and_said_to_be() {
    let ground = Ground::new();
    let trail = ground.open(2000, 10);
    ground::write(&trail, 20);
    trail.close();
    fs::write(ground.current(), "garbage\n").unwrap();

    ground.write(1);

    let report = ground.verify();
    assert!(report.is_sound(), "{report:?}");
    assert_eq!((report.damaged, report.set_aside.len()), (1, 1));
    assert_eq!(fs::read(&report.set_aside[0]).unwrap(), b"garbage\n");
}

#[test]
fn a_file_that_somebody_tampers_with_meanwhile_is_kept_aside_and_said_to_be() {
    let ground = Ground::new();
    let trail = ground.open(1 << 20, 10);
    ground::write(&trail, 5);
    let wait = |what: &str, done: &dyn Fn() -> bool| {
        let begin = std::time::Instant::now();
        while !done() {
            assert!(begin.elapsed().as_secs() < 20, "waited for {what} in vain");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    };
    wait("the records", &|| trail.anchor().seq == 5);
    let kept = lines(&ground);
    fs::write(ground.current(), kept[..3].concat()).unwrap();
    assert!(
        !trail.verify().unwrap().unwrap().is_sound(),
        "its own end is known"
    );

    wait("it to be noticed", &|| ground.names().len() == 2);
    ground::write(&trail, 1);
    trail.close();

    let damaged = ground
        .names()
        .into_iter()
        .find(|name| name.starts_with("damaged-"))
        .unwrap();
    assert_eq!(
        fs::read(ground.dir().join(damaged)).unwrap(),
        kept[..3].concat()
    );
    let said = String::from_utf8(lines(&ground)[0].clone()).unwrap();
    assert!(
        said.contains("\"seq\":6,") && said.contains("trail-damaged"),
        "{said}"
    );
}

#[test]
fn a_running_trail_is_found_sound_while_it_is_written_and_rotated() {
    let ground = Ground::new();
    let trail = ground.open(20_000, 1000);
    for _ in 0..20 {
        ground::write(&trail, 500);
        let report = trail.verify().unwrap().unwrap();
        assert!(report.is_sound(), "{report:?}");
    }
    trail.close();
    let counters = trail.counters();
    assert_eq!((counters.lost, counters.written), (0, trail.anchor().seq));
    assert!(
        verify(&ground.dir(), Some(trail.anchor()))
            .unwrap()
            .is_sound()
    );
}

#[test]
fn records_of_many_threads_are_in_one_order_and_none_is_missing() {
    let ground = Ground::new();
    let trail = ground.open(1 << 30, 1);
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let trail = &trail;
            scope.spawn(move || {
                for number in 0..500 {
                    let record = Record {
                        pid: Some(thread),
                        connection: Some(number),
                        ..Record::new(Event::Login, Decision::Allow)
                    };
                    assert!(record.write_to(trail).is_some());
                }
            });
        }
    });
    trail.close();
    let mut next = [0; 8];
    let mut time = String::new();
    for line in lines(&ground) {
        let record: serde_json::Value = serde_json::from_slice(&line).unwrap();
        let number = |key: &str| usize::try_from(record[key].as_u64().unwrap()).unwrap();
        assert_eq!(
            number("connection"),
            next[number("pid")],
            "a thread's own order"
        );
        next[number("pid")] += 1;
        let at = record["time"].as_str().unwrap().to_owned();
        assert!(at >= time, "{at} after {time}");
        time = at;
    }
    assert_eq!(next, [500; 8]);
    assert!(ground.verify().is_sound());
}

#[test]
fn nothing_was_ever_written_to_an_empty_trail() {
    let ground = Ground::new();
    ground.open(1000, 1).close();
    let report = verify(&ground.dir(), Some(Anchor::START)).unwrap();
    assert!(report.is_sound() && report.records == 0 && report.first.is_none());
}
