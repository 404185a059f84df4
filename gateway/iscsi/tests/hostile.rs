//! Whatever a guest sends, the engine neither panics nor keeps memory.

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

use std::time::Duration;

use rig::{Initiator, Rig};

fn fuzz_time() -> Duration {
    let seconds = std::env::var("LABELGATE_FUZZ_SECONDS")
        .ok()
        .and_then(|s| s.parse().ok());
    Duration::from_secs(seconds.unwrap_or(2))
}

/// Bytes straight after the connection was accepted.
#[test]
fn fuzz_before_login() {
    bolero::check!()
        .with_test_time(fuzz_time())
        .with_max_len(4096)
        .for_each(|bytes: &[u8]| {
            let mut rig = Rig::new();
            let id = rig.connect(1, "x");
            rig.feed(id, bytes);
            rig.pass(Duration::from_secs(20));
            assert!(rig.is_closed(id) && rig.target.is_idle());
        });
}

/// Requests of a session, their fields anything, their lengths honest so that there are many.
#[test]
fn fuzz_requests_of_a_session() {
    type Field = (u8, u8, [u8; 8], u32, [u8; 24], u8);
    bolero::check!()
        .with_test_time(fuzz_time())
        .with_type::<Vec<Field>>()
        .for_each(|requests: &Vec<Field>| {
            let mut rig = Rig::new();
            let mut vm = Initiator::login(&mut rig, 1);
            for request in requests {
                let (opcode, flags, lun, expected, rest, length) = request;
                let mut pdu = vm.command(&rest[8..24], rig::Direction::None, *expected, &[]);
                pdu[0] = opcode & 0x7f;
                pdu[1] = *flags;
                if flags & 1 == 0 {
                    pdu[8..16].copy_from_slice(lun);
                }
                if flags & 2 != 0 {
                    pdu[16..24].copy_from_slice(&rest[..8]);
                }
                let data = vec![opcode ^ flags; usize::from(*length) * 4];
                pdu[7] = (data.len() & 0xff) as u8;
                pdu[6] = (data.len() >> 8) as u8;
                pdu.extend(data);
                rig.hold = expected & 8 != 0;
                rig.feed_if_open(vm.id, &pdu);
            }
            while !rig.held.is_empty() {
                rig.release();
            }
            if !rig.is_closed(vm.id) {
                rig.hang_up(vm.id);
            }
            assert!(rig.target.is_idle(), "every buffer has come home");
        });
}
