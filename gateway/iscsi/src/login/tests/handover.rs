//! Hand-overs: what a login of ours ends with arrives, and nothing else does.

use std::sync::atomic::{AtomicU32, Ordering};

use proptest::prelude::*;

use super::{DISK, Initiator, Outcome, header, request, text};
use crate::fuzzing;
use crate::login::{Established, Handover, HandoverError, MAX_HANDOVER, MAX_LAST_TEXT};
use crate::login::{MAX_ROUND_TRIPS, Reply};
use crate::name::{InitiatorName, IscsiName};
use crate::negotiation::{Digest, Parameters, ours};
use crate::pdu::{
    Cid, InitiatorTaskTag, Isid, LoginProgress, LoginResponse, LoginStatus, SegmentLength, Stage,
    Tsih,
};
use crate::serial::{CmdSn, StatSn};
use crate::session_type::SessionType;
use crate::text::pairs;

/// A login from the operational stage, with every number different.
fn golden() -> Handover {
    let reply = b"HeaderDigest=CRC32C\0".to_vec();
    Handover {
        established: Established {
            session_type: SessionType::Normal {
                target: IscsiName::parse(DISK).unwrap(),
            },
            initiator_name: InitiatorName::parse("iqn.2001-04.com.example:a").unwrap(),
            initiator_alias: None,
            isid: Isid([0x80, 1, 2, 3, 4, 5]),
            cid: Cid(0x0607),
            first_cmd_sn: CmdSn::new(0x0c0d_0e0f),
            parameters: Parameters {
                header_digest: Digest::Crc32c,
                initiator_max_recv_data_segment_length: SegmentLength::saturating(0x0002_0000),
                target_max_recv_data_segment_length: ours::MAX_RECV_DATA_SEGMENT_LENGTH,
                max_burst_length: 0x0008_0000,
                first_burst_length: 0x0001_0000,
                initial_r2t: false,
                max_outstanding_r2t: 3,
                default_time2wait: 5,
                default_time2retain: 0,
                ..Parameters::default()
            },
        },
        reply: Reply {
            response: LoginResponse {
                current_stage: Stage::Operational,
                progress: LoginProgress::Transits(Stage::FullFeature),
                isid: Isid([0x80, 1, 2, 3, 4, 5]),
                tsih: Tsih::NONE,
                initiator_task_tag: InitiatorTaskTag(0x0809_0a0b),
                status: LoginStatus::Success,
                data_segment_length: SegmentLength::saturating(reply.len()),
            },
            text: reply,
        },
        stat_sn: StatSn::new(3),
    }
}

/// The same as bytes: the worker of tomorrow reads what the greeter of today writes, or refuses it.
fn golden_bytes() -> Vec<u8> {
    let numbers = "01 01 09 01 800102030405 0607 08090a0b 0c0d0e0f 00000003 \
        00020000 00080000 00010000 00000003 00000005 00000000";
    let digits: String = numbers.split_whitespace().collect();
    let pairs = digits.as_bytes().chunks(2);
    let mut bytes: Vec<u8> = pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect();
    bytes.extend(b"\x19iqn.2001-04.com.example:a");
    bytes.extend(b"\x22iqn.2026-11.io.labelgate:disks.web");
    bytes.extend(b"\x00\x14HeaderDigest=CRC32C\0");
    bytes
}

/// A discovery that never had an operational stage.
fn discovery() -> Handover {
    let mut handover = golden();
    handover.established.session_type = SessionType::Discovery;
    handover.established.parameters = Parameters::default();
    handover.reply.response.current_stage = Stage::Security;
    handover
}

/// Every number against what our side offers and what the standard allows, spelled out once more.
fn check(handover: &Handover) {
    let Established {
        session_type,
        initiator_name,
        initiator_alias,
        isid,
        parameters: agreed,
        ..
    } = &handover.established;
    let Reply { response, text } = &handover.reply;
    assert_eq!(*initiator_alias, None);
    let name = initiator_name.as_str();
    assert_eq!(InitiatorName::parse(name).as_ref(), Ok(initiator_name));
    if let SessionType::Normal { target } = session_type {
        assert_eq!(IscsiName::parse(target.as_str()).as_ref(), Ok(target));
    }
    assert!(handover.stat_sn.get() < MAX_ROUND_TRIPS);
    let stage = response.current_stage;
    assert_ne!(stage, Stage::FullFeature, "no login ends there");
    check_parameters(agreed, stage);
    let expected = LoginResponse {
        current_stage: stage,
        progress: LoginProgress::Transits(Stage::FullFeature),
        isid: *isid,
        tsih: Tsih::NONE,
        initiator_task_tag: response.initiator_task_tag,
        status: LoginStatus::Success,
        data_segment_length: SegmentLength::saturating(text.len()),
    };
    assert_eq!(*response, expected);
    assert!(text.len() <= MAX_LAST_TEXT && pairs(text).is_ok());
}

fn check_parameters(agreed: &Parameters, stage: Stage) {
    let longest = agreed.initiator_max_recv_data_segment_length.get();
    assert!((512..1 << 24).contains(&longest));
    let declared = match stage {
        Stage::Operational => 262_144,
        Stage::Security | Stage::FullFeature => 8192,
    };
    let ours = agreed.target_max_recv_data_segment_length.get();
    assert_eq!(ours, declared);
    assert!((512..=1 << 20).contains(&agreed.max_burst_length));
    assert!((512..=256 << 10).contains(&agreed.first_burst_length));
    assert!(agreed.first_burst_length <= agreed.max_burst_length);
    assert!((1..=4).contains(&agreed.max_outstanding_r2t));
    assert_eq!(
        (agreed.max_connections, agreed.error_recovery_level),
        (1, 0)
    );
    assert!(agreed.data_pdu_in_order && agreed.data_sequence_in_order);
    assert!(agreed.default_time2wait <= 3600);
    assert!([0, 20].contains(&agreed.default_time2retain));
    assert!(agreed.protocol_level <= 1);
    if stage == Stage::Security {
        assert_eq!(*agreed, Parameters::default());
    }
}

/// Whatever is taken is within bounds, and has no other spelling.
fn take(bytes: &[u8]) -> bool {
    match Handover::decode(bytes) {
        Ok(handover) => {
            check(&handover);
            assert_eq!(handover.encode(), bytes);
            true
        }
        Err(_) => false,
    }
}

#[test]
fn the_bytes_are_those_of_the_layout() {
    assert_eq!(golden().encode(), golden_bytes());
    assert_eq!(Handover::decode(&golden_bytes()), Ok(golden()));
    let discovery = discovery();
    assert_eq!(Handover::decode(&discovery.encode()), Ok(discovery));
}

#[test]
fn the_longest_there_can_be_fits() {
    let mut handover = golden();
    let name = |prefix: &str| format!("{prefix}{}", "x".repeat(223 - prefix.len()));
    handover.established.initiator_name = InitiatorName::parse(&name("iqn.")).unwrap();
    let target = IscsiName::parse(&name("iqn.2026-11.io:")).unwrap();
    handover.established.session_type = SessionType::Normal { target };
    let mut text = vec![0; MAX_LAST_TEXT];
    text[0] = b'X';
    text[1] = b'=';
    handover.reply.response.data_segment_length = SegmentLength::saturating(text.len());
    handover.reply.text = text;
    let bytes = handover.encode();
    assert!(bytes.len() <= MAX_HANDOVER, "{}", bytes.len());
    assert_eq!(Handover::decode(&bytes), Ok(handover));
}

#[test]
fn every_byte_that_is_changed_is_refused_or_harmless() {
    for whole in [golden_bytes(), discovery().encode()] {
        let mut taken = 0;
        for at in 0..whole.len() {
            for byte in 0..=u8::MAX {
                let mut bytes = whole.clone();
                bytes[at] = byte;
                taken += u32::from(take(&bytes));
            }
        }
        // Names, tags and texts can be anything of their kind.
        assert!(taken > 5000, "{taken}");
    }
}

#[test]
fn every_length_but_the_right_one_is_refused() {
    for whole in [golden_bytes(), discovery().encode()] {
        for length in 0..whole.len() {
            let cut = Handover::decode(&whole[..length]);
            assert_eq!(cut, Err(HandoverError::Truncated), "{length}");
        }
        let longer = [&whole[..], b"\0"].concat();
        assert_eq!(Handover::decode(&longer), Err(HandoverError::Trailing));
    }
}

/// Offset in the golden bytes, what is put there, and how that is refused.
#[test]
fn what_no_login_of_ours_ends_with() {
    let (initiator, target, text) = (49, 75, 111);
    let cases: &[(usize, &[u8], HandoverError)] = &[
        (0, &[0], HandoverError::Version),
        (0, &[2], HandoverError::Version),
        (1, &[2], HandoverError::State),
        (1, &[3], HandoverError::State),
        // Nothing was negotiated in the security stage.
        (1, &[0], HandoverError::Parameters),
        (2, &[32 | 9], HandoverError::State),
        (3, &[2], HandoverError::Parameters),
        // An answer too many.
        (20, &16_u32.to_be_bytes(), HandoverError::State),
        (20, &u32::MAX.to_be_bytes(), HandoverError::State),
        // MaxRecvDataSegmentLength.
        (24, &511_u32.to_be_bytes(), HandoverError::Parameters),
        (24, &(1_u32 << 24).to_be_bytes(), HandoverError::Parameters),
        // MaxBurstLength.
        (28, &0_u32.to_be_bytes(), HandoverError::Parameters),
        (
            28,
            &((1_u32 << 20) + 1).to_be_bytes(),
            HandoverError::Parameters,
        ),
        (28, &0xffff_u32.to_be_bytes(), HandoverError::Parameters),
        // FirstBurstLength.
        (32, &511_u32.to_be_bytes(), HandoverError::Parameters),
        (
            32,
            &0x0004_0001_u32.to_be_bytes(),
            HandoverError::Parameters,
        ),
        // MaxOutstandingR2T.
        (36, &0_u32.to_be_bytes(), HandoverError::Parameters),
        (36, &5_u32.to_be_bytes(), HandoverError::Parameters),
        // DefaultTime2Wait and DefaultTime2Retain.
        (40, &3601_u32.to_be_bytes(), HandoverError::Parameters),
        (44, &1_u32.to_be_bytes(), HandoverError::Parameters),
        (initiator - 1, b"\xff", HandoverError::Truncated),
        (initiator, b"IQN", HandoverError::Name),
        (initiator + 9, b"\n", HandoverError::Name),
        (initiator + 9, b"\xff", HandoverError::Name),
        (target, b"nqn", HandoverError::Name),
        (target, b"IQN", HandoverError::Name),
        (target + 30, b"_", HandoverError::Name),
        (text - 2, b"\x80", HandoverError::Text),
        (text + 12, b"x", HandoverError::Text),
        (text + 19, b"x", HandoverError::Text),
    ];
    for (index, &(at, put, expected)) in cases.iter().enumerate() {
        let mut bytes = golden_bytes();
        bytes[at..at + put.len()].copy_from_slice(put);
        assert_eq!(Handover::decode(&bytes), Err(expected), "case {index}");
    }
}

/// Key and values that make a difference to what is agreed upon.
const OFFERS: [(&str, &[&str]); 11] = [
    ("HeaderDigest", &["None", "CRC32C", "x"]),
    ("DataDigest", &["None", "CRC32C,None"]),
    ("InitialR2T", &["Yes", "No"]),
    ("ImmediateData", &["Yes", "No"]),
    ("MaxBurstLength", &["512", "65535", "16777215", "1"]),
    ("FirstBurstLength", &["512", "65536", "16777215"]),
    ("MaxRecvDataSegmentLength", &["512", "8192", "16777215"]),
    ("MaxOutstandingR2T", &["1", "4", "65535"]),
    ("DefaultTime2Wait", &["0", "3600", "3601"]),
    ("DefaultTime2Retain", &["0", "3600"]),
    ("iSCSIProtocolLevel", &["0", "1", "31"]),
];

/// Logs in with these offers, by number, after so many requests that say nothing.
fn negotiate(offers: &[(usize, usize)], discovery: bool, idle: u32) -> Option<Handover> {
    let mut initiator = Initiator::default();
    let kind = if discovery { "Discovery" } else { "Normal" };
    let mut said =
        format!("InitiatorName=iqn.2001-04.com.example:a TargetName={DISK} SessionType={kind}");
    let mut at = |flags: u8, said: &str| {
        let mut sent = header("43000000 00000000 80000001 00000000 00000001 00000000 00000001");
        sent[1] = flags;
        initiator.send(&request(&sent), &text(said))
    };
    for _ in 0..idle {
        at(0x04, &said).continues();
        said.clear();
    }
    for &(key, value) in offers {
        let (key, values) = OFFERS[key % OFFERS.len()];
        let value = values[value % values.len()];
        said = format!("{said} {key}={value}");
    }
    match at(0x87, &said) {
        Outcome::Established(established, reply) => Some(Handover {
            established: *established,
            reply,
            stat_sn: StatSn::new(idle),
        }),
        // The same key twice.
        Outcome::Refused(LoginStatus::InitiatorError, _) => None,
        Outcome::Refused(..) | Outcome::Continue(_) => panic!("{said}"),
    }
}

proptest! {
    #[test]
    fn what_was_negotiated_arrives(
        offers in prop::sample::subsequence((0..OFFERS.len()).collect::<Vec<_>>(), 0..=OFFERS.len())
            .prop_flat_map(|keys| keys.into_iter().map(|key| (Just(key), 0..12_usize)).collect::<Vec<_>>())
            .prop_shuffle(),
        discovery: bool,
        idle in 0..MAX_ROUND_TRIPS,
    ) {
        let handover = negotiate(&offers, discovery, idle).unwrap();
        check(&handover);
        prop_assert_eq!(Handover::decode(&handover.encode()), Ok(handover));
    }
}

#[test]
fn fuzz_handover() {
    let (all, taken) = (AtomicU32::new(0), AtomicU32::new(0));
    bolero::check!()
        .with_test_time(fuzzing::time())
        .with_type::<(u8, Vec<(u8, u8)>, Vec<u8>)>()
        .for_each(|(kind, changes, raw)| {
            let mut bytes = match kind % 4 {
                0 => raw.clone(),
                1 => discovery().encode(),
                _ => golden_bytes(),
            };
            for &(at, byte) in changes.iter().take(4) {
                let length = bytes.len();
                if let Some(place) = bytes.get_mut(usize::from(at) % length.max(1)) {
                    *place = byte;
                }
            }
            all.fetch_add(1, Ordering::Relaxed);
            taken.fetch_add(u32::from(take(&bytes)), Ordering::Relaxed);
        });
    let (all, taken) = (all.into_inner(), taken.into_inner());
    assert!(taken > all / 100, "{taken} of {all}");
}
