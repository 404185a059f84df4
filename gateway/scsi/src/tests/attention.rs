//! Unit attentions, REQUEST SENSE, and units that are not there.

use super::*;
use crate::{SenseKey, UnitAttention};

const TEST_UNIT_READY: [u8; 6] = [0; 6];
const INQUIRY: [u8; 6] = [0x12, 0, 0, 0, 36, 0];
const REQUEST_SENSE: [u8; 6] = [0x03, 0, 0, 0, 252, 0];
const REPORT_LUNS: [u8; 12] = [0xa0, 0, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0];

#[test]
fn an_attention_holds_up_one_command_but_not_inquiry_or_report_luns() {
    let mut initiator = Initiator::new(GEOMETRY);
    initiator.nexus.post(UnitAttention::PowerOn);

    assert_eq!(initiator.data(&INQUIRY).len(), 36);
    assert_eq!(initiator.data(&REPORT_LUNS).len(), 16);
    let sense = initiator.failure(&TEST_UNIT_READY);
    assert_eq!(
        (sense.key, sense.code),
        (
            SenseKey::UnitAttention,
            AdditionalSense::POWER_ON_RESET_OR_BUS_DEVICE_RESET_OCCURRED
        )
    );
    assert_eq!(initiator.send(&TEST_UNIT_READY), Plan::Good);
}

#[test]
fn every_other_command_is_held_up() {
    let mut initiator = Initiator::new(GEOMETRY);
    let expected = Plan::Fail(UnitAttention::ItNexusLoss.sense());
    for definition in crate::command::TABLE {
        let (opcode, action) = (definition.opcode(), definition.action().unwrap_or(0));
        let passes = matches!(opcode, 0x03 | 0x12 | 0xa0);
        initiator.nexus.post(UnitAttention::ItNexusLoss);
        let plan = initiator.send(&[opcode, action]);
        assert_eq!(plan == expected, !passes, "{opcode:02x}/{action:02x}");
        initiator.nexus.clear();
    }
}

#[test]
fn request_sense_answers_with_the_attention_and_clears_it() {
    let mut initiator = Initiator::new(GEOMETRY);
    initiator.nexus.post(UnitAttention::CapacityDataChanged);

    let sense = initiator.data(&REQUEST_SENSE);
    assert_eq!(
        (sense.len(), sense[2], sense[12], sense[13]),
        (18, 6, 0x2a, 0x09)
    );
    let sense = initiator.data(&[0x03, 1, 0, 0, 252, 0]);
    assert_eq!(sense, [0x72, 0, 0, 0, 0, 0, 0, 0]);
}

#[test]
fn a_malformed_command_is_refused_before_an_attention_is_heard() {
    let mut initiator = Initiator::new(GEOMETRY);
    initiator.nexus.post(UnitAttention::PowerOn);

    assert_eq!(initiator.failure(&[0xff]), Sense::INVALID_OPERATION_CODE);
    assert!(!initiator.nexus.is_empty());
}

#[test]
fn a_missing_unit_identifies_itself_as_such() {
    let absent = |cdb: &[u8]| no_unit(&Command::parse(&padded(cdb)).unwrap());

    let Plan::Answer(inquiry) = absent(&INQUIRY) else {
        panic!("INQUIRY works without a unit")
    };
    assert_eq!((inquiry[0], inquiry.len()), (0x7f, 36));
    let Plan::Answer(luns) = absent(&REPORT_LUNS) else {
        panic!("REPORT LUNS works without a unit")
    };
    assert_eq!(luns, [0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let Plan::Answer(sense) = absent(&REQUEST_SENSE) else {
        panic!("REQUEST SENSE works without a unit")
    };
    assert_eq!((sense[2], sense[12]), (5, 0x25));
    for cdb in [
        TEST_UNIT_READY,
        [0x08, 0, 0, 0, 1, 0],
        [0x15, 0x10, 0, 0, 4, 0],
    ] {
        assert_eq!(failure(absent(&cdb)), Sense::LOGICAL_UNIT_NOT_SUPPORTED);
    }
}

#[test]
fn report_luns_lists_lun_0_unless_only_well_known_ones_are_asked_for() {
    let mut initiator = Initiator::new(GEOMETRY);
    let mut select = |report: u8| {
        let mut cdb = REPORT_LUNS;
        cdb[2] = report;
        initiator.send(&cdb)
    };

    assert_eq!(select(0), select(2));
    assert_eq!(select(1), Plan::Answer(vec![0; 8]));
    assert_eq!(select(0x10), Plan::Fail(at(2, None)));
}
