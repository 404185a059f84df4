//! Golden bytes: wherever the standard draws a field, each of its bytes is its own place in the
//! PDU (0x10 at byte 16, and so on), so that a field in the wrong place cannot go unseen.

use super::*;
use crate::serial::{CmdSn, StatSn};

const TASK: InitiatorTaskTag = InitiatorTaskTag(0x1011_1213);
const TRANSFER: TargetTransferTag = TargetTransferTag(0x1415_1617);
const LUN: Lun = Lun([8, 9, 10, 11, 12, 13, 14, 15]);
const ISID: Isid = Isid([8, 9, 10, 11, 12, 13]);
const TSIH: Tsih = Tsih(0x0e0f);
const COMMAND: CmdSn = CmdSn::new(0x1819_1a1b);
const STATUS: StatSn = StatSn::new(0x1c1d_1e1f);
const LENGTH: u32 = 0x0005_0607;

fn length() -> SegmentLength {
    SegmentLength::try_from(LENGTH).unwrap()
}

/// The first four bytes, data or no data, and from byte 8 on the places that hold a field (from, up to).
fn expect(first: [u8; 4], data: bool, fields: &[(u8, u8)]) -> [u8; BHS] {
    let mut bytes = [0; BHS];
    bytes[..4].copy_from_slice(&first);
    if data {
        bytes[5..8].copy_from_slice(&[5, 6, 7]);
    }
    for place in fields.iter().flat_map(|&(from, to)| from..to) {
        bytes[usize::from(place)] = place;
    }
    bytes
}

fn with(mut bytes: [u8; BHS], at: usize, field: &[u8]) -> [u8; BHS] {
    bytes[at..at + field.len()].copy_from_slice(field);
    bytes
}

#[test]
fn nop_out() {
    let bytes = expect([0x40, 0x80, 0, 0], true, &[(8, 32)]);
    let pdu = NopOut {
        immediate: true,
        lun: LUN,
        initiator_task_tag: TASK,
        target_transfer_tag: TRANSFER,
        cmd_sn: COMMAND,
        exp_stat_sn: STATUS,
    };
    assert_eq!(pdu.encode(length()), bytes);
    assert_eq!(Request::parse(&bytes), Request::NopOut(pdu));
}

#[test]
fn scsi_command() {
    // F and W, ordered.
    let bytes = expect([0x01, 0xa2, 0, 0], true, &[(8, 48)]);
    let pdu = ScsiCommand {
        immediate: false,
        is_final: true,
        read: false,
        write: true,
        attribute: TaskAttribute::Ordered,
        lun: LUN,
        initiator_task_tag: TASK,
        expected_data_transfer_length: 0x1415_1617,
        cmd_sn: COMMAND,
        exp_stat_sn: STATUS,
        cdb: std::array::from_fn(|i| 32 + u8::try_from(i).unwrap()),
    };
    assert_eq!(pdu.encode(length()), bytes);
    assert_eq!(Request::parse(&bytes), Request::ScsiCommand(pdu));
}

#[test]
fn a_read_that_is_not_final_has_other_flags() {
    let bytes = expect([0x41, 0x43, 0, 0], false, &[]);
    let Request::ScsiCommand(pdu) = Request::parse(&bytes) else {
        panic!("a SCSI command")
    };
    assert!(pdu.immediate && pdu.read && !pdu.write && !pdu.is_final);
    assert_eq!(pdu.attribute, TaskAttribute::HeadOfQueue);
}

#[test]
fn task_management() {
    let bytes = expect([0x42, 0x81, 0, 0], false, &[(8, 40)]);
    let pdu = TaskManagement {
        immediate: true,
        function: TaskFunction::AbortTask,
        lun: LUN,
        initiator_task_tag: TASK,
        referenced_task_tag: InitiatorTaskTag(0x1415_1617),
        cmd_sn: COMMAND,
        exp_stat_sn: STATUS,
        ref_cmd_sn: CmdSn::new(0x2021_2223),
        exp_data_sn: 0x2425_2627,
    };
    assert_eq!(pdu.encode(), bytes);
    assert_eq!(Request::parse(&bytes), Request::TaskManagement(pdu));
}

#[test]
fn login_request() {
    // T, from operational to full feature; versions 2 and 3 at bytes 2 and 3.
    let bytes = expect([0x43, 0x87, 2, 3], true, &[(8, 22), (24, 32)]);
    let pdu = LoginRequest {
        immediate: true,
        transit: true,
        continued: false,
        current_stage: Some(Stage::Operational),
        next_stage: Some(Stage::FullFeature),
        version_max: 2,
        version_min: 3,
        isid: ISID,
        tsih: TSIH,
        initiator_task_tag: TASK,
        cid: Cid(0x1415),
        cmd_sn: COMMAND,
        exp_stat_sn: STATUS,
    };
    assert_eq!(pdu.encode(length()), bytes);
    assert_eq!(Request::parse(&bytes), Request::Login(pdu));
}

#[test]
fn text_request() {
    let bytes = expect([0x04, 0x40, 0, 0], true, &[(8, 32)]);
    let pdu = TextRequest {
        immediate: false,
        is_final: false,
        continued: true,
        lun: LUN,
        initiator_task_tag: TASK,
        target_transfer_tag: TRANSFER,
        cmd_sn: COMMAND,
        exp_stat_sn: STATUS,
    };
    assert_eq!(pdu.encode(length()), bytes);
    assert_eq!(Request::parse(&bytes), Request::Text(pdu));
}

#[test]
fn data_out() {
    let bytes = expect([0x05, 0x80, 0, 0], true, &[(8, 24), (28, 32), (36, 44)]);
    let pdu = DataOut {
        is_final: true,
        lun: LUN,
        initiator_task_tag: TASK,
        target_transfer_tag: TRANSFER,
        exp_stat_sn: STATUS,
        data_sn: 0x2425_2627,
        buffer_offset: 0x2829_2a2b,
    };
    assert_eq!(pdu.encode(length()), bytes);
    assert_eq!(Request::parse(&bytes), Request::DataOut(pdu));
}

#[test]
fn logout_request() {
    let bytes = expect([0x46, 0x81, 0, 0], false, &[(16, 22), (24, 32)]);
    let pdu = LogoutRequest {
        immediate: true,
        reason: LogoutReason::CloseConnection,
        initiator_task_tag: TASK,
        cid: Cid(0x1415),
        cmd_sn: COMMAND,
        exp_stat_sn: STATUS,
    };
    assert_eq!(pdu.encode(), bytes);
    assert_eq!(Request::parse(&bytes), Request::Logout(pdu));
}

#[test]
fn snack_and_unknown_opcodes() {
    let snack = expect([0x10, 0x81, 0, 0], false, &[(8, 24), (28, 32), (40, 48)]);
    let pdu = Snack {
        initiator_task_tag: TASK,
    };
    assert_eq!(Request::parse(&snack), Request::Snack(pdu));
    // A target's opcode, two that are nobody's, and one for vendors.
    for opcode in [opcode::NOP_IN, 0x07, 0x1d, 0x3e] {
        let bytes = expect([opcode, 0, 0, 0], false, &[]);
        assert_eq!(Request::parse(&bytes), Request::Unknown { opcode });
    }
}

#[test]
fn nop_in() {
    let pdu = NopIn {
        lun: LUN,
        initiator_task_tag: TASK,
        target_transfer_tag: TRANSFER,
        data_segment_length: length(),
    };
    let expected = expect([0x20, 0x80, 0, 0], true, &[(8, 24)]);
    let expected = with(expected, 24, &GOLDEN_NUMBERS);
    assert_eq!(pdu.encode(Numbers::GOLDEN), expected);
}

/// [`Numbers::GOLDEN`] as bytes 24 to 35.
const GOLDEN_NUMBERS: [u8; 12] = [
    0x24, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x2b, 0x2c, 0x2d, 0x2e, 0x2f,
];

#[test]
fn scsi_response() {
    let pdu = ScsiResponse {
        initiator_task_tag: TASK,
        response: ServiceResponse::Completed(0x02),
        residual: Residual::Underflow(0x2c2d_2e2f),
        bidirectional_read_residual: Residual::Overflow(0x2829_2a2b),
        exp_data_sn: 0x2425_2627,
        data_segment_length: length(),
    };
    let expected = expect([0x21, 0x92, 0, 0x02], true, &[(16, 20), (36, 48)]);
    let expected = with(expected, 24, &GOLDEN_NUMBERS);
    assert_eq!(pdu.encode(Numbers::GOLDEN), expected);
}

#[test]
fn scsi_response_with_the_other_flags() {
    let pdu = ScsiResponse {
        initiator_task_tag: TASK,
        response: ServiceResponse::TargetFailure,
        residual: Residual::Overflow(1),
        bidirectional_read_residual: Residual::Underflow(2),
        exp_data_sn: 0,
        data_segment_length: SegmentLength::ZERO,
    };
    let bytes = pdu.encode(Numbers::GOLDEN);
    assert_eq!(bytes[..4], [0x21, 0x8c, 0x01, 0x00]);
}

#[test]
fn task_management_response() {
    let pdu = TaskManagementResponse {
        initiator_task_tag: TASK,
        outcome: TaskManagementOutcome::Rejected,
    };
    let expected = expect([0x22, 0x80, 0xff, 0], false, &[(16, 20)]);
    let expected = with(expected, 24, &GOLDEN_NUMBERS);
    assert_eq!(pdu.encode(Numbers::GOLDEN), expected);
}

#[test]
fn login_response() {
    let pdu = LoginResponse {
        current_stage: Stage::Operational,
        progress: LoginProgress::Transits(Stage::FullFeature),
        isid: ISID,
        tsih: TSIH,
        initiator_task_tag: TASK,
        status: LoginStatus::NotFound,
        data_segment_length: length(),
    };
    let expected = expect([0x23, 0x87, 0, 0], true, &[(8, 20)]);
    let expected = with(expected, 24, &GOLDEN_NUMBERS);
    let expected = with(expected, 36, &[0x02, 0x03]);
    assert_eq!(pdu.encode(Numbers::GOLDEN), expected);
}

#[test]
fn login_response_that_stays_or_continues() {
    let mut pdu = LoginResponse {
        current_stage: Stage::Security,
        progress: LoginProgress::Continues,
        isid: ISID,
        tsih: Tsih::NONE,
        initiator_task_tag: TASK,
        status: LoginStatus::Success,
        data_segment_length: SegmentLength::ZERO,
    };
    assert_eq!(pdu.encode(Numbers::GOLDEN)[1], 0x40);
    pdu.progress = LoginProgress::Stays;
    pdu.current_stage = Stage::Operational;
    assert_eq!(pdu.encode(Numbers::GOLDEN)[1], 0x04);
}

#[test]
fn text_response() {
    let pdu = TextResponse {
        is_final: false,
        continued: true,
        initiator_task_tag: TASK,
        target_transfer_tag: TRANSFER,
        data_segment_length: length(),
    };
    let expected = expect([0x24, 0x40, 0, 0], true, &[(16, 24)]);
    let expected = with(expected, 24, &GOLDEN_NUMBERS);
    assert_eq!(pdu.encode(Numbers::GOLDEN), expected);
}

#[test]
fn data_in() {
    let pdu = DataIn {
        sequence: Sequence::EndsWithStatus {
            status: 0x08,
            residual: Residual::Underflow(0x2c2d_2e2f),
        },
        initiator_task_tag: TASK,
        data_sn: 0x2425_2627,
        buffer_offset: 0x2829_2a2b,
        data_segment_length: length(),
    };
    let expected = expect([0x25, 0x83, 0, 0x08], true, &[(16, 20), (36, 48)]);
    let expected = with(expected, 20, &[0xff; 4]);
    let expected = with(expected, 24, &GOLDEN_NUMBERS);
    assert_eq!(pdu.encode(Numbers::GOLDEN), expected);
}

#[test]
fn data_in_without_status_has_no_stat_sn() {
    let pdu = DataIn {
        sequence: Sequence::Ends,
        initiator_task_tag: TASK,
        data_sn: 0x2425_2627,
        buffer_offset: 0x2829_2a2b,
        data_segment_length: length(),
    };
    let expected = expect([0x25, 0x80, 0, 0], true, &[(16, 20), (36, 44)]);
    let expected = with(expected, 20, &[0xff; 4]);
    let expected = with(expected, 28, &GOLDEN_NUMBERS[4..]);
    assert_eq!(pdu.encode(Numbers::GOLDEN), expected);
}

#[test]
fn logout_response() {
    let pdu = LogoutResponse {
        initiator_task_tag: TASK,
        outcome: LogoutOutcome::CidNotFound,
        time2wait: 0x2829,
        time2retain: 0x2a2b,
    };
    let expected = expect([0x26, 0x80, 0x01, 0], false, &[(16, 20), (40, 44)]);
    let expected = with(expected, 24, &GOLDEN_NUMBERS);
    assert_eq!(pdu.encode(Numbers::GOLDEN), expected);
}

#[test]
fn r2t() {
    let pdu = R2t {
        lun: LUN,
        initiator_task_tag: TASK,
        target_transfer_tag: TRANSFER,
        r2t_sn: 0x2425_2627,
        buffer_offset: 0x2829_2a2b,
        desired_data_transfer_length: 0x2c2d_2e2f,
    };
    let expected = expect([0x31, 0x80, 0, 0], false, &[(8, 24), (36, 48)]);
    let expected = with(expected, 24, &GOLDEN_NUMBERS);
    assert_eq!(pdu.encode(Numbers::GOLDEN), expected);
}

#[test]
fn async_message() {
    let event = AsyncEvent::ConnectionDropped {
        cid: Cid(0x2627),
        time2wait: 0x2829,
        time2retain: 0x2a2b,
    };
    let expected = expect([0x32, 0x80, 0, 0], false, &[(38, 44)]);
    let expected = with(expected, 16, &[0xff; 4]);
    let expected = with(expected, 24, &GOLDEN_NUMBERS);
    let expected = with(expected, 36, &[2]);
    assert_eq!(AsyncMessage { event }.encode(Numbers::GOLDEN), expected);
}

#[test]
fn async_message_about_a_logical_unit() {
    let event = AsyncEvent::Scsi {
        lun: LUN,
        data_segment_length: length(),
    };
    let expected = expect([0x32, 0x80, 0, 0], true, &[(8, 16)]);
    let expected = with(expected, 16, &[0xff; 4]);
    let expected = with(expected, 24, &GOLDEN_NUMBERS);
    assert_eq!(AsyncMessage { event }.encode(Numbers::GOLDEN), expected);
}

#[test]
fn reject() {
    let pdu = Reject {
        reason: RejectReason::InvalidPduField,
        data_sn: 0x2425_2627,
        data_segment_length: length(),
    };
    let expected = expect([0x3f, 0x80, 0x09, 0], true, &[(36, 40)]);
    let expected = with(expected, 16, &[0xff; 4]);
    let expected = with(expected, 24, &GOLDEN_NUMBERS);
    assert_eq!(pdu.encode(Numbers::GOLDEN), expected);
}
