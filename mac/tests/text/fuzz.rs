//! Any bytes at all: nothing panics, and what is accepted means the same when it is read again.

use std::time::Duration;

use labelgate_mac::{Context, Label, Level, Range};

fn time() -> Duration {
    let seconds = std::env::var("LABELGATE_FUZZ_SECONDS").ok();
    Duration::from_secs(
        seconds
            .and_then(|seconds| seconds.parse().ok())
            .unwrap_or(2),
    )
}

/// Half of the inputs are drawn from the alphabet of levels, or nearly none would be accepted.
fn text(bytes: &[u8]) -> String {
    const ALPHABET: &[u8] = b"sc0123459.,:-,:cc.";
    match bytes.split_first() {
        Some((selector, rest)) if selector % 2 == 0 => {
            let letter = |byte: &u8| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()]);
            format!("s0:c{}", rest.iter().map(letter).collect::<String>())
        }
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

#[test]
fn fuzz_level() {
    bolero::check!()
        .with_test_time(time())
        .for_each(|bytes: &[u8]| {
            let text = text(bytes);
            if let Ok(level) = text.parse::<Level>() {
                assert_eq!(level.to_string().parse::<Level>().as_ref(), Ok(&level));
                // Whatever was written is an upper bound: one item names at most one run.
                let items = text.split(',').count();
                assert!(
                    level.to_string().split(',').count() <= items + items / 2 + 1,
                    "{text}"
                );
            }
        });
}

#[test]
fn fuzz_range() {
    bolero::check!()
        .with_test_time(time())
        .for_each(|bytes: &[u8]| {
            let text = text(bytes);
            match text.parse::<Range>() {
                Ok(range) => {
                    assert!(range.high().dominates(range.low()));
                    assert_eq!(range.to_string().parse::<Range>().as_ref(), Ok(&range));
                }
                Err(error) => assert!(error.position() <= text.len(), "{error} in {text:?}"),
            }
            // A label is exactly a single level that some VMs have and some have not.
            if let Ok(label) = text.parse::<Label>() {
                assert!((1..1024).contains(&label.level().categories().len()));
                assert_eq!(Some(label.level()), text.parse::<Range>().unwrap().single());
                if let Some(index) = label.pair_index() {
                    assert_eq!(Label::from_pair_index(index), Some(label));
                }
            }
        });
}

#[test]
fn fuzz_context() {
    bolero::check!()
        .with_test_time(time())
        .for_each(|bytes: &[u8]| {
            let text = format!("{}{}", "u:r:t:".repeat(bytes.len() % 2), text(bytes));
            match text.parse::<Context>() {
                Ok(context) => {
                    assert_eq!(
                        context.to_string().parse::<Context>().as_ref(),
                        Ok(&context)
                    );
                    let prefix = context.user().len() + context.role().len();
                    assert_eq!(
                        text.get(..prefix + 1).map(|text| text.matches(':').count()),
                        Some(1)
                    );
                }
                Err(error) => assert!(error.position() <= text.len().max(4096)),
            }
        });
}
