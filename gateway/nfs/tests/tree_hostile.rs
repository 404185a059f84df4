//! Whatever is asked of a tree, and by whichever handles, it is answered once, and nothing beside the
//! tree is read or touched.

#![allow(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that fails may panic, and its numbers are its own"
)]

mod rig;

use std::time::Duration;

use labelgate_engine::Engine;
use rig::Rig;
use rig::client;
use rig::sentinel::{Beside, SECRET};
use rig::tree_calls::{Known, TreeCall};
use rig::trees::{TREE, TREE_NAME};

fn fuzz_time() -> Duration {
    let seconds = std::env::var("LABELGATE_FUZZ_SECONDS")
        .ok()
        .and_then(|s| s.parse().ok());
    Duration::from_secs(seconds.unwrap_or(2))
}

/// Calls in any order, each carried out at once.
#[test]
fn fuzz_trees() {
    bolero::check!()
        .with_test_time(fuzz_time())
        .with_max_len(8192)
        .with_type::<Vec<TreeCall>>()
        .for_each(|calls: &Vec<TreeCall>| {
            let (mut rig, beside) = (Rig::new(), Beside::new());
            rig.add_tree(TREE, TREE_NAME, &beside.tree());
            let (id, mut known) = (rig.connect(1), Known::new(beside.nodes()));
            for (call, xid) in calls.iter().zip(1..) {
                let (procedure, message) = call.message(xid, &known);
                rig.feed(id, &client::record(&message));
                let answer = rig.one(id);
                assert_eq!(answer.xid, xid);
                let mut pieces = answer.results.windows(SECRET.len());
                assert!(!pieces.any(|it| it == SECRET), "what is beside was read");
                known.learn(procedure, &answer.results);
            }
            rig.hang_up(id);
            let server = &rig.server;
            assert_eq!((server.outstanding(), server.bytes_in_use()), (0, 0));
            beside.is_untouched();
        });
}
