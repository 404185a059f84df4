//! Whatever an initiator sends: no panic, every answer well formed, and an end.

use std::sync::atomic::{AtomicU32, Ordering};

use super::{DISK, Initiator, Outcome, header, request};
use crate::fuzzing;
use crate::login::{MAX_ROUND_TRIPS, Reply};
use crate::negotiation::Parameters;
use crate::pdu::BHS;
use crate::pdu::LoginStatus;
use crate::text::{MAX_TEXT, pairs};

/// One request: its flags by number, how wild it is, pairs by number, and raw text.
type Move = (u8, u8, Vec<(u8, u8)>, Vec<u8>);

/// T, C, CSG and NSG as a sane initiator sets them; beyond the list, the number itself.
const FLAGS: [u8; 7] = [0x87, 0x04, 0x44, 0x81, 0x83, 0x00, 0x40];

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

/// Where [`KEYS`] has those of the operational stage.
const OPERATIONAL: usize = 5;

/// Most texts are a few operational keys, so that logins get somewhere; one in eight is anything.
fn text(&(_, wildness, ref numbers, ref raw): &Move) -> Vec<u8> {
    let is_wild = wildness % 8 == 0;
    let (pairs, from) = if is_wild {
        (usize::MAX, 0)
    } else {
        (2, OPERATIONAL)
    };
    let mut text = Vec::new();
    for &(key, value) in numbers.iter().take(pairs) {
        let key = KEYS[from + usize::from(key) % (KEYS.len() - from)];
        let value = VALUES[usize::from(value) % VALUES.len()];
        text.extend_from_slice(format!("{key}={value}\0").as_bytes());
    }
    if is_wild {
        text.extend_from_slice(raw);
    }
    text
}

/// A header; one in sixteen has a byte changed anywhere behind the opcode.
fn wild_header(&(flags, wildness, _, ref raw): &Move) -> [u8; BHS] {
    let mut sent = header("43000000 00000000 80000001 00000000 00000001 00000000 00000001");
    let sane = FLAGS.get(usize::from(flags) % (FLAGS.len() + 1)).copied();
    sent[1] = sane.unwrap_or(flags);
    if let (1, [at, byte, ..]) = (wildness % 16, raw.as_slice()) {
        sent[1 + usize::from(*at) % 47] = *byte;
    }
    sent
}

fn check_reply(reply: &Reply) {
    assert!(reply.text.len() <= MAX_TEXT);
    assert_eq!(reply.response.data_segment_length.get(), reply.text.len());
    assert!(pairs(&reply.text).is_ok());
}

/// Plays the moves, over and over, until the login ends; whether it succeeded.
fn play(moves: &[Move], with_names: bool) -> bool {
    let mut initiator = Initiator::default();
    let mut answered = 0;
    for step in moves.iter().cycle() {
        let mut data = text(step);
        if answered == 0 && with_names {
            let names = format!("InitiatorName=iqn.2001-04.com.example:a\0TargetName={DISK}\0");
            data.splice(0..0, names.bytes());
        }
        answered += 1;
        match initiator.send(&request(&wild_header(step)), &data) {
            Outcome::Continue(reply) => check_reply(&reply),
            Outcome::Established(session, reply) => {
                check_reply(&reply);
                check_parameters(&session.parameters);
                return true;
            }
            Outcome::Refused(status, reply) => {
                check_reply(&reply);
                assert_ne!(status, LoginStatus::Success);
                return false;
            }
        }
        assert!(answered <= MAX_ROUND_TRIPS, "a login must end");
    }
    false
}

fn check_parameters(agreed: &Parameters) {
    assert!(agreed.first_burst_length <= agreed.max_burst_length);
    assert!((512..=1 << 20).contains(&agreed.max_burst_length));
    assert!(agreed.initiator_max_recv_data_segment_length.get() >= 512);
    assert_eq!(
        (agreed.max_connections, agreed.error_recovery_level),
        (1, 0)
    );
}

#[test]
fn fuzz_login() {
    let (logins, established) = (AtomicU32::new(0), AtomicU32::new(0));
    bolero::check!()
        .with_test_time(fuzzing::time())
        .with_type::<(Vec<Move>, u8)>()
        .for_each(|(moves, nameless)| {
            logins.fetch_add(1, Ordering::Relaxed);
            established.fetch_add(u32::from(play(moves, nameless % 8 != 0)), Ordering::Relaxed);
        });
    let (logins, established) = (logins.into_inner(), established.into_inner());
    // A fuzz target that never gets through the door tests the door alone.
    assert!(established > logins / 100, "{established} of {logins}");
}
