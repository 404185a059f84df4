//! UNMAP, WRITE SAME, GET LBA STATUS.

use super::*;
use crate::{Span, limits};

const NO_DISCARD: Geometry = Geometry {
    discard: false,
    ..GEOMETRY
};

/// An UNMAP parameter list.
fn list(descriptors: &[(u64, u32)]) -> Vec<u8> {
    let length = u16::try_from(16 * descriptors.len()).unwrap();
    let mut list = Vec::new();
    list.extend((length + 6).to_be_bytes());
    list.extend(length.to_be_bytes());
    list.extend([0; 4]);
    for (lba, blocks) in descriptors {
        list.extend(lba.to_be_bytes());
        list.extend(blocks.to_be_bytes());
        list.extend([0; 4]);
    }
    list
}

fn unmap(initiator: &mut Initiator, list: &[u8]) -> Plan {
    initiator.send_with(&ten(0x42, 0, 0, u16::try_from(list.len()).unwrap()), list)
}

fn spans(spans: &[(u64, u64)]) -> Plan {
    let spans = spans.iter().map(|(offset, length)| Span {
        offset: *offset,
        length: *length,
    });
    Plan::Unmap {
        spans: spans.collect(),
    }
}

#[test]
fn adjoining_descriptors_become_one_span_and_empty_ones_none() {
    let mut initiator = Initiator::new(GEOMETRY);
    let last = u64::from(BLOCKS) - 1;

    let plan = unmap(&mut initiator, &list(&[(0, 4), (9, 0), (4, 4), (last, 1)]));
    assert_eq!(plan, spans(&[(0, 4096), (last * 512, 512)]));
    let nothing = [(0, 0), (u64::from(BLOCKS), 0)];
    assert_eq!(unmap(&mut initiator, &list(&nothing)), Plan::Probe);
    assert_eq!(unmap(&mut initiator, &list(&[])), Plan::Probe);
    assert_eq!(initiator.send(&ten(0x42, 0, 0, 0)), Plan::Probe);
}

#[test]
fn a_descriptor_beyond_the_end_undoes_all() {
    let mut initiator = Initiator::new(GEOMETRY);
    for beyond in [(u64::from(BLOCKS), 1), (u64::MAX, u32::MAX), (u64::MAX, 0)] {
        let plan = unmap(&mut initiator, &list(&[(0, 1), beyond]));
        assert_eq!(failure(plan), Sense::LBA_OUT_OF_RANGE);
    }
}

#[test]
fn an_unmap_list_is_bounded_and_whole() {
    let mut initiator = Initiator::new(Geometry {
        size: 1 << 40,
        ..GEOMETRY
    });
    let most = limits::MAX_UNMAP_BLOCKS;

    let longest = unmap(&mut initiator, &list(&[(1, most)]));
    assert_eq!(longest, spans(&[(512, u64::from(most) * 512)]));
    let plan = unmap(&mut initiator, &list(&[(0, most), (1 << 30, 1)]));
    assert_eq!(failure(plan), Sense::invalid_parameter(32, None));
    let many = vec![(0, 1); 256];
    assert!(matches!(
        unmap(&mut initiator, &list(&many)),
        Plan::Unmap { .. }
    ));
    let plan = unmap(&mut initiator, &list(&vec![(0, 1); 257]));
    assert_eq!(failure(plan), Sense::invalid_parameter(2, None));

    let truncated = &list(&[(0, 1)])[..23];
    let plan = unmap(&mut initiator, truncated);
    assert_eq!(failure(plan), Sense::PARAMETER_LIST_LENGTH_ERROR);
    let sense = initiator.failure(&ten(0x42, 0, 0, 7));
    assert_eq!(sense, Sense::PARAMETER_LIST_LENGTH_ERROR);
    // ANCHOR: there are no anchored blocks.
    assert_eq!(initiator.failure(&ten(0x42, 1, 0, 24)), at(1, Some(0)));
}

#[test]
fn write_same_is_bounded_and_never_of_nothing() {
    let mut initiator = Initiator::new(GEOMETRY);
    let longest = u16::try_from(limits::MAX_WRITE_SAME / 512).unwrap();

    let plan = initiator.send(&ten(0x41, 0, 1, longest));
    let Plan::WriteSame {
        span,
        unmap,
        zeroes,
        block,
    } = plan
    else {
        panic!("{plan:?}")
    };
    assert_eq!((span.offset, span.length), (512, limits::MAX_WRITE_SAME));
    assert_eq!(
        (unmap, zeroes, block, plan.data_out()),
        (false, false, 512, 512)
    );
    for blocks in [0, longest + 1] {
        let sense = initiator.failure(&ten(0x41, 0x08, 1, blocks));
        assert_eq!(sense.code, AdditionalSense::INVALID_FIELD_IN_CDB);
    }
    // UNMAP and NDOB.
    let plan = initiator.send(&sixteen(0x93, 0x09, 0, 1));
    assert_eq!(plan.data_out(), 0);
    assert!(matches!(
        plan,
        Plan::WriteSame {
            unmap: true,
            zeroes: true,
            ..
        }
    ));
    // ANCHOR, with UNMAP and without.
    assert_eq!(
        initiator.failure(&sixteen(0x93, 0x18, 0, 1)),
        at(1, Some(4))
    );
    assert_eq!(initiator.failure(&ten(0x41, 0x10, 0, 1)), at(1, Some(4)));
}

#[test]
fn a_unit_that_does_not_discard_has_neither_unmap_nor_the_bit() {
    let mut initiator = Initiator::new(NO_DISCARD);

    let sense = initiator.failure(&ten(0x42, 0, 0, 24));
    assert_eq!(sense, Sense::INVALID_OPERATION_CODE);
    assert_eq!(initiator.failure(&ten(0x41, 0x08, 0, 1)), at(1, Some(3)));
    assert!(matches!(
        initiator.send(&ten(0x41, 0, 0, 1)),
        Plan::WriteSame { .. }
    ));
}

#[test]
fn lba_status_runs_to_the_end_of_the_unit() {
    let mut initiator = Initiator::new(GEOMETRY);
    let last = u64::from(BLOCKS) - 1;

    let plan = initiator.send(&sixteen(0x9e, 0x12, last, 24));
    let span = Span {
        offset: last * 512,
        length: 512,
    };
    assert_eq!(
        plan,
        Plan::LbaStatus {
            span,
            allocation: 24
        }
    );
    let plan = initiator.send(&sixteen(0x9e, 0x12, 0, u32::MAX));
    assert_eq!(plan.data_in(), limits::MAX_LBA_STATUS);
    for lba in [last + 1, last + 2, 1 << 63, u64::MAX] {
        let sense = initiator.failure(&sixteen(0x9e, 0x12, lba, 24));
        assert_eq!(sense, Sense::LBA_OUT_OF_RANGE);
    }
}
