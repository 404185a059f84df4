//! Whatever the bytes, parsing does not fail, and what was understood survives being encoded.

use proptest::prelude::*;

use super::*;
use crate::fuzzing;

fn encode(request: &Request, data: SegmentLength) -> Option<[u8; BHS]> {
    match request {
        Request::NopOut(pdu) => Some(pdu.encode(data)),
        Request::ScsiCommand(pdu) => Some(pdu.encode(data)),
        Request::TaskManagement(pdu) => Some(pdu.encode()),
        Request::Login(pdu) => Some(pdu.encode(data)),
        Request::Text(pdu) => Some(pdu.encode(data)),
        Request::DataOut(pdu) => Some(pdu.encode(data)),
        Request::Logout(pdu) => Some(pdu.encode()),
        Request::Snack(_) | Request::Unknown { .. } => None,
    }
}

fn check_request(bytes: &[u8; BHS]) {
    let (header, request) = (Header::parse(bytes), Request::parse(bytes));
    let Some(again) = encode(&request, header.data_segment_length) else {
        return;
    };
    assert_eq!(Request::parse(&again), request);
    assert_eq!(Header::parse(&again).opcode, header.opcode);
    assert_eq!(
        Header::parse(&again).initiator_task_tag,
        header.initiator_task_tag
    );
}

#[test]
fn fuzz_request() {
    bolero::check!()
        .with_test_time(fuzzing::time())
        .with_type::<[u8; BHS]>()
        .for_each(check_request);
}

proptest! {
    #[test]
    fn every_request_survives_encoding(
        mut bytes in any::<[u8; BHS]>(),
        opcode in prop::sample::select(vec![0_u8, 1, 2, 3, 4, 5, 6]),
    ) {
        bytes[0] = (bytes[0] & 0xc0) | opcode;
        check_request(&bytes);
    }

    #[test]
    fn every_response_survives_encoding(bytes in any::<[u8; BHS]>()) {
        macro_rules! check {
            ($($pdu:ident),*) => {$({
                let (pdu, numbers) = $pdu::parse(&bytes);
                let (again, numbers_again) = $pdu::parse(&pdu.encode(numbers));
                prop_assert_eq!(&again, &pdu);
                prop_assert_eq!(numbers_again.max_cmd_sn, numbers.max_cmd_sn);
            })*};
        }
        check!(
            NopIn, ScsiResponse, TaskManagementResponse, LoginResponse, TextResponse, DataIn,
            LogoutResponse, R2t, AsyncMessage, Reject
        );
    }
}
