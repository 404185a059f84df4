//! Coverage-guided where it is run under a fuzzer, random otherwise.

use std::time::Duration;

use super::property::assert_bounded;
use super::*;
use crate::UnitAttention;

/// How long each target runs: `LABELGATE_FUZZ_SECONDS`, or two seconds.
pub(super) fn time() -> Duration {
    let seconds = std::env::var("LABELGATE_FUZZ_SECONDS");
    let seconds = seconds.ok().and_then(|value| value.parse().ok());
    Duration::from_secs(seconds.unwrap_or(2))
}

/// A session: commands one after another on one unit, each with the rest of the input as its
/// parameter list.
#[test]
fn fuzz_commands() {
    bolero::check!()
        .with_test_time(time())
        .for_each(|input: &[u8]| {
            let mut geometry = GEOMETRY;
            let Some((flags, mut rest)) = input.split_first() else {
                return;
            };
            geometry.read_only = flags & 1 != 0;
            geometry.discard = flags & 2 != 0;
            geometry.block_size = if flags & 4 == 0 { 512 } else { 4096 };
            let mut initiator = Initiator::new(geometry);
            if flags & 8 != 0 {
                initiator.nexus.post(UnitAttention::PowerOn);
            }
            while let Some((cdb, after)) = rest.split_first_chunk::<16>() {
                rest = after;
                command(&mut initiator, cdb, rest);
            }
        });
}

fn command(initiator: &mut Initiator, cdb: &[u8; 16], list: &[u8]) {
    let Ok(command) = Command::parse(cdb) else {
        return;
    };
    let geometry = *initiator.unit.geometry();
    let plan = initiator.unit.plan(&mut initiator.nexus, &command);
    assert_bounded(&plan, &command, &geometry);
    if let Plan::Parameters { length } = plan {
        let list = &list[..length.min(list.len())];
        let plan = initiator
            .unit
            .parameters(&mut initiator.nexus, &command, list);
        assert_bounded(&plan, &command, &geometry);
        assert!(!matches!(plan, Plan::Parameters { .. } | Plan::Answer(_)));
    }
    assert_bounded(&no_unit(&command), &command, &geometry);
}

/// Parameter lists alone, which random CDBs rarely lead to.
#[test]
fn fuzz_parameter_lists() {
    let cdbs = [
        padded(&[0x42]),
        padded(&[0x15, 0x10]),
        padded(&[0x55, 0x10]),
        padded(&[0x5f, 0x00]),
        padded(&[0x5f, 0x04, 0x05]),
        padded(&[0x5f, 0x07]),
    ];
    let commands = cdbs.map(|cdb| Command::parse(&cdb).unwrap());
    bolero::check!()
        .with_test_time(time())
        .for_each(|list: &[u8]| {
            for command in &commands {
                let mut initiator = Initiator::new(GEOMETRY);
                let plan = initiator
                    .unit
                    .parameters(&mut initiator.nexus, command, list);
                assert_bounded(&plan, command, &GEOMETRY);
            }
        });
}
