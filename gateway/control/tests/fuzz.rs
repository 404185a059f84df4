//! Decoding of whatever may arrive, in both directions.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a panic in a helper is a failed test, as in the tests themselves"
)]

mod samples;

use std::fmt::Debug;
use std::time::Duration;

use labelgate_control::{
    Anchor, Attached, DecodeError, FromGreeter, FromImporter, FromKeeper, FromKeysmith,
    FromPortmap, FromWorker, MAX_MESSAGE, ToGreeter, ToImporter, ToKeeper, ToKeysmith, ToPortmap,
    ToWorker, decode, encode,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// How long a fuzz target runs.
fn time() -> Duration {
    let seconds = std::env::var("LABELGATE_FUZZ_SECONDS");
    let seconds = seconds.ok().and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(seconds.unwrap_or(2))
}

fn encoded<T: Serialize>(message: &T) -> Vec<u8> {
    let mut room = [0; MAX_MESSAGE];
    encode(message, &mut room).unwrap().to_vec()
}

/// What was accepted means the same to both sides, and fits a datagram again.
fn accepts_only_messages<T: Serialize + DeserializeOwned + PartialEq + Debug>(bytes: &[u8]) {
    if let Ok(message) = decode::<T>(bytes) {
        assert_eq!(decode::<T>(&encoded(&message)), Ok(message));
    }
}

/// Arbitrary bytes, and valid messages with a few bytes changed and an arbitrary end.
fn fuzz<T: Serialize + DeserializeOwned + PartialEq + Debug>(samples: &[T]) {
    let samples: Vec<Vec<u8>> = samples.iter().map(encoded).collect();
    bolero::check!()
        .with_type::<(u8, Vec<(u16, u8)>, u16, Vec<u8>)>()
        .with_test_time(time())
        .for_each(|(which, changes, cut, tail)| {
            accepts_only_messages::<T>(tail);
            let mut bytes = samples[usize::from(*which) % samples.len()].clone();
            for (at, value) in changes {
                let at = usize::from(*at) % bytes.len();
                bytes[at] = *value;
            }
            accepts_only_messages::<T>(&bytes);
            bytes.truncate(usize::from(*cut) % (bytes.len() + 1));
            bytes.extend(tail);
            accepts_only_messages::<T>(&bytes);
        });
}

#[test]
fn fuzz_to_worker() {
    fuzz::<ToWorker<Attached>>(&samples::to_worker());
}

#[test]
fn fuzz_from_worker() {
    fuzz::<FromWorker>(&samples::from_worker());
}

#[test]
fn fuzz_to_greeter() {
    fuzz::<ToGreeter<Attached>>(&samples::to_greeter());
}

#[test]
fn fuzz_from_greeter() {
    fuzz::<FromGreeter>(&samples::from_greeter());
}

#[test]
fn fuzz_to_importer() {
    fuzz::<ToImporter<Attached>>(&samples::to_importer());
}

#[test]
fn fuzz_from_importer() {
    fuzz::<FromImporter>(&samples::from_importer());
}

#[test]
fn fuzz_to_portmap() {
    fuzz::<ToPortmap<Attached>>(&samples::to_portmap());
}

#[test]
fn fuzz_from_portmap() {
    fuzz::<FromPortmap>(&samples::from_portmap());
}

#[test]
fn fuzz_to_keeper() {
    fuzz::<ToKeeper<Attached>>(&samples::to_keeper());
}

#[test]
fn fuzz_from_keeper() {
    fuzz::<FromKeeper>(&samples::from_keeper());
}

/// Whatever is in an anchor's file; what is accepted can be written and read again.
#[test]
fn fuzz_anchors() {
    const GOOD: &str = "backend = \"rbd\"\nmonitors = \"192.0.2.1\"\npool = \"p\"\nnamespace = \"\"\n\
                        image = \"i\"\nentity = \"e\"\nkey = \"k\"\n";
    const UNIT: &str = "backend = \"iscsi\"\nportal = \"192.0.2.1:3260\"\ntarget = \"t\"\nlun = 1\n\
                        initiator = \"i\"\nuser = \"u\"\nsecret = \"s\"\ntarget_user = \"\"\n\
                        target_secret = \"\"\nreservation = 1\nwrite_through = true\nshared = false\n";
    for good in [GOOD, UNIT] {
        assert!(Anchor::parse(good).is_ok(), "{good}");
        fuzz_anchor(good);
    }
}

fn fuzz_anchor(good: &str) {
    bolero::check!()
        .with_type::<(Vec<(u16, u8)>, u16, Vec<u8>)>()
        .with_test_time(time())
        .for_each(|(changes, cut, tail)| {
            let mut bytes = good.as_bytes().to_vec();
            for (at, value) in changes {
                let at = usize::from(*at) % bytes.len();
                bytes[at] = *value;
            }
            bytes.truncate(usize::from(*cut) % (bytes.len() + 1));
            bytes.extend(tail);
            for bytes in [&bytes, tail] {
                let text = String::from_utf8_lossy(bytes);
                if let Ok(anchor) = Anchor::parse(&text) {
                    let again = anchor.to_text().unwrap();
                    assert_eq!(Anchor::parse(&again), Ok(anchor));
                }
            }
        });
}

/// Each arrives as it was sent.
fn fits<T: Serialize + DeserializeOwned + PartialEq + Debug>(samples: Vec<T>) {
    for message in samples {
        assert_eq!(decode(&encoded(&message)), Ok(message));
    }
}

#[test]
fn the_largest_of_every_message_fits() {
    fits(samples::to_keeper());
    fits(samples::from_keeper());
    fits(samples::to_worker());
    fits(samples::from_worker());
    fits(samples::to_greeter());
    fits(samples::from_greeter());
    fits(samples::to_importer());
    fits(samples::from_importer());
    fits(samples::to_portmap());
    fits(samples::from_portmap());
    fits(samples::keysmith::to_keysmith());
    fits(samples::keysmith::from_keysmith());
}

#[test]
fn fuzz_to_keysmith() {
    fuzz::<ToKeysmith>(&samples::keysmith::to_keysmith());
}

#[test]
fn fuzz_from_keysmith() {
    fuzz::<FromKeysmith>(&samples::keysmith::from_keysmith());
}

#[test]
fn a_longer_text_or_list_than_allowed_is_refused() {
    // Audit { connection: 1, event: ProtocolError { what: 257 bytes } }
    let mut bytes = vec![11, 1, 4, 0x81, 0x02];
    bytes.extend([b'x'; 257]);
    assert!(matches!(
        decode::<FromWorker>(&bytes),
        Err(DecodeError::Malformed(_))
    ));
    bytes[3] = 0x80;
    bytes.pop();
    assert!(
        decode::<FromWorker>(&bytes).is_ok(),
        "256 bytes are allowed"
    );

    // Ready { driver: Ring, confinement: 17 empty texts }
    let mut bytes = vec![0, 1, 17];
    bytes.extend([0; 17]);
    assert!(matches!(
        decode::<FromWorker>(&bytes),
        Err(DecodeError::Malformed(_))
    ));
    // An announced length beyond any memory, with nothing behind it.
    let bytes = [
        0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01,
    ];
    assert!(matches!(
        decode::<FromWorker>(&bytes),
        Err(DecodeError::Malformed(_))
    ));
}

#[test]
fn a_label_must_be_in_canonical_form() {
    let configure = |label: &str| {
        let mut bytes = vec![0, u8::try_from(label.len()).unwrap()];
        bytes.extend(label.bytes());
        bytes.extend([0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
        decode::<ToWorker<Attached>>(&bytes)
    };
    assert!(configure("s0:c1,c2").is_ok());
    for wrong in ["s0:c2,c1", "s0", "s0:c1,c2-s0:c1,c2", "", "s0:c0.c1023"] {
        assert!(configure(wrong).is_err(), "{wrong}");
    }
}
