//! Whatever a client sends first.

use std::time::Duration;

use super::answer::{Answer, answer};
use super::look::{Look, MOST_PEEKED, look};

/// How long a fuzz target runs.
fn time() -> Duration {
    let seconds = std::env::var("LABELGATE_FUZZ_SECONDS");
    let seconds = seconds.ok().and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(seconds.unwrap_or(2))
}

/// A record of a GETATTR, and one of an MNT, with AUTH_NONE.
const SEEDS: [&[u32]; 2] = [
    &[0x8000_002c, 7, 0, 2, 100_003, 3, 1, 0, 0, 0, 0, 0],
    &[
        0x8000_0030,
        7,
        0,
        2,
        100_005,
        3,
        1,
        0,
        0,
        0,
        0,
        4,
        0x2f76_6d31,
    ],
];

/// What is said of a call does not depend on how much of it has come, and more is asked for only
/// while more can come.
fn is_consistent(bytes: &[u8]) {
    let bytes = &bytes[..bytes.len().min(MOST_PEEKED)];
    let whole = look(bytes);
    for length in 0..bytes.len() {
        match (look(&bytes[..length]), &whole) {
            (Ok(Look::More), _) | (Err(_), Err(_)) => {}
            (Ok(early), Ok(late)) => assert_eq!(early, *late),
            (early, late) => panic!("{early:?} became {late:?}"),
        }
    }
    if let Ok(Look::Shown(shown)) = whole {
        assert!(shown.handle.len() <= 64);
    }
}

#[test]
fn fuzz_a_look_at_a_call() {
    bolero::check!()
        .with_type::<(u8, Vec<(u8, u8)>, Vec<u8>)>()
        .with_test_time(time())
        .for_each(|(which, changes, tail)| {
            is_consistent(tail);
            let seed = SEEDS[usize::from(*which) % SEEDS.len()];
            let mut bytes: Vec<u8> = seed.iter().flat_map(|word| word.to_be_bytes()).collect();
            for (at, value) in changes {
                let at = usize::from(*at) % bytes.len();
                bytes[at] = *value;
            }
            bytes.extend(tail);
            is_consistent(&bytes);
        });
}

#[test]
fn fuzz_an_answer_to_a_call() {
    bolero::check!()
        .with_type::<(u8, Vec<(u8, u8)>, Vec<u8>)>()
        .with_test_time(time())
        .for_each(|(which, changes, tail)| {
            let seed = SEEDS[usize::from(*which) % SEEDS.len()];
            let words = seed.iter().skip(1);
            let mut bytes: Vec<u8> = words.flat_map(|word| word.to_be_bytes()).collect();
            for (at, value) in changes {
                let at = usize::from(*at) % bytes.len();
                bytes[at] = *value;
            }
            bytes.extend(tail);
            for bytes in [&bytes, tail] {
                if let Ok(Answer::Reply(reply)) = answer(bytes) {
                    // Its own number, and that it is a reply.
                    assert_eq!(reply[..4], bytes[..4]);
                    assert_eq!(reply[4..8], [0, 0, 0, 1]);
                    // Nobody is answered with more than what they have sent.
                    assert!(reply.len() <= 32);
                }
            }
        });
}
