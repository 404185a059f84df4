//! Reading a trail: its last records, and those that come.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a panic in a helper is a failed test, as in the tests themselves"
)]

mod ground;

use std::time::{Duration, Instant};

use ground::Ground;
use labelgate_audit::{Line, Reader, Settings, Trail};

fn numbers(lines: &[Line]) -> Vec<u64> {
    lines.iter().map(|line| line.seq).collect()
}

#[test]
fn the_last_records_come_from_as_many_files_as_it_takes() {
    let ground = Ground::new();
    let trail = ground.open(3000, 1000);
    ground::write(&trail, 200);
    trail.close();
    let end = trail.anchor().seq;
    for count in [0, 1, 2, 50, end] {
        let last = trail.last(usize::try_from(count).unwrap()).unwrap();
        assert_eq!(numbers(&last), (end - count + 1..=end).collect::<Vec<_>>());
    }
    assert_eq!(trail.last(usize::MAX).unwrap().len() as u64, end);
    assert!(Reader::new(&ground.dir().join("none")).last(1).is_err());
}

#[test]
fn reading_begins_at_any_record_of_a_large_file_without_reading_all_of_it() {
    let ground = Ground::new();
    let trail = ground.open(1 << 30, 1);
    for round in 1..=20 {
        ground::write(&trail, 5000);
        while trail.anchor().seq < round * 5000 {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    trail.close();
    let end = trail.anchor().seq;
    assert_eq!(end, 100_000);
    let reader = Reader::new(&ground.dir());
    let begin = Instant::now();
    for after in [0, 1, 777, 49_999, 99_998] {
        let lines = reader.after(after).read(3).unwrap();
        let expected: Vec<u64> = (after + 1..=end).take(3).collect();
        assert_eq!(numbers(&lines), expected);
    }
    assert!(
        begin.elapsed() < Duration::from_secs(2),
        "{:?}",
        begin.elapsed()
    );
    assert!(reader.after(end).read(3).unwrap().is_empty());
    assert!(reader.after(u64::MAX).read(3).unwrap().is_empty());
}

#[test]
fn records_that_are_gone_are_passed_over() {
    let ground = Ground::new();
    let trail = ground.open(3000, 2);
    ground::write(&trail, 200);
    trail.close();
    let first = ground.verify().first.unwrap();
    assert!(first > 1);
    let lines = Reader::new(&ground.dir()).after(0).read(2).unwrap();
    assert_eq!(numbers(&lines), [first, first + 1]);
}

#[tokio::test]
async fn who_follows_gets_every_record_over_rotations_and_then_the_end() {
    let ground = Ground::new();
    let trail = ground.open(5000, 1000);
    ground::write(&trail, 10);
    let mut follow = trail.follow(0);
    let writing = {
        let trail = trail.clone();
        tokio::task::spawn_blocking(move || {
            for _ in 0..50 {
                ground::write(&trail, 20);
                std::thread::sleep(Duration::from_millis(3));
            }
            trail.close();
        })
    };
    let mut seen = Vec::new();
    while let Some(lines) = follow.next().await.unwrap() {
        seen.extend(numbers(&lines));
    }
    writing.await.unwrap();
    let end = trail.anchor().seq;
    assert!(end > 1010, "rotations have records, too");
    assert_eq!(seen, (1..=end).collect::<Vec<_>>());
}

#[tokio::test]
async fn who_follows_a_quiet_trail_waits() {
    let ground = Ground::new();
    let trail = ground.open(5000, 1000);
    let mut follow = trail.follow(0);
    let nothing = tokio::time::timeout(Duration::from_millis(200), follow.next()).await;
    assert!(nothing.is_err());
    ground::write(&trail, 1);
    let lines = follow.next().await.unwrap().unwrap();
    assert_eq!(numbers(&lines), [1]);
    assert!(lines[0].text.starts_with("{\"seq\":1,"));
}

#[tokio::test]
async fn without_files_the_last_records_are_kept_in_memory() {
    let trail = Trail::open(&Settings {
        files: None,
        stdout: true,
        journald: false,
    });
    let trail = trail.unwrap();
    let mut follow = trail.follow(0);
    ground::write(&trail, 3);
    let mut seen = Vec::new();
    while seen.len() < 3 {
        seen.extend(numbers(&follow.next().await.unwrap().unwrap()));
    }
    assert_eq!(seen, [1, 2, 3]);
    assert_eq!(numbers(&trail.last(2).unwrap()), [2, 3]);
    assert!(trail.verify().is_none());
    trail.close();
    assert_eq!(follow.next().await.unwrap(), None);
}
