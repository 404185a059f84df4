//! What is promised of a trail whose process is killed, or whose disk is full.
//!
//! A record of which [`labelgate_audit::Trail::has_written`] said that it is written, and all
//! before it, are in the chain whatever happens to the process. Those after it may be there or
//! not; if one is there in part, it is set aside and the next process says so.
//!
//! The processes that are killed are this program again.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a panic in a helper is a failed test, as in the tests themselves"
)]

mod ground;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio};
use std::time::Duration;

use ground::Ground;
use labelgate_audit::{Decision, Event, Record, Trail, verify};
use libtest_mimic::{Arguments, Trial};
use rustix::process::{Pid, Resource, Rlimit, prlimit};

const PATIENCE: Duration = Duration::from_secs(20);
/// So many records are written before the last of them is waited for.
const AT_ONCE: u64 = 10;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.get(1).map(String::as_str) {
        Some("--write-until-killed") => return write_until_killed(&arguments[2], &arguments[3]),
        Some("--write-as-told") => return write_as_told(&arguments[2]),
        _ => {}
    }
    let trials = vec![
        Trial::test("what_was_said_to_be_written_survives_kill_9", || {
            what_was_said_to_be_written_survives_kill_9();
            Ok(())
        }),
        Trial::test(
            "a_full_disk_loses_records_and_the_trail_says_how_many",
            || {
                a_full_disk_loses_records_and_the_trail_says_how_many();
                Ok(())
            },
        ),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn runtime() -> tokio::runtime::Runtime {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_time().build().unwrap()
}

/// A record that is found again by its number, of a length that is not always the same.
fn record(number: u64, filling: &str) -> Record<'_> {
    let length = usize::try_from(number * 37 % 4000).unwrap();
    Record {
        connection: Some(number),
        ..Record::new(Event::Connection, Decision::Allow).reason(&filling[..length])
    }
}

/// Writes numbered records, and says each time up to which they are written.
fn write_until_killed(dir: &str, first: &str) -> ExitCode {
    let trail = Trail::open(&ground::settings(Path::new(dir), 200_000, 10_000)).unwrap();
    let runtime = runtime();
    let filling = "x".repeat(4000);
    let mut number: u64 = first.parse().unwrap();
    loop {
        let mut last = None;
        for _ in 0..AT_ONCE {
            number += 1;
            last = record(number, &filling).write_to(&trail);
        }
        if runtime.block_on(trail.has_written(last.unwrap(), PATIENCE)) {
            println!("{number}");
        }
    }
}

/// Writes as many records as each line of its input says, and says whether they are written.
fn write_as_told(dir: &str) -> ExitCode {
    let trail = Trail::open(&ground::settings(Path::new(dir), 1 << 30, 10)).unwrap();
    let runtime = runtime();
    let filling = "x".repeat(4000);
    for line in std::io::stdin().lines() {
        let mut last = None;
        for number in 0..line.unwrap().parse().unwrap() {
            last = record(number + 1, &filling).write_to(&trail);
        }
        let written = runtime.block_on(trail.has_written(last.unwrap(), PATIENCE));
        println!("{written} {}", trail.counters().lost);
    }
    ExitCode::SUCCESS
}

fn this_program() -> Command {
    Command::new(std::env::current_exe().unwrap())
}

/// The numbers of the records that are in the chain, in its order.
fn numbers(ground: &Ground) -> Vec<u64> {
    let mut numbers = Vec::new();
    let names = ground.names();
    let files = names.iter().filter(|name| name.starts_with("audit"));
    for name in files {
        let text = std::fs::read_to_string(ground.dir().join(name)).unwrap();
        for line in text.lines() {
            let record: serde_json::Value = serde_json::from_str(line).unwrap();
            numbers.extend(record["connection"].as_u64());
        }
    }
    numbers
}

fn what_was_said_to_be_written_survives_kill_9() {
    let kills = std::env::var("LABELGATE_KILLS")
        .ok()
        .and_then(|kills| kills.parse().ok());
    let kills: u64 = kills.unwrap_or(50);
    let ground = Ground::new();
    let dir = ground.dir();
    let mut acknowledged = Vec::new();
    for round in 0..kills {
        let first = round * 1_000_000;
        let mut child = this_program()
            .args([
                "--write-until-killed",
                dir.to_str().unwrap(),
                &first.to_string(),
            ])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut last = said.next().unwrap().unwrap();
        // At any moment: some of these are within a write, a rotation, a start.
        std::thread::sleep(Duration::from_micros(round * 7919 % 40_000));
        child.kill().unwrap();
        child.wait().unwrap();
        for line in said {
            last = line.unwrap();
        }
        acknowledged.push((first, last.parse::<u64>().unwrap()));
    }
    // The last one may have left something unfinished, which the next open sets aside.
    let trail = Trail::open(&ground::settings(&dir, 200_000, 10_000)).unwrap();
    trail.close();

    let report = verify(&dir, Some(trail.anchor())).unwrap();
    assert!(report.is_sound(), "{report:?}");
    assert_eq!((report.first, report.lost, report.damaged), (Some(1), 0, 0));
    assert_eq!(report.torn, report.set_aside.len() as u64);
    let found = numbers(&ground);
    for (first, last) in &acknowledged {
        let begin = found.partition_point(|number| number <= first);
        let end = found.partition_point(|number| *number < first + 1_000_000);
        let of_round = &found[begin..end];
        let without_gap = (first + 1..)
            .zip(of_round)
            .all(|(expected, found)| expected == *found);
        assert!(without_gap, "after {first}: {of_round:?}");
        let more = of_round.last().unwrap().checked_sub(*last);
        let more = more.unwrap_or_else(|| panic!("{last} was acknowledged: {of_round:?}"));
        assert!(more <= AT_ONCE * 2, "{more} were never acknowledged");
    }
    println!(
        "{kills} kills, {} records in {} files, {} unfinished ones",
        report.records, report.files, report.torn
    );
}

/// A process that writes as it is told, and can be kept from writing more than so much.
struct Told(Child, ChildStdin, BufReader<ChildStdout>);

impl Told {
    fn start(dir: &Path) -> Self {
        // Ignoring SIGXFSZ makes write(2) fail instead, in part, as on a full disk.
        let mut child = Command::new("sh")
            .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
            .arg(std::env::current_exe().unwrap())
            .args(["--write-as-told", dir.to_str().unwrap()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self(child, input, BufReader::new(output))
    }

    fn write(&mut self, count: u64) -> String {
        writeln!(self.1, "{count}").unwrap();
        let mut answer = String::new();
        self.2.read_line(&mut answer).unwrap();
        answer.trim_end().to_owned()
    }

    fn limit(&self, bytes: Option<u64>) {
        let limit = Rlimit {
            current: bytes,
            maximum: None,
        };
        prlimit(Some(Pid::from_child(&self.0)), Resource::Fsize, limit).unwrap();
    }
}

fn a_full_disk_loses_records_and_the_trail_says_how_many() {
    let ground = Ground::new();
    let mut told = Told::start(&ground.dir());
    assert_eq!(told.write(10), "true 0");
    let before = ground.bytes();

    told.limit(Some(before.len() as u64 + 100));
    assert_eq!(told.write(7), "false 7");
    assert_eq!(ground.bytes(), before, "no part of a record is left behind");
    assert!(ground.verify().is_sound());

    told.limit(None);
    assert_eq!(told.write(3), "true 7");
    let Told(mut child, input, _) = told;
    drop(input);
    assert!(child.wait().unwrap().success());
    let report = ground.verify();
    assert!(report.is_sound(), "{report:?}");
    assert_eq!((report.records, report.lost), (14, 7));
    let text = String::from_utf8(ground.bytes()).unwrap();
    let lost = text.lines().nth(10).unwrap();
    assert!(
        lost.contains("\"event\":\"lost\"")
            && lost.contains("\"reason\":\"7 records could not be written: File too large"),
        "{lost}"
    );
}
