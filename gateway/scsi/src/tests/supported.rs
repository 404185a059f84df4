//! REPORT SUPPORTED OPERATION CODES tells the truth about the parser.

use super::*;
use proptest::prelude::*;

fn report(options: u8, opcode: u8, action: u16) -> [u8; 12] {
    let [high, low] = action.to_be_bytes();
    [
        0xa3, 0x0c, options, opcode, high, low, 0, 0, 0xff, 0xff, 0, 0,
    ]
}

/// (opcode, service action) of all commands that are reported.
fn reported(initiator: &mut Initiator) -> Vec<(u8, Option<u16>)> {
    let data = initiator.data(&report(0, 0, 0));
    let length = u32::from_be_bytes(data[..4].try_into().unwrap());
    assert_eq!(length as usize, data.len() - 4);
    data[4..]
        .chunks(8)
        .map(|one| {
            let action = u16::from_be_bytes([one[2], one[3]]);
            assert_eq!(one[5] & 0x02, 0);
            assert!(one[5] == 1 || action == 0);
            (one[0], (one[5] == 1).then_some(action))
        })
        .collect()
}

/// The CDB usage data of a command.
fn usage(initiator: &mut Initiator, (opcode, action): (u8, Option<u16>)) -> Vec<u8> {
    let option = if action.is_some() { 2 } else { 1 };
    let data = initiator.data(&report(option, opcode, action.unwrap_or(0)));
    assert_eq!((data[0], data[1], data[2]), (0, 3, 0));
    assert_eq!(usize::from(data[3]), data.len() - 4);
    data[4..].to_vec()
}

#[test]
fn each_reported_command_is_reported_alone_by_its_own_option_only() {
    let mut initiator = Initiator::new(GEOMETRY);
    let all = reported(&mut initiator);
    assert_eq!(all.len(), 53);
    for (opcode, action) in all {
        let sa = action.unwrap_or(0);
        let wrong = if action.is_some() { 1 } else { 2 };
        // A pointer to byte 1 would read as "this service action is not supported".
        assert_eq!(
            initiator.failure(&report(wrong, opcode, sa)),
            at(2, Some(2))
        );
        assert_eq!(usage(&mut initiator, (opcode, action))[0], opcode);
        assert_eq!(initiator.data(&report(3, opcode, sa))[1], 3);
    }
}

#[test]
fn what_is_not_there_is_not_supported() {
    let mut initiator = Initiator::new(GEOMETRY);

    for cdb in [
        report(1, 0x5d, 0),
        report(2, 0x83, 1),
        report(2, 0xa3, 0x0a),
        report(3, 0x28, 9),
    ] {
        assert_eq!(initiator.data(&cdb), [0, 1, 0, 0]);
    }
    assert_eq!(initiator.failure(&report(4, 0x28, 0)), at(2, Some(2)));
}

#[test]
fn timeouts_descriptors_are_sent_when_asked_for() {
    let mut initiator = Initiator::new(GEOMETRY);

    let all = initiator.data(&report(0x80, 0, 0));
    for one in all[4..].chunks(20) {
        assert_eq!((one[5] & 2, one[8], one[9]), (2, 0, 0x0a));
    }
    let one = initiator.data(&report(0x81, 0x28, 0));
    assert_eq!(
        (one.len(), one[1], one[14..16].to_vec()),
        (4 + 10 + 12, 0x83, vec![0, 0x0a])
    );
}

#[test]
fn a_unit_that_does_not_discard_does_not_report_that_it_does() {
    let mut initiator = Initiator::new(Geometry {
        discard: false,
        ..GEOMETRY
    });

    assert!(!reported(&mut initiator).contains(&(0x42, None)));
    assert_eq!(usage(&mut initiator, (0x41, None))[1], 0);
    assert_eq!(usage(&mut initiator, (0x93, None))[1], 1);
}

#[test]
fn task_management_functions_in_both_forms() {
    let mut initiator = Initiator::new(GEOMETRY);
    let cdb = |options, length| [0xa3, 0x0d, options, 0, 0, 0, 0, 0, 0, length, 0, 0];

    assert_eq!(initiator.data(&cdb(0, 255)), [0xd8, 0, 0, 0]);
    let extended = initiator.data(&cdb(0x80, 255));
    assert_eq!((extended.len(), extended[3]), (16, 12));
    assert_eq!(initiator.failure(&cdb(0, 3)), at(6, None));
}

#[test]
fn unknown_operation_codes_and_service_actions_are_told_apart() {
    let mut initiator = Initiator::new(GEOMETRY);
    let known: Vec<u8> = reported(&mut initiator).iter().map(|one| one.0).collect();
    for opcode in (0..=u8::MAX).filter(|opcode| !known.contains(opcode)) {
        assert_eq!(initiator.failure(&[opcode]), Sense::INVALID_OPERATION_CODE);
    }
    assert_eq!(
        initiator.failure(&sixteen(0x9e, 0x11, 0, 0)),
        at(1, Some(4))
    );
    assert_eq!(initiator.failure(&[0xa3, 0x0a]), at(1, Some(4)));
}

/// Values within their usage mask that are reserved all the same: BYTCHK 10b, REPORTING OPTIONS
/// above 011b.
fn reserved_value(cdb: &[u8; 16]) -> bool {
    match cdb[0] {
        0x2f | 0xaf | 0x8f => cdb[1] & 0x06 == 0x04,
        0xa3 => cdb[1] & 0x1f == 0x0c && cdb[2] & 0x07 > 3,
        _ => false,
    }
}

proptest! {
    #[test]
    fn usage_data_says_exactly_which_bits_the_parser_takes(
        noise in any::<[u8; 16]>(), pick in any::<prop::sample::Index>(), stray in 0_u16..128,
    ) {
        let mut initiator = Initiator::new(GEOMETRY);
        let command = *pick.get(&reported(&mut initiator));
        let usage = usage(&mut initiator, command);
        let mut cdb = [0; 16];
        for (at, mask) in usage.iter().enumerate() {
            cdb[at] = noise[at] & mask;
        }
        cdb[0] = command.0;
        if let Some(action) = command.1 {
            cdb[1] = cdb[1] & !0x1f | u8::try_from(action).unwrap();
        }
        prop_assert_eq!(Command::parse(&cdb).is_err(), reserved_value(&cdb));

        let (byte, bit) = (usize::from(stray / 8), (stray % 8) as u8);
        let within = byte > 0 && byte < usage.len();
        let action = byte == 1 && bit < 5 && command.1.is_some();
        if within && !action && usage[byte] & (1 << bit) == 0 {
            cdb[byte] |= 1 << bit;
            let sense = Command::parse(&cdb).unwrap_err();
            prop_assert_eq!(sense, at(stray / 8, Some(bit)));
        }
    }
}
