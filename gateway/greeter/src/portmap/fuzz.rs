//! Whatever comes as a datagram.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::datagram::tests::{QUESTIONS, call};
use super::datagram::{Datagram, Verdict, judge};
use super::sources::Sources;

/// How long a fuzz target runs.
fn time() -> Duration {
    let seconds = std::env::var("LABELGATE_FUZZ_SECONDS");
    let seconds = seconds.ok().and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(seconds.unwrap_or(2))
}

/// The longest of answers is the one with the longest of addresses.
fn addresses(v6: bool) -> (SocketAddr, SocketAddr) {
    let (source, local) = match v6 {
        true => (
            "[2001:db8::7]:800",
            "[2001:db8:1111:2222:3333:4444:5555:6666]:111",
        ),
        false => ("192.0.2.7:800", "192.0.2.101:111"),
    };
    (source.parse().unwrap(), local.parse().unwrap())
}

/// What is answered is a reply to what was asked, and no longer than it.
fn is_harmless(bytes: &[u8], v6: bool) {
    let now = Instant::now();
    let (source, local) = addresses(v6);
    let datagram = Datagram {
        bytes,
        is_whole: true,
        source,
        destination: Some(local.ip()),
    };
    let mut questions = QUESTIONS;
    questions.local = local;
    match judge(datagram, &questions, &mut Sources::new(now), now) {
        Verdict::Silence => {}
        Verdict::Limited => panic!("the first of all"),
        Verdict::Answer(answer) => {
            assert!(answer.len() <= bytes.len());
            assert_eq!(answer[..4], bytes[..4], "its own number");
            assert_eq!(answer[4..8], [0, 0, 0, 1], "a reply");
        }
    }
    let cut = Datagram {
        is_whole: false,
        ..datagram
    };
    let judged = judge(cut, &questions, &mut Sources::new(now), now);
    assert_eq!(judged, Verdict::Silence);
}

#[test]
fn fuzz_a_datagram() {
    bolero::check!()
        .with_type::<(u8, u8, Vec<(u8, u8)>, Vec<u8>, bool)>()
        .with_test_time(time())
        .for_each(|(version, procedure, changes, tail, v6)| {
            is_harmless(tail, *v6);
            let (version, procedure) = (u32::from(version % 6), u32::from(procedure % 15));
            let mut bytes = call(version, procedure, tail);
            is_harmless(&bytes, *v6);
            for (at, value) in changes {
                let at = usize::from(*at) % bytes.len();
                bytes[at] = *value;
            }
            is_harmless(&bytes, *v6);
        });
}
