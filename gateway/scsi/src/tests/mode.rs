//! MODE SENSE and MODE SELECT.

use super::*;
use crate::{SenseFormat, UnitAttention};

fn sense_6(flags: u8, page: u8, subpage: u8) -> [u8; 6] {
    [0x1a, flags, page, subpage, 255, 0]
}

/// A MODE SELECT(6) list with the control page.
fn control(d_sense: u8, swp: u8) -> [u8; 16] {
    [
        0, 0, 0, 0, 0x0a, 0x0a, d_sense, 0x10, swp, 0, 0, 0, 0xff, 0xff, 0, 0,
    ]
}

fn select(initiator: &mut Initiator, list: &[u8]) -> Plan {
    let length = u8::try_from(list.len()).unwrap();
    initiator.send_with(&[0x15, 0x10, 0, 0, length, 0], list)
}

#[test]
fn all_pages_with_a_block_descriptor() {
    let data = Initiator::new(GEOMETRY).data(&sense_6(0, 0x3f, 0));

    let mut expected = vec![67, 0, 0x10, 8, 0x00, 0x02, 0, 0, 0, 0, 2, 0];
    expected.extend([0x01, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    expected.extend([
        0x08, 0x12, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ]);
    expected.extend([0x0a, 0x0a, 0, 0x10, 0, 0, 0, 0, 0xff, 0xff, 0, 0]);
    expected.extend([0x1c, 0x0a, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(data, expected);
}

#[test]
fn subpages_are_sent_when_asked_for() {
    let mut initiator = Initiator::new(GEOMETRY);

    let all = initiator.data(&sense_6(8, 0x3f, 0xff));
    let without = initiator.data(&sense_6(8, 0x3f, 0));
    assert_eq!(all.len(), without.len() + 32);
    let both = initiator.data(&sense_6(8, 0x0a, 0xff));
    assert_eq!((both.len(), both[0]), (4 + 12 + 32, 47));
    let one = initiator.data(&sense_6(8, 0x0a, 1));
    assert_eq!(one[4..8], [0x4a, 0x01, 0x00, 0x1c]);
}

#[test]
fn unknown_pages_and_saved_values_are_refused() {
    let mut initiator = Initiator::new(GEOMETRY);

    assert_eq!(initiator.failure(&sense_6(8, 0x02, 0)), at(2, Some(5)));
    assert_eq!(initiator.failure(&sense_6(8, 0x0a, 5)), at(3, None));
    assert_eq!(initiator.failure(&sense_6(8, 0x3f, 1)), at(3, None));
    let saved = initiator.failure(&sense_6(8, 0xc8, 0));
    assert_eq!(saved, Sense::SAVING_PARAMETERS_NOT_SUPPORTED);
}

#[test]
fn changeable_values_are_a_mask_and_defaults_stay() {
    let mut initiator = Initiator::new(GEOMETRY);
    assert_eq!(select(&mut initiator, &control(4, 0)), Plan::Good);

    let mask = initiator.data(&sense_6(8, 0x4a, 0));
    assert_eq!(mask[4..], [0x0a, 0x0a, 4, 0, 8, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(initiator.data(&sense_6(8, 0x0a, 0))[6], 4);
    assert_eq!(initiator.data(&sense_6(8, 0x8a, 0))[6], 0);
    assert_eq!(initiator.data(&sense_6(8, 0x48, 0))[6..], [0; 18]);
}

#[test]
fn the_long_header_carries_a_long_descriptor_if_it_may() {
    let mut initiator = Initiator::new(Geometry {
        size: 1 << 42,
        read_only: true,
        ..GEOMETRY
    });

    let short = initiator.data(&[0x5a, 0, 8, 0, 0, 0, 0, 0, 255, 0]);
    assert_eq!(
        short[..16],
        [0, 34, 0, 0x90, 0, 0, 0, 8, 255, 255, 255, 255, 0, 0, 2, 0]
    );
    let long = initiator.data(&[0x5a, 0x10, 8, 0, 0, 0, 0, 0, 255, 0]);
    assert_eq!(long[..8], [0, 42, 0, 0x90, 1, 0, 0, 16]);
    assert_eq!(
        long[8..24],
        [0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0]
    );
}

#[test]
fn software_write_protection_takes_effect_and_is_announced() {
    let mut initiator = Initiator::new(GEOMETRY);
    let write = ten(0x2a, 0, 0, 1);

    assert_eq!(select(&mut initiator, &control(0, 8)), Plan::Good);
    let announced = initiator.unit.affects_others();
    assert_eq!(announced, Some(UnitAttention::ModeParametersChanged));
    assert_eq!(initiator.failure(&write), Sense::SOFTWARE_WRITE_PROTECTED);
    assert_eq!(initiator.data(&sense_6(8, 0x0a, 0))[2], 0x90);
    // The same values again change nothing.
    assert_eq!(select(&mut initiator, &control(0, 8)), Plan::Good);
    assert_eq!(initiator.unit.affects_others(), None);

    assert_eq!(select(&mut initiator, &control(0, 0)), Plan::Good);
    assert!(matches!(initiator.send(&write), Plan::Write { .. }));
}

#[test]
fn a_reset_restores_the_defaults() {
    let mut initiator = Initiator::new(GEOMETRY);
    assert_eq!(select(&mut initiator, &control(4, 8)), Plan::Good);
    assert_eq!(initiator.unit.sense_format(), SenseFormat::Descriptor);

    assert!(!initiator.unit.reset(), "nothing was reserved");

    assert_eq!(initiator.unit.sense_format(), SenseFormat::Fixed);
    assert!(matches!(
        initiator.send(&ten(0x2a, 0, 0, 1)),
        Plan::Write { .. }
    ));
}

#[test]
fn what_mode_sense_answers_can_be_selected() {
    let mut initiator = Initiator::new(GEOMETRY);
    let mut list = initiator.data(&sense_6(0, 0x3f, 0xff));
    (list[0], list[2]) = (0, 0);
    assert_eq!(select(&mut initiator, &list), Plan::Good);

    let mut list = initiator.data(&[0x5a, 0x10, 0x3f, 0, 0, 0, 0, 0, 255, 0]);
    (list[1], list[3]) = (0, 0);
    let length = u8::try_from(list.len()).unwrap();
    let plan = initiator.send_with(&[0x55, 0x10, 0, 0, 0, 0, 0, 0, length, 0], &list);
    assert_eq!(plan, Plan::Good);
    assert_eq!(initiator.unit.affects_others(), None);
}

#[test]
fn a_list_with_one_bad_field_changes_nothing() {
    let mut initiator = Initiator::new(GEOMETRY);
    let mut refuse = |list: &[u8], sense: Sense| {
        assert_eq!(failure(select(&mut initiator, list)), sense, "{list:02x?}");
        assert_eq!(initiator.unit.sense_format(), SenseFormat::Fixed);
    };
    let good = control(4, 0);

    // QUEUE ALGORITHM MODIFIER is not changeable; neither is WCE, in a page after a good one.
    let mut list = good;
    list[7] = 0;
    refuse(&list, Sense::invalid_parameter(7, Some(4)));
    let mut two = good.to_vec();
    two.extend([0x08, 0x12]);
    two.resize(36, 0);
    refuse(&two, Sense::invalid_parameter(18, Some(2)));
    // An unknown page, a wrong length, a page cut short.
    let mut list = good;
    list[4] = 0x02;
    refuse(&list, Sense::invalid_parameter(4, Some(5)));
    let mut list = good;
    list[5] = 9;
    refuse(&list, Sense::invalid_parameter(5, None));
    refuse(&good[..15], Sense::PARAMETER_LIST_LENGTH_ERROR);
    // A medium type; a block descriptor of another length; another block length.
    refuse(&[0, 1, 0, 0], Sense::invalid_parameter(1, None));
    refuse(&[0, 0, 0, 7], Sense::invalid_parameter(3, None));
    refuse(
        &[0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 16, 0],
        Sense::invalid_parameter(9, None),
    );
    refuse(
        &[0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 2, 0],
        Sense::invalid_parameter(4, None),
    );
}

#[test]
fn saving_and_vendor_pages_are_refused() {
    let mut initiator = Initiator::new(GEOMETRY);

    assert_eq!(
        initiator.failure(&[0x15, 0x11, 0, 0, 16, 0]),
        at(1, Some(0))
    );
    assert_eq!(initiator.failure(&[0x15, 0, 0, 0, 16, 0]), at(1, Some(4)));
    assert_eq!(initiator.send(&[0x15, 0x10, 0, 0, 0, 0]), Plan::Good);
    let short = initiator.failure(&[0x55, 0x10, 0, 0, 0, 0, 0, 0, 7, 0]);
    assert_eq!(short, Sense::PARAMETER_LIST_LENGTH_ERROR);
}
