//! Handles as anyone may send them.

use std::time::Duration;

use crate::{Handle, HandleKey, Object, Sealed};

/// How long a fuzz target runs.
fn time() -> Duration {
    let seconds = std::env::var("LABELGATE_FUZZ_SECONDS");
    let seconds = seconds.ok().and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(seconds.unwrap_or(2))
}

/// Whoever does not have the key makes no handle: neither of nothing, nor of one that it has.
#[test]
fn fuzz_handle() {
    let key = HandleKey::for_label(&[3; 32], "s0:c1,c2");
    let own = Handle {
        epoch: 1,
        object: Object::Image([5; 16]),
    };
    let own = own.seal(&key, None);
    bolero::check!()
        .with_type::<(Vec<u8>, Vec<(u8, u8)>)>()
        .with_test_time(time())
        .for_each(|(bytes, changes)| {
            if let Ok(sealed) = Sealed::parse(bytes) {
                assert!(sealed.open(&key, None).is_err());
            }
            let mut changed = own;
            for (at, value) in changes {
                changed[usize::from(*at) % own.len()] = *value;
            }
            let opened = Sealed::parse(&changed).is_ok_and(|it| it.open(&key, None).is_ok());
            assert_eq!(opened, changed == own);
        });
}
