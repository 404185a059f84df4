//! An image that its label may no longer reach: no command of an initiator says anything else.

#![allow(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    missing_docs,
    reason = "a test that fails may panic, and its numbers are its own"
)]

mod rig;

use labelgate_engine::{Completion, Engine, ImageError, Operation};
use rig::{Initiator, Rig};

#[test]
fn a_command_of_no_blocks_asks_the_image_and_ends_as_that_says() {
    let mut rig = Rig::new();
    let mut vm = Initiator::login(&mut rig, 1);
    rig.hold = true;
    let read = vm.read(0, 0);

    rig.feed(vm.id, &read);
    let (io, operation) = rig.held.pop_front().unwrap();
    assert!(matches!(operation, Operation::Extent { offset: 0 }));
    let refused = Completion {
        result: Err(ImageError::Revoked),
        buffer: None,
    };
    rig.target.completed(io, refused, rig.now, &mut rig.outbox);
    rig.pump();

    assert_eq!(rig.one(vm.id).sense(), (5, 0x25, 0));
    rig.hold = false;
    let read = vm.read(0, 0);
    rig.feed(vm.id, &read);
    assert_eq!(rig.one(vm.id).status(), 0, "it may be reached again");
}
