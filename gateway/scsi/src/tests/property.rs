//! What holds for every CDB and every parameter list.

use super::*;
use crate::{SenseFormat, Span, limits};
use proptest::prelude::*;

fn geometries() -> impl Strategy<Value = Geometry> {
    let blocks = prop_oneof![0_u64..8, 0..1_u64 << 20, 0..1_u64 << 50];
    let sizes = prop_oneof![Just((512, 512)), Just((512, 4096)), Just((4096, 4096))];
    (blocks, sizes, any::<bool>(), any::<bool>()).prop_map(
        |(blocks, (block_size, physical_block_size), read_only, discard)| Geometry {
            size: blocks * u64::from(block_size),
            block_size,
            physical_block_size,
            read_only,
            discard,
        },
    )
}

/// CDBs of all commands with all fields, half of them without stray bits.
pub(super) fn cdbs() -> impl Strategy<Value = [u8; 16]> {
    let table = crate::command::TABLE;
    (
        0..table.len(),
        any::<[u8; 16]>(),
        any::<[u8; 16]>(),
        any::<bool>(),
    )
        .prop_map(move |(pick, mut cdb, sparse, clean)| {
            for (at, usage) in table[pick].usage.iter().enumerate() {
                // Long fields with few bits set name blocks that are there.
                cdb[at] &= if clean { usage & sparse[at] } else { 0xff };
            }
            cdb[0] = table[pick].opcode();
            if let Some(action) = table[pick].action() {
                cdb[1] = cdb[1] & !0x1f | action;
            }
            cdb
        })
}

/// The bound on data-in that a command's CDB states.
fn allocation(command: &Command) -> Option<u64> {
    Some(match *command {
        Command::RequestSense { allocation, .. } => allocation.into(),
        Command::Inquiry { allocation, .. }
        | Command::ModeSense { allocation, .. }
        | Command::PersistentReserveIn { allocation, .. } => allocation.into(),
        Command::ReadCapacity16 { allocation }
        | Command::GetLbaStatus { allocation, .. }
        | Command::ReportLuns { allocation, .. }
        | Command::ReportSupportedOpcodes { allocation, .. }
        | Command::ReadDefects { allocation, .. }
        | Command::ReportSupportedTaskManagement { allocation, .. } => allocation.into(),
        Command::ReadCapacity10 => 8,
        _ => return None,
    })
}

fn assert_span(span: Span, geometry: &Geometry, limit: u64) {
    assert!(span.length > 0 && span.length <= limit, "{span:?}");
    let end = span.offset.checked_add(span.length).unwrap();
    assert!(end <= geometry.size, "{span:?} is within {geometry:?}");
    assert_eq!(span.offset % u64::from(geometry.block_size), 0);
    assert_eq!(span.length % u64::from(geometry.block_size), 0);
}

/// Whatever the plan, the task engine can carry it out within its bounds.
pub(super) fn assert_bounded(plan: &Plan, command: &Command, geometry: &Geometry) {
    match plan {
        Plan::Read { span } | Plan::Verify { span, .. } | Plan::VerifyPattern { span, .. } => {
            assert_span(*span, geometry, limits::MAX_TRANSFER);
        }
        Plan::Write { span, .. } | Plan::OrWrite { span, .. } => {
            assert!(!geometry.read_only);
            assert_span(*span, geometry, limits::MAX_TRANSFER);
        }
        Plan::WriteSame { span, unmap, .. } => {
            assert!(!geometry.read_only && (geometry.discard || !unmap));
            assert_span(*span, geometry, limits::MAX_WRITE_SAME);
        }
        Plan::CompareAndWrite { span, .. } => {
            assert!(!geometry.read_only);
            if span.length == 0 {
                return;
            }
            assert_span(*span, geometry, limits::MAX_TRANSFER / 2);
        }
        Plan::Unmap { spans } => {
            assert!(!geometry.read_only && geometry.discard && !spans.is_empty());
            let limit = u64::from(limits::MAX_UNMAP_BLOCKS) * u64::from(geometry.block_size);
            spans
                .iter()
                .for_each(|span| assert_span(*span, geometry, limit));
            assert!(spans.iter().map(|span| span.length).sum::<u64>() <= limit);
        }
        Plan::LbaStatus { span, .. } => assert_span(*span, geometry, u64::MAX),
        Plan::Parameters { length } => assert!((1..=65535).contains(length)),
        Plan::Answer(data) => assert!(data.len() as u64 <= allocation(command).unwrap()),
        Plan::Probe | Plan::Flush | Plan::Good | Plan::Settle | Plan::Conflict | Plan::Fail(_) => {}
    }
    assert!(plan.data_out() as u64 <= limits::MAX_TRANSFER);
    assert!(plan.data_in() as u64 <= limits::MAX_TRANSFER);
}

proptest! {
    #[test]
    fn plans_are_bounded(cdb in cdbs(), geometry in geometries(), expected in 0_usize..1 << 21) {
        let mut initiator = Initiator::new(geometry);
        if let Ok(command) = Command::parse(&cdb) {
            let plan = initiator.unit.plan(&mut initiator.nexus, &command);
            assert_bounded(&plan, &command, &geometry);
            assert_bounded(&no_unit(&command), &command, &geometry);
            let plan = plan.expecting(expected, geometry.block_size);
            assert_bounded(&plan, &command, &geometry);
            prop_assert!(plan.data_out() <= expected);
            let nothing = matches!(plan, Plan::CompareAndWrite { span, .. } if span.length == 0);
            prop_assert!(!nothing, "no blocks are settled before data is moved");
        }
    }

    #[test]
    fn parameter_lists_are_refused_or_bounded(
        list in prop::collection::vec(any::<u8>(), 0..300),
        geometry in geometries(),
        unmap in any::<bool>(),
    ) {
        let mut initiator = Initiator::new(geometry);
        let cdb = if unmap { padded(&ten(0x42, 0, 0, 300)) } else { padded(&[0x15, 0x10, 0, 0, 200]) };
        let command = Command::parse(&cdb).unwrap();
        let plan = initiator.unit.parameters(&mut initiator.nexus, &command, &list);
        assert_bounded(&plan, &command, &geometry);
    }

    #[test]
    fn sense_data_says_its_own_length(
        information in any::<Option<u64>>(), field in any::<Option<(bool, u16, Option<u8>)>>(),
    ) {
        let field = field.map(|(cdb, byte, bit)| match cdb {
            true => FaultyField::Cdb { byte, bit },
            false => FaultyField::Parameters { byte, bit },
        });
        let sense = Sense { information, field, ..Sense::TARGET_FAILURE };
        for format in [SenseFormat::Fixed, SenseFormat::Descriptor] {
            let data = sense.encode(format);
            prop_assert_eq!(usize::from(data[7]) + 8, data.len());
        }
    }
}
