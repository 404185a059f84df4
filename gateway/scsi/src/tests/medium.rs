//! Reading, writing, comparing: which bytes, and what is refused.

use super::*;
use crate::{Span, limits};

const READ_ONLY: Geometry = Geometry {
    read_only: true,
    ..GEOMETRY
};

fn span(lba: u64, blocks: u64) -> Span {
    Span {
        offset: lba * 512,
        length: blocks * 512,
    }
}

fn write(lba: u64, blocks: u64, stable: bool, verify: bool) -> Plan {
    Plan::Write {
        span: span(lba, blocks),
        stable,
        verify,
    }
}

/// The CDB of every command that names blocks by an LBA and a length, with neither beyond its
/// field.
fn ranged(lba: u32, blocks: u16) -> Vec<Vec<u8>> {
    let mut cdbs = Vec::new();
    for opcode in [0x28, 0x2a, 0x2e, 0x2f, 0x34, 0x35, 0x41] {
        cdbs.push(ten(opcode, 0, lba, blocks).to_vec());
    }
    for opcode in [0xa8, 0xaa, 0xae, 0xaf] {
        cdbs.push(twelve(opcode, 0, lba, blocks.into()).to_vec());
    }
    for opcode in [0x88, 0x8a, 0x8e, 0x8f, 0x90, 0x91, 0x93] {
        cdbs.push(sixteen(opcode, 0, lba.into(), blocks.into()).to_vec());
    }
    cdbs
}

#[test]
fn transfers_are_in_bytes() {
    let mut initiator = Initiator::new(GEOMETRY);
    let read = |lba, blocks| Plan::Read {
        span: span(lba, blocks),
    };

    assert_eq!(initiator.send(&[0x08, 0x01, 2, 3, 4, 0]), read(0x1_0203, 4));
    assert_eq!(initiator.send(&[0x08, 0, 0, 0, 0, 0]), read(0, 256));
    assert_eq!(initiator.send(&ten(0x28, 0x18, 5, 6)), read(5, 6));
    assert_eq!(initiator.send(&twelve(0xa8, 0, 5, 6)), read(5, 6));
    assert_eq!(initiator.send(&sixteen(0x88, 0, 5, 6)), read(5, 6));
    assert_eq!(
        initiator.send(&[0x0a, 0, 0, 7, 1, 0]),
        write(7, 1, false, false)
    );
    assert_eq!(
        initiator.send(&twelve(0xaa, 0x10, 7, 1)),
        write(7, 1, false, false)
    );
    // FUA, and FUA_NV of SBC-2.
    assert_eq!(
        initiator.send(&ten(0x2a, 0x08, 7, 1)),
        write(7, 1, true, false)
    );
    assert_eq!(
        initiator.send(&sixteen(0x8a, 0x02, 7, 1)),
        write(7, 1, true, false)
    );
    assert_eq!(
        initiator.send(&ten(0x2e, 0x12, 7, 1)),
        write(7, 1, true, true)
    );
}

#[test]
fn verify_compares_as_bytchk_says() {
    let mut initiator = Initiator::new(GEOMETRY);
    let verify = |compare| Plan::Verify {
        span: span(1, 2),
        compare,
    };

    let readable = initiator.send(&ten(0x2f, 0, 1, 2));
    assert_eq!((&readable, readable.data_out()), (&verify(false), 0));
    let data = initiator.send(&twelve(0xaf, 0x12, 1, 2));
    assert_eq!((&data, data.data_out()), (&verify(true), 1024));
    let pattern = initiator.send(&sixteen(0x8f, 0x06, 1, 2));
    assert_eq!(pattern.data_out(), 512);
    assert!(matches!(pattern, Plan::VerifyPattern { .. }));
    assert_eq!(initiator.failure(&ten(0x2f, 0x04, 1, 2)), at(1, Some(2)));
    // WRITE AND VERIFY has no pattern.
    assert_eq!(initiator.failure(&ten(0x2e, 0x06, 1, 2)), at(1, Some(2)));
}

#[test]
fn blocks_must_all_be_there() {
    let mut initiator = Initiator::new(GEOMETRY);
    let beyond = [
        (BLOCKS - 1, 2),
        (BLOCKS, 1),
        (BLOCKS + 1, 0),
        (0x8000_0000, 1),
        (u32::MAX, 256),
    ];
    for (lba, blocks) in beyond {
        for cdb in ranged(lba, blocks) {
            let expected = if matches!(cdb[0], 0x41 | 0x93) && blocks == 0 {
                AdditionalSense::INVALID_FIELD_IN_CDB
            } else {
                AdditionalSense::LBA_OUT_OF_RANGE
            };
            assert_eq!(initiator.failure(&cdb).code, expected, "{cdb:02x?}");
        }
    }
    for opcode in [0x88, 0x8a, 0x8e, 0x8f, 0x90, 0x91, 0x93] {
        let sense = initiator.failure(&sixteen(opcode, 0, u64::MAX, u32::MAX));
        assert_eq!(sense, Sense::LBA_OUT_OF_RANGE);
    }
    for cdb in ranged(BLOCKS - 1, 1) {
        assert!(!matches!(initiator.send(&cdb), Plan::Fail(_)), "{cdb:02x?}");
    }
}

#[test]
fn no_blocks_at_all_are_good_up_to_the_end_if_the_image_may_be_reached() {
    let mut initiator = Initiator::new(GEOMETRY);
    for lba in [0, BLOCKS] {
        for cdb in ranged(lba, 0) {
            let expected = match cdb[0] {
                0x35 | 0x91 => Plan::Flush,
                0x41 | 0x93 => continue,
                _ => Plan::Probe,
            };
            assert_eq!(initiator.send(&cdb), expected, "{cdb:02x?}");
        }
    }
}

#[test]
fn one_buffer_is_the_longest_transfer() {
    let mut initiator = Initiator::new(GEOMETRY);
    for opcode in [0x88, 0x8a, 0x8e, 0x8f] {
        let longest = initiator.send(&sixteen(opcode, 0, 0, 2048));
        assert!(longest.data_out().max(longest.data_in()) as u64 <= limits::MAX_TRANSFER);
        assert!(!matches!(longest, Plan::Fail(_)));
        let sense = initiator.failure(&sixteen(opcode, 0, 0, 2049));
        assert_eq!(sense.code, AdditionalSense::INVALID_FIELD_IN_CDB);
    }
}

#[test]
fn protection_information_is_not_supported() {
    let mut initiator = Initiator::new(GEOMETRY);
    for protect in 1..8 {
        for mut cdb in ranged(0, 1) {
            if !matches!(cdb[0], 0x34 | 0x35 | 0x90 | 0x91) {
                cdb[1] = protect << 5;
                let bit = 5 + u8::try_from(protect.ilog2()).unwrap();
                assert_eq!(initiator.failure(&cdb), at(1, Some(bit)), "{cdb:02x?}");
            }
        }
    }
}

#[test]
fn a_read_only_unit_refuses_every_write_and_reads() {
    let mut initiator = Initiator::new(READ_ONLY);
    let mut writes = ranged(0, 1);
    writes.retain(|cdb| {
        matches!(
            cdb[0],
            0x2a | 0x2e | 0x41 | 0xaa | 0xae | 0x8a | 0x8e | 0x93
        )
    });
    assert_eq!(writes.len(), 8);
    writes.push(vec![0x0a, 0, 0, 0, 1, 0]);
    writes.push(ten(0x41, 0x08, 0, 1).to_vec());
    writes.push(ten(0x42, 0, 0, 24).to_vec());
    let mut compare = sixteen(0x89, 0, 0, 0);
    compare[13] = 1;
    writes.push(compare.to_vec());
    for cdb in writes {
        assert_eq!(
            initiator.failure(&cdb),
            Sense::WRITE_PROTECTED,
            "{cdb:02x?}"
        );
    }
    assert_eq!(
        initiator.send(&ten(0x28, 0, 0, 1)),
        Plan::Read { span: span(0, 1) }
    );
    assert_eq!(initiator.send(&ten(0x35, 0, 0, 0)), Plan::Probe);
}

#[test]
fn compare_and_write_takes_both_halves_in_one_buffer() {
    let mut cdb = sixteen(0x89, 0x08, 3, 0);
    cdb[13] = 255;
    let plan = Initiator::new(GEOMETRY).send(&cdb);
    assert_eq!(plan.data_out(), 2 * 255 * 512);
    assert_eq!(
        plan,
        Plan::CompareAndWrite {
            span: span(3, 255),
            stable: true
        }
    );

    let mut large = Initiator::new(Geometry {
        block_size: 4096,
        ..GEOMETRY
    });
    cdb[13] = 128;
    assert_eq!(large.send(&cdb).data_out() as u64, limits::MAX_TRANSFER);
    cdb[13] = 129;
    assert_eq!(
        large.failure(&cdb).code,
        AdditionalSense::INVALID_FIELD_IN_CDB
    );
}

#[test]
fn or_write_takes_as_much_data_as_it_changes() {
    let mut initiator = Initiator::new(GEOMETRY);
    let plan = Plan::OrWrite {
        span: span(3, 8),
        stable: true,
    };
    assert_eq!(initiator.send(&sixteen(0x8b, 0x08, 3, 8)), plan);
    assert_eq!(plan.data_out(), 8 * 512);
    assert_eq!(initiator.send(&sixteen(0x8b, 0, 3, 0)), Plan::Probe);
    let short = Plan::Fail(Sense::INVALID_FIELD_IN_COMMAND_INFORMATION_UNIT);
    assert_eq!(plan.expecting(7 * 512, 512), short);
}

#[test]
fn a_disk_without_platters_has_no_defects() {
    let mut initiator = Initiator::new(GEOMETRY);
    // Both lists in the short block format; what is not asked for is not there either.
    let ten = [0x37, 0, 0x18, 0, 0, 0, 0, 0, 255, 0];
    let expected = Plan::Answer(vec![0, 0x18, 0, 0]);
    assert_eq!(initiator.send(&ten), expected);
    let twelve = [0xb7, 0x0d, 0, 0, 0, 0, 0, 0, 0, 255, 0, 0];
    let expected = Plan::Answer(vec![0, 0x0d, 0, 0, 0, 0, 0, 0]);
    assert_eq!(initiator.send(&twelve), expected);
}

#[test]
fn stopping_makes_the_medium_current_and_leaves_the_unit_ready() {
    let mut initiator = Initiator::new(GEOMETRY);

    assert_eq!(initiator.send(&[0x1b, 1, 0, 0, 0, 0]), Plan::Flush);
    assert_eq!(initiator.send(&[0x1b, 1, 0, 0, 4, 0]), Plan::Good);
    assert_eq!(initiator.send(&[0x1b, 0, 0, 0, 1, 0]), Plan::Good);
    assert_eq!(initiator.send(&[0; 6]), Plan::Good);
    // There is nothing to eject, and there are no power conditions.
    assert_eq!(initiator.failure(&[0x1b, 0, 0, 0, 2, 0]), at(4, Some(1)));
    assert_eq!(initiator.failure(&[0x1b, 0, 0, 0, 0x30, 0]), at(4, Some(5)));
}

#[test]
fn data_that_does_not_fit_the_cdb_never_tears_a_block() {
    let refused = Plan::Fail(Sense::INVALID_FIELD_IN_COMMAND_INFORMATION_UNIT);
    let mut initiator = Initiator::new(GEOMETRY);
    let two = initiator.send(&ten(0x2a, 0, 0, 2));

    assert_eq!(two.clone().expecting(0, 512), Plan::Probe);
    assert_eq!(two.clone().expecting(200, 512), refused);
    assert_eq!(two.clone().expecting(512, 512), write(0, 1, false, false));
    assert_eq!(two.clone().expecting(10_000, 512), two);

    let same = initiator.send(&ten(0x41, 0x08, 0, 1));
    assert!(matches!(
        same.clone().expecting(0, 512),
        Plan::WriteSame {
            zeroes: true,
            unmap: true,
            ..
        }
    ));
    assert_eq!(same.clone().expecting(256, 512), refused);
    assert_eq!(same.clone().expecting(1024, 512), refused);
    assert_eq!(same.clone().expecting(512, 512), same);

    let verify = initiator.send(&ten(0x2f, 0x02, 0, 2));
    assert_eq!(verify.expecting(512, 512), refused);
    let mut compare = sixteen(0x89, 0, 0, 0);
    compare[13] = 1;
    let wrong = Plan::Fail(at(13, None));
    assert_eq!(initiator.send(&compare).expecting(2048, 512), wrong);
    // 256 blocks, in a byte; no blocks at all.
    compare[13] = 0;
    assert_eq!(
        initiator.send(&compare).expecting(2 * 256 * 512, 512),
        wrong
    );
    assert_eq!(initiator.send(&compare).expecting(0, 512), Plan::Probe);
    let read = initiator.send(&ten(0x28, 0, 0, 1));
    assert_eq!(read.clone().expecting(512, 512), read);
}

#[test]
fn capacity_is_reported_in_both_forms() {
    let mut initiator = Initiator::new(GEOMETRY);
    let read_16 = |allocation: u32| sixteen(0x9e, 0x10, 0, allocation);

    let short = initiator.data(&[0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(short, [0x00, 0x01, 0xff, 0xff, 0, 0, 2, 0]);
    let mut long = vec![0, 0, 0, 0, 0, 1, 0xff, 0xff, 0, 0, 2, 0, 0, 3, 0xc0];
    long.resize(32, 0);
    assert_eq!(initiator.data(&read_16(u32::MAX)), long);
    for allocation in 0..16 {
        let data = initiator.data(&read_16(allocation));
        assert_eq!(data, long[..allocation as usize]);
    }

    let mut large = Initiator::new(Geometry {
        size: 1 << 42,
        discard: false,
        ..GEOMETRY
    });
    let short = large.data(&[0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(short[..4], [0xff; 4]);
    assert_eq!(
        large.data(&read_16(32))[..8],
        [0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff]
    );
    assert_eq!(large.data(&read_16(32))[14], 0);
}

#[test]
fn an_image_without_a_block_is_not_ready() {
    let mut initiator = Initiator::new(Geometry {
        size: 0,
        ..GEOMETRY
    });
    let not_ready = Sense::MANUAL_INTERVENTION_REQUIRED;

    assert_eq!(initiator.failure(&[0; 6]), not_ready);
    assert_eq!(
        initiator.failure(&[0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        not_ready
    );
    assert_eq!(
        initiator.failure(&ten(0x28, 0, 0, 1)),
        Sense::LBA_OUT_OF_RANGE
    );
}
