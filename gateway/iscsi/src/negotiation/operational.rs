//! Answering the offers of the LoginOperationalNegotiation stage.

use std::fmt;

use super::value::{boolean, number, preferred, yes_or_no};
use super::{Digest, Key, Parameters, ours};
use crate::pdu::SegmentLength;

/// Bursts and data segments: 512 to 2^24 - 1 bytes (RFC 7143, 13.12 to 13.14).
const LENGTHS: std::ops::RangeInclusive<u32> = 512..=SegmentLength::MAX.as_u32();
/// DefaultTime2Wait and DefaultTime2Retain, in seconds (13.15, 13.16).
const SECONDS: std::ops::RangeInclusive<u32> = 0..=3600;
/// MaxConnections and MaxOutstandingR2T (13.2, 13.17).
const COUNTS: std::ops::RangeInclusive<u32> = 1..=65_535;

/// What we say to an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The result.
    Value(&'static str),
    /// The result, a number.
    Number(u32),
    /// Not a value the key takes; what held before holds on.
    Reject,
    /// The key means nothing in this kind of session.
    Irrelevant,
    /// Not a key we know.
    NotUnderstood,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => f.write_str(value),
            Self::Number(number) => fmt::Display::fmt(number, f),
            Self::Reject => f.write_str("Reject"),
            Self::Irrelevant => f.write_str("Irrelevant"),
            Self::NotUnderstood => f.write_str("NotUnderstood"),
        }
    }
}

/// The initiator broke a rule of negotiation; the login fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Violation {
    /// A key was offered a second time.
    Repeated(Key),
    /// A key does not belong into this stage, or not into an initiator's mouth.
    Misplaced(Key),
    /// FirstBurstLength was settled above the MaxBurstLength that was offered after it.
    FirstBurstExceedsMaxBurst,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Repeated(key) => write!(f, "{} was offered a second time", key.name()),
            Self::Misplaced(key) => write!(f, "{} does not belong here", key.name()),
            Self::FirstBurstExceedsMaxBurst => {
                f.write_str("FirstBurstLength is above MaxBurstLength")
            }
        }
    }
}

impl std::error::Error for Violation {}

/// The operational parameters while they are being negotiated.
#[derive(Debug)]
pub struct Negotiation {
    discovery: bool,
    offered: Vec<Key>,
    parameters: Parameters,
}

impl Negotiation {
    /// Nothing offered yet: the standard's defaults.
    #[must_use]
    pub fn new(discovery: bool) -> Self {
        Self {
            discovery,
            offered: Vec::new(),
            parameters: Parameters::default(),
        }
    }

    /// We have declared our MaxRecvDataSegmentLength. Until then the default holds.
    pub const fn declared(&mut self) {
        self.parameters.target_max_recv_data_segment_length = ours::MAX_RECV_DATA_SEGMENT_LENGTH;
    }

    /// An operational key is offered. `None` for a declaration, which gets no answer.
    ///
    /// FirstBurstLength depends on MaxBurstLength: of one text, offer it last.
    ///
    /// # Errors
    /// > 6.3: "An attempt to renegotiate/redeclare parameters not specifically allowed MUST be
    /// > detected by the initiator and target. If such an attempt is detected by the target, the
    /// > target MUST respond with Login reject (initiator error)".
    pub fn offer(&mut self, key: Key, value: &str) -> Result<Option<Answer>, Violation> {
        if self.offered.contains(&key) {
            return Err(Violation::Repeated(key));
        }
        self.offered.push(key);
        if self.discovery && key.is_irrelevant_in_discovery() {
            return Ok(Some(Answer::Irrelevant));
        }
        match key {
            Key::MaxRecvDataSegmentLength => Ok(self.declare_length(value)),
            _ => Ok(Some(self.settle(key, value).unwrap_or(Answer::Reject))),
        }
    }

    /// The outcome.
    ///
    /// # Errors
    /// [`Violation::FirstBurstExceedsMaxBurst`].
    pub fn finish(mut self) -> Result<Parameters, Violation> {
        let parameters = &mut self.parameters;
        if parameters.first_burst_length > parameters.max_burst_length {
            if self.offered.contains(&Key::FirstBurstLength) {
                return Err(Violation::FirstBurstExceedsMaxBurst);
            }
            // Only the default is above what was agreed.
            parameters.first_burst_length = parameters.max_burst_length;
        }
        Ok(self.parameters)
    }

    fn declare_length(&mut self, value: &str) -> Option<Answer> {
        let length = number(value, LENGTHS).and_then(|length| SegmentLength::try_from(length).ok());
        match length {
            Some(length) => self.parameters.initiator_max_recv_data_segment_length = length,
            None => return Some(Answer::Reject),
        }
        None
    }

    /// Applies a key's result function. `None` if the value is not one the key takes.
    fn settle(&mut self, key: Key, value: &str) -> Option<Answer> {
        let agreed = &mut self.parameters;
        match key {
            Key::HeaderDigest => digest(value, &mut agreed.header_digest),
            Key::DataDigest => digest(value, &mut agreed.data_digest),
            // Result functions OR with our No, and AND with our Yes: what the initiator wants.
            Key::InitialR2T => set(boolean(value)?, &mut agreed.initial_r2t),
            Key::ImmediateData => set(boolean(value)?, &mut agreed.immediate_data),
            // OR with our Yes.
            Key::DataPduInOrder | Key::DataSequenceInOrder => {
                boolean(value).map(|_| Answer::Value("Yes"))
            }
            // 13.25 prefers "Reject" and allows "No". Initiators of RFC 3720 offer "No" and may
            // take "Reject" for a failure.
            Key::IfMarker | Key::OfMarker => Some(Answer::Value("No")),
            // 13.25: "Reject", never "NotUnderstood".
            Key::IfMarkInt | Key::OfMarkInt => None,
            // We wait for a task's end before we say it has ended, as RFC 3720 wanted it.
            Key::TaskReporting => preferred(value, |semantics| {
                (semantics == "RFC3720").then_some(Answer::Value("RFC3720"))
            }),
            _ => self.settle_number(key, value),
        }
    }

    fn settle_number(&mut self, key: Key, value: &str) -> Option<Answer> {
        let agreed = &mut self.parameters;
        let least = |range, ours: u32| number(value, range).map(|offered| offered.min(ours));
        let (result, field) = match key {
            Key::MaxBurstLength => (
                least(LENGTHS, ours::MAX_BURST_LENGTH)?,
                &mut agreed.max_burst_length,
            ),
            // > 13.14: "FirstBurstLength MUST NOT exceed MaxBurstLength."
            Key::FirstBurstLength => {
                let ours = ours::FIRST_BURST_LENGTH.min(agreed.max_burst_length);
                (least(LENGTHS, ours)?, &mut agreed.first_burst_length)
            }
            Key::MaxOutstandingR2T => (
                least(COUNTS, ours::MAX_OUTSTANDING_R2T)?,
                &mut agreed.max_outstanding_r2t,
            ),
            Key::MaxConnections => (
                least(COUNTS, ours::MAX_CONNECTIONS)?,
                &mut agreed.max_connections,
            ),
            Key::ErrorRecoveryLevel => (
                least(0..=2, ours::ERROR_RECOVERY_LEVEL)?,
                &mut agreed.error_recovery_level,
            ),
            // The larger of the two, and ours is zero: an initiator may come back at once.
            Key::DefaultTime2Wait => (number(value, SECONDS)?, &mut agreed.default_time2wait),
            Key::DefaultTime2Retain => (
                least(SECONDS, ours::DEFAULT_TIME2RETAIN)?,
                &mut agreed.default_time2retain,
            ),
            Key::ProtocolLevel => (
                least(0..=31, ours::PROTOCOL_LEVEL)?,
                &mut agreed.protocol_level,
            ),
            _ => return None,
        };
        *field = result;
        Some(Answer::Number(result))
    }
}

fn digest(value: &str, field: &mut Digest) -> Option<Answer> {
    let (chosen, name) = preferred(value, |name| match name {
        "None" => Some((Digest::None, "None")),
        "CRC32C" => Some((Digest::Crc32c, "CRC32C")),
        _ => None,
    })?;
    *field = chosen;
    Some(Answer::Value(name))
}

fn set(value: bool, field: &mut bool) -> Option<Answer> {
    *field = value;
    Some(Answer::Value(yes_or_no(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(key: &str, value: &str) -> String {
        let key = Key::from_name(key).unwrap();
        let answer = Negotiation::new(false).offer(key, value).unwrap();
        answer.map_or(String::from("(none)"), |answer| answer.to_string())
    }

    /// Key, offer, answer.
    const TABLE: &[(&str, &str, &str)] = &[
        ("HeaderDigest", "None", "None"),
        ("HeaderDigest", "None,CRC32C", "None"),
        ("HeaderDigest", "CRC32C,None", "CRC32C"),
        ("DataDigest", "CRC32C", "CRC32C"),
        ("DataDigest", "X-com.example.sha,CRC32C", "CRC32C"),
        ("DataDigest", "crc32c", "Reject"),
        ("DataDigest", "", "Reject"),
        ("MaxConnections", "1", "1"),
        ("MaxConnections", "8", "1"),
        ("MaxConnections", "0", "Reject"),
        ("MaxConnections", "65536", "Reject"),
        ("InitialR2T", "Yes", "Yes"),
        ("InitialR2T", "No", "No"),
        ("InitialR2T", "Maybe", "Reject"),
        ("ImmediateData", "Yes", "Yes"),
        ("ImmediateData", "No", "No"),
        ("MaxRecvDataSegmentLength", "262144", "(none)"),
        ("MaxRecvDataSegmentLength", "511", "Reject"),
        ("MaxRecvDataSegmentLength", "16777216", "Reject"),
        ("MaxBurstLength", "262144", "262144"),
        ("MaxBurstLength", "16776192", "1048576"),
        ("MaxBurstLength", "0x40000", "262144"),
        ("MaxBurstLength", "511", "Reject"),
        ("MaxBurstLength", "Irrelevant", "Reject"),
        ("FirstBurstLength", "262144", "262144"),
        ("FirstBurstLength", "16776192", "262144"),
        ("FirstBurstLength", "512", "512"),
        ("DefaultTime2Wait", "2", "2"),
        ("DefaultTime2Wait", "0", "0"),
        ("DefaultTime2Wait", "3601", "Reject"),
        ("DefaultTime2Retain", "20", "0"),
        ("DefaultTime2Retain", "0", "0"),
        ("MaxOutstandingR2T", "1", "1"),
        ("MaxOutstandingR2T", "4", "4"),
        ("MaxOutstandingR2T", "16", "4"),
        ("DataPDUInOrder", "No", "Yes"),
        ("DataPDUInOrder", "Yes", "Yes"),
        ("DataPDUInOrder", "?", "Reject"),
        ("DataSequenceInOrder", "No", "Yes"),
        ("ErrorRecoveryLevel", "0", "0"),
        ("ErrorRecoveryLevel", "2", "0"),
        ("ErrorRecoveryLevel", "3", "Reject"),
        ("IFMarker", "No", "No"),
        ("OFMarker", "Yes", "No"),
        ("IFMarkInt", "2048~4096", "Reject"),
        ("OFMarkInt", "2048", "Reject"),
        (
            "TaskReporting",
            "FastAbort,ResponseFence,RFC3720",
            "RFC3720",
        ),
        ("TaskReporting", "FastAbort", "Reject"),
        ("iSCSIProtocolLevel", "2", "1"),
        ("iSCSIProtocolLevel", "0", "0"),
        ("iSCSIProtocolLevel", "32", "Reject"),
    ];

    #[test]
    fn offers_are_answered_by_their_result_function() {
        for &(key, offer, expected) in TABLE {
            assert_eq!(answer(key, offer), expected, "{key}={offer}");
        }
    }

    #[test]
    fn a_session_that_offers_nothing_has_the_defaults_of_the_standard() {
        let agreed = Negotiation::new(false).finish().unwrap();
        assert!(agreed.initial_r2t && agreed.immediate_data);
        assert_eq!(
            (agreed.max_burst_length, agreed.first_burst_length),
            (262_144, 65_536)
        );
        assert_eq!(agreed.initiator_max_recv_data_segment_length.get(), 8192);
        assert_eq!(agreed.target_max_recv_data_segment_length.get(), 8192);
        assert_eq!(agreed.max_outstanding_r2t, 1);
    }

    #[test]
    fn what_was_answered_is_what_holds() {
        let mut negotiation = Negotiation::new(false);
        for (key, value) in [
            (Key::HeaderDigest, "CRC32C"),
            (Key::InitialR2T, "No"),
            (Key::ImmediateData, "No"),
            (Key::MaxBurstLength, "4096"),
            (Key::FirstBurstLength, "65536"),
            (Key::MaxOutstandingR2T, "2"),
            (Key::MaxRecvDataSegmentLength, "131072"),
            (Key::DataDigest, "Reject"),
        ] {
            negotiation.offer(key, value).unwrap();
        }
        negotiation.declared();
        let agreed = negotiation.finish().unwrap();

        assert_eq!(
            (agreed.header_digest, agreed.data_digest),
            (Digest::Crc32c, Digest::None)
        );
        assert!(!agreed.initial_r2t && !agreed.immediate_data);
        assert_eq!(
            (agreed.max_burst_length, agreed.first_burst_length),
            (4096, 4096)
        );
        assert_eq!(agreed.max_outstanding_r2t, 2);
        assert_eq!(agreed.initiator_max_recv_data_segment_length.get(), 131_072);
        assert_eq!(agreed.target_max_recv_data_segment_length.get(), 262_144);
    }

    #[test]
    fn the_default_first_burst_gives_way_to_a_smaller_max_burst() {
        let mut negotiation = Negotiation::new(false);
        negotiation.offer(Key::MaxBurstLength, "8192").unwrap();
        assert_eq!(negotiation.finish().unwrap().first_burst_length, 8192);
    }

    #[test]
    fn a_first_burst_settled_before_a_smaller_max_burst_is_a_violation() {
        let mut negotiation = Negotiation::new(false);
        negotiation.offer(Key::FirstBurstLength, "65536").unwrap();
        negotiation.offer(Key::MaxBurstLength, "8192").unwrap();
        assert_eq!(
            negotiation.finish(),
            Err(Violation::FirstBurstExceedsMaxBurst)
        );
    }

    #[test]
    fn a_key_is_offered_once_even_if_it_was_rejected() {
        let mut negotiation = Negotiation::new(false);
        assert_eq!(
            negotiation.offer(Key::InitialR2T, "?"),
            Ok(Some(Answer::Reject))
        );
        let repeated = Err(Violation::Repeated(Key::InitialR2T));
        assert_eq!(negotiation.offer(Key::InitialR2T, "No"), repeated);
    }

    #[test]
    fn a_discovery_session_has_no_bursts() {
        let mut negotiation = Negotiation::new(true);
        let answer = negotiation.offer(Key::MaxBurstLength, "4096");
        assert_eq!(answer, Ok(Some(Answer::Irrelevant)));
        let answer = negotiation.offer(Key::DefaultTime2Wait, "5");
        assert_eq!(answer, Ok(Some(Answer::Number(5))));
        assert_eq!(negotiation.finish().unwrap().max_burst_length, 262_144);
    }
}
