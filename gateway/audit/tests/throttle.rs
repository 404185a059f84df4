//! Rationing: whatever comes, each record is either in the trail or counted there.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a panic in a helper is a failed test, as in the tests themselves"
)]

mod ground;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use ground::Ground;
use labelgate_audit::{Decision, Event, Record, Throttle};
use labelgate_mac::Label;
use proptest::prelude::*;

fn label(number: u8) -> Option<Label> {
    let text = format!("s0:c{number},c1000");
    (number > 0).then(|| text.parse().unwrap())
}

/// What the trail says of each label: records, and records that were suppressed.
fn sums(ground: &Ground) -> HashMap<Option<String>, (u64, u64)> {
    let mut sums = HashMap::<_, (u64, u64)>::new();
    for line in String::from_utf8(ground.bytes()).unwrap().lines() {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        let label = record["label"].as_str().map(str::to_owned);
        let sum = sums.entry(label).or_default();
        match record["event"].as_str().unwrap() {
            "suppressed" => sum.1 += record["count"].as_u64().unwrap(),
            _ => sum.0 += 1,
        }
    }
    sums
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn each_record_is_in_the_chain_or_counted_there(
        steps in prop::collection::vec((0..4_u8, 0..80_u32, 0..300_u64), 1..60),
        per_second in 1..50_u32,
        burst in 1..30_u32,
    ) {
        let ground = Ground::new();
        let trail = ground.open(1 << 30, 1);
        let throttle = Throttle::new(per_second, burst);
        let begin = Instant::now();
        let (mut now, mut said) = (begin, HashMap::<Option<String>, u64>::new());
        for (number, count, pause) in steps {
            now += Duration::from_millis(pause);
            let label = label(number);
            let record = Record {
                label: label.as_ref(),
                ..Record::new(Event::Connection, Decision::Deny)
            };
            for _ in 0..count {
                throttle.write_to(&trail, &record, now);
            }
            if count > 0 {
                *said.entry(label.map(|label| label.to_string())).or_default() += u64::from(count);
            }
            if pause > 250 {
                throttle.flush_to(&trail, now);
            }
        }
        throttle.flush_to(&trail, now);
        trail.close();

        prop_assert!(ground.verify().is_sound());
        let sums = sums(&ground);
        let milliseconds = u64::try_from((now - begin).as_millis()).unwrap();
        let most = u64::from(burst) + milliseconds * u64::from(per_second) / 1000 + 1;
        for (label, said) in &said {
            let (written, suppressed) = sums[label];
            prop_assert_eq!(written + suppressed, *said, "{:?}", label);
            prop_assert!(written <= most, "{} records of {:?}, at most {}", written, label, most);
            prop_assert!(written >= u64::from(burst).min(*said), "{:?} had a ration of its own", label);
        }
        prop_assert_eq!(sums.len(), said.len());
    }
}
