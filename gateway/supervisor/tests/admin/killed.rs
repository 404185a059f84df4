//! A gateway that is killed in the middle of changes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use super::house::House;
use super::house_with_store;

/// How often it is killed, and after how many changes at most.
const KILLS: u32 = 10;
const CHANGES: u32 = 100;

/// Numbers that look random and are the same each time (Steele et al., `SplitMix64`).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }
}

/// What was acknowledged: names of things and what they were when it was.
type Known = BTreeMap<String, Value>;

#[test]
fn what_was_acknowledged_is_there_after_a_kill_and_at_most_one_thing_more() {
    let mut house = house_with_store();
    let mut random = Random(7);
    let mut known = Known::new();
    let mut acknowledged = 0;
    // What a kill was in the middle of.
    let mut left = BTreeSet::new();
    for _ in 0..KILLS {
        let changes = &mut acknowledged;
        let pending = change_until_killed(&mut house, &mut random, &mut known, changes, &left);
        house.kill_and_restart();
        check(&house, &mut known, &pending);
        left.insert(pending);
    }
    assert!(acknowledged > 50, "{acknowledged} changes is no test");
    println!("{acknowledged} changes acknowledged, {KILLS} kills");
}

/// Makes random changes, until the gateway is killed under one of them, which is handed back: the
/// name of what it concerns.
fn change_until_killed(
    house: &mut House,
    random: &mut Random,
    known: &mut Known,
    acknowledged: &mut u32,
    left: &BTreeSet<String>,
) -> String {
    let after = Duration::from_millis(300 + random.below(1500));
    let pid = house.pid();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(after);
            rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
            done.store(true, Ordering::Relaxed);
        });
        let mut last = String::new();
        for _ in 0..CHANGES {
            last = format!("{}-{}", kind(random), random.below(6));
            match change(house, &last, known, left) {
                Some(()) => *acknowledged += 1,
                None => break,
            }
        }
        while !done.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(5));
        }
        last
    })
}

fn kind(random: &mut Random) -> &'static str {
    ["images", "identities"][usize::try_from(random.below(2)).unwrap()]
}

/// Makes a thing that is not there, or removes one that is. `None`: no answer.
fn change(house: &House, name: &str, known: &mut Known, left: &BTreeSet<String>) -> Option<()> {
    let (kind, _) = name.split_once('-').unwrap();
    let thing = match kind {
        "images" => format!("/v1/images/vms/{name}?delete_data=true"),
        _ => format!("/v1/identities/{name}"),
    };
    if known.contains_key(name) {
        let (status, answer) = house.try_ask("DELETE", &thing, None)?;
        assert_eq!(status, 200, "{thing}: {answer}");
        known.remove(name);
        return Some(());
    }
    let new = match kind {
        "images" => json!({"store": "vms", "name": name, "label": "auto", "size": 1 << 20}),
        _ => json!({"name": name, "label": "auto", "proof": {"kind": "chap"}}),
    };
    let (mut status, mut answer) = house.try_ask("POST", &format!("/v1/{kind}"), Some(&new))?;
    if status == 409 && left.contains(name) && answer["error"]["code"] == "exists" {
        // A file that nobody has, of an image that was being made or removed when it was killed:
        // the admin is told, and decides.
        let file = house
            .directory
            .path()
            .join("vms")
            .join(format!("{name}.img"));
        std::fs::remove_file(file).unwrap();
        (status, answer) = house.try_ask("POST", &format!("/v1/{kind}"), Some(&new))?;
    }
    assert_eq!(status, 200, "{name}: {answer}");
    let label = answer.get("identity").unwrap_or(&answer)["label"].clone();
    known.insert(name.to_owned(), label);
    Some(())
}

/// Whether the gateway that was started again serves what was acknowledged.
fn check(house: &House, known: &mut Known, pending: &str) {
    let mut there = Known::new();
    for kind in ["images", "identities"] {
        let list = house.done("GET", &format!("/v1/{kind}"), None);
        for thing in list[kind].as_array().unwrap() {
            there.insert(
                thing["name"].as_str().unwrap().to_owned(),
                thing["label"].clone(),
            );
        }
    }
    // The one change that was not acknowledged may have been made.
    let without = |all: &Known| -> Known {
        let others = all.iter().filter(|(name, _)| *name != pending);
        others
            .map(|(name, label)| (name.clone(), label.clone()))
            .collect()
    };
    assert_eq!(without(&there), without(known));
    for name in there.keys().filter(|name| name.starts_with("images")) {
        let image = house.done("GET", &format!("/v1/images/vms/{name}"), None);
        assert_eq!(image["size"], 1 << 20, "{image}");
    }
    let levels = house.done("GET", "/v1/levels", None);
    let levels: Vec<&Value> = levels["levels"].as_array().unwrap().iter().collect();
    for label in there.values() {
        assert!(
            levels.iter().any(|level| level["label"] == *label),
            "{label} is nobody's"
        );
    }
    *known = there;
}
