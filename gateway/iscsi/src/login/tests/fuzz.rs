//! Whatever an initiator sends: no panic, every answer well formed, and an end.

use super::{DISK, Initiator, Outcome, header, request};
use crate::fuzzing;
use crate::login::{MAX_ROUND_TRIPS, Reply};
use crate::pdu::LoginStatus;
use crate::text::{MAX_TEXT, pairs};

/// One request: its flags, bytes to change in its header, pairs by number, and raw text.
type Move = (u8, Option<(u8, u8)>, Vec<(u8, u8)>, Vec<u8>);

const KEYS: [&str; 18] = [
    "InitiatorName",
    "TargetName",
    "SessionType",
    "InitiatorAlias",
    "AuthMethod",
    "HeaderDigest",
    "DataDigest",
    "MaxBurstLength",
    "FirstBurstLength",
    "InitialR2T",
    "ImmediateData",
    "MaxRecvDataSegmentLength",
    "MaxOutstandingR2T",
    "DefaultTime2Wait",
    "TaskReporting",
    "OFMarkInt",
    "SendTargets",
    "X-com.example.key",
];

const VALUES: [&str; 14] = [
    "iqn.2001-04.com.example:a",
    DISK,
    "Normal",
    "Discovery",
    "None",
    "CHAP,None",
    "CRC32C",
    "Yes",
    "No",
    "512",
    "65536",
    "0xffffff",
    "99999999999",
    "",
];

fn text(numbers: &[(u8, u8)], raw: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    for &(key, value) in numbers {
        let key = KEYS[usize::from(key) % KEYS.len()];
        let value = VALUES[usize::from(value) % VALUES.len()];
        text.extend_from_slice(format!("{key}={value}\0").as_bytes());
    }
    text.extend_from_slice(raw);
    text
}

fn check_reply(reply: &Reply) {
    assert!(reply.text.len() <= MAX_TEXT);
    assert_eq!(reply.response.data_segment_length.get(), reply.text.len());
    assert!(pairs(&reply.text).is_ok());
}

/// Plays the moves, over and over, until the login ends.
fn play(moves: &[Move], with_names: bool) {
    let mut initiator = Initiator::default();
    let mut answered = 0;
    for (flags, change, numbers, raw) in moves.iter().cycle() {
        let mut sent = header("43000000 00000000 80000001 00000000 00000001 00000000 00000001");
        sent[1] = *flags;
        if let Some((at, byte)) = change {
            sent[1 + usize::from(*at) % 47] = *byte;
        }
        let mut data = text(numbers, raw);
        if answered == 0 && with_names {
            let names = format!("InitiatorName=iqn.2001-04.com.example:a\0TargetName={DISK}\0");
            data.splice(0..0, names.bytes());
        }
        answered += 1;
        match initiator.send(&request(&sent), &data) {
            Outcome::Continue(reply) => check_reply(&reply),
            Outcome::Established(session, reply) => {
                check_reply(&reply);
                let agreed = session.parameters;
                assert!(agreed.first_burst_length <= agreed.max_burst_length);
                assert!((512..=1 << 20).contains(&agreed.max_burst_length));
                assert!(agreed.initiator_max_recv_data_segment_length.get() >= 512);
                assert_eq!(
                    (agreed.max_connections, agreed.error_recovery_level),
                    (1, 0)
                );
                return;
            }
            Outcome::Refused(status, reply) => {
                check_reply(&reply);
                assert_ne!(status, LoginStatus::Success);
                return;
            }
        }
        assert!(answered <= MAX_ROUND_TRIPS, "a login must end");
    }
}

#[test]
fn fuzz_login() {
    bolero::check!()
        .with_test_time(fuzzing::time())
        .with_type::<(Vec<Move>, bool)>()
        .for_each(|(moves, with_names)| play(moves, *with_names));
}
