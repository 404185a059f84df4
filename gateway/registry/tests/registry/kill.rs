//! A registry whose process is killed at any moment.

use std::collections::BTreeSet;
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use labelgate_registry::{Change, RedbRegistry, Registry};

use crate::samples::{allocation, chap, image, store, token};

const CHILD: &str = "LABELGATE_REGISTRY_CHILD";
const KILLS: u64 = 100;

/// The change with this number: the same whoever asks.
fn change(number: u64) -> Change {
    match number % 4 {
        0 => store(&format!("s{number}")),
        1 => {
            let store = format!("s{}", number - 1);
            Change::AddImage(image(
                &store,
                "disk",
                &format!("s0:c{},c1023", number % 1000),
            ))
        }
        2 if number % 8 == 2 => Change::AddIdentity(chap(&format!("vm{number}"), "s0:c1,c2")),
        2 => Change::AddIdentity(token(&format!("vm{number}"), "s0:c1,c2")),
        _ => Change::AllocateLevel(allocation()),
    }
}

/// Whether the change with this number has been made.
fn is_made(registry: &RedbRegistry, number: u64) -> bool {
    let snapshot = registry.read().unwrap();
    match number % 4 {
        0 => snapshot
            .stores
            .contains_key(&format!("s{number}").parse().unwrap()),
        1 => {
            let store = format!("s{}", number - 1);
            snapshot
                .images
                .values()
                .any(|image| image.store.to_string() == store)
        }
        2 => {
            let name = format!("vm{number}").parse().unwrap();
            let known = snapshot.identities.contains_key(&name);
            // An identity and its secrets come together or not at all.
            let secrets = registry.secrets(&name).unwrap().is_some();
            let tokens = registry.tokens().unwrap();
            let token = tokens.iter().any(|(whose, _)| *whose == name);
            let is_chap = number % 8 == 2;
            assert_eq!((secrets, token), (known && is_chap, known && !is_chap));
            known
        }
        _ => u64::try_from(snapshot.levels.len()).unwrap() > number / 4,
    }
}

/// Makes changes, and says of each that it has been made.
#[test]
#[ignore = "the test below starts it, and kills it"]
fn child() {
    let path = PathBuf::from(env::var_os(CHILD).unwrap());
    let registry = RedbRegistry::open(&path).unwrap();
    let mut number = registry.read().unwrap().revision;
    let mut out = std::io::stdout();
    let key = registry.master_key().unwrap();
    let key = blake3::hash(key.expose());
    writeln!(out, "\nopen\nkey {key}").unwrap();
    loop {
        registry.apply(&change(number)).unwrap();
        writeln!(out, "made {number}").unwrap();
        out.flush().unwrap();
        number += 1;
    }
}

fn start(path: &PathBuf) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "kill::child", "--ignored", "--nocapture"])
        .env(CHILD, path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn every_change_that_was_acknowledged_survives_a_kill_at_any_moment() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("registry.redb");
    let (mut acknowledged, mut more) = (0, 0);
    let mut keys = BTreeSet::new();
    for kill in 0..KILLS {
        let mut child = start(&path);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let open = lines.by_ref().find(|line| line.as_ref().unwrap() == "open");
        assert!(open.is_some(), "kill {kill}: it could not be opened again");
        // From not at all to a few dozen changes.
        std::thread::sleep(Duration::from_micros(kill * 7919 % 60_000));
        child.kill().unwrap();
        child.wait().unwrap();
        let said: Vec<String> = lines.map_while(Result::ok).collect();
        let made = said.iter().filter_map(|line| line.strip_prefix("made "));
        let mut made = made.filter_map(|number| number.parse::<u64>().ok());
        let made = made.next_back().map_or(acknowledged, |last| last + 1);
        let key = said.iter().filter_map(|line| line.strip_prefix("key "));
        keys.extend(key.filter(|key| key.len() == 64).map(str::to_owned));

        let registry = RedbRegistry::open(&path).unwrap();
        let snapshot = registry.read().unwrap();
        snapshot.check().unwrap();
        assert!(
            snapshot.revision == made || snapshot.revision == made + 1,
            "kill {kill}: {made} changes were acknowledged, {} are there",
            snapshot.revision
        );
        more += snapshot.revision - made;
        for number in acknowledged.saturating_sub(4)..snapshot.revision {
            assert!(is_made(&registry, number), "kill {kill}: change {number}");
        }
        assert!(!is_made(&registry, snapshot.revision), "kill {kill}");
        acknowledged = snapshot.revision;
    }
    println!("{KILLS} kills, {acknowledged} changes, {more} made and not acknowledged");
    assert_eq!(keys.len(), 1, "the master key was made anew");
    assert!(acknowledged > KILLS, "too little was done to mean anything");
}

#[test]
fn a_kill_while_it_is_made_leaves_a_whole_one_or_none() {
    let mut made = 0;
    for kill in 0..40 {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("registry.redb");
        let mut child = start(&path);
        std::thread::sleep(Duration::from_micros(kill * 250));
        child.kill().unwrap();
        child.wait().unwrap();
        made += u64::from(path.exists());
        let registry = RedbRegistry::open(&path).unwrap();
        let snapshot = registry.read().unwrap();
        snapshot.check().unwrap();
        registry.apply(&change(snapshot.revision)).unwrap();
    }
    println!("40 kills, {made} of them after it had been made");
}
