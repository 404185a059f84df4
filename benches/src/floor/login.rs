//! The text keys of RFC 7143 section 13, answered as an initiator that wants speed likes them.

/// The longest data segment the floor takes in one message, bytes; also its burst lengths.
pub const MAX_DATA_SEGMENT: usize = 256 << 10;
/// The one target there is.
pub const TARGET_NAME: &str = "iqn.2026-01.net.labelgate:floor";

/// What the negotiation settled.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The longest Data-In the initiator takes, bytes.
    pub data_in: usize,
    /// The longest solicited sequence, either way, bytes.
    pub burst: usize,
}

impl Default for Limits {
    /// RFC 7143 sections 13.12 and 13.13: 8192 and 262144 unless negotiated.
    fn default() -> Self {
        Self {
            data_in: 8192,
            burst: MAX_DATA_SEGMENT,
        }
    }
}

impl Limits {
    /// Answers the keys of one login request.
    pub fn negotiate(&mut self, keys: &[u8]) -> Vec<u8> {
        let mut answer = Vec::new();
        for pair in keys.split(|byte| *byte == 0) {
            let Ok(pair) = std::str::from_utf8(pair) else {
                continue;
            };
            let Some((key, offer)) = pair.split_once('=') else {
                continue;
            };
            if let Some(value) = self.answer(key, offer) {
                answer.extend_from_slice(format!("{key}={value}\0").as_bytes());
            }
        }
        answer
    }

    fn answer(&mut self, key: &str, offer: &str) -> Option<String> {
        let number = offer
            .parse::<usize>()
            .unwrap_or(MAX_DATA_SEGMENT)
            .min(MAX_DATA_SEGMENT);
        let answer = match key {
            "InitiatorName" | "InitiatorAlias" | "SessionType" | "TargetName" => return None,
            "MaxRecvDataSegmentLength" => {
                self.data_in = number.max(512) & !3;
                MAX_DATA_SEGMENT.to_string()
            }
            "MaxBurstLength" => {
                self.burst = number.max(512) & !3;
                self.burst.to_string()
            }
            "FirstBurstLength" => number.to_string(),
            "InitialR2T" | "ImmediateData" | "DefaultTime2Wait" => offer.to_owned(),
            "AuthMethod" | "HeaderDigest" | "DataDigest" => "None".to_owned(),
            "MaxOutstandingR2T" | "MaxConnections" => "1".to_owned(),
            "ErrorRecoveryLevel" | "DefaultTime2Retain" => "0".to_owned(),
            "DataPDUInOrder" | "DataSequenceInOrder" => "Yes".to_owned(),
            "IFMarker" | "OFMarker" => "No".to_owned(),
            _ => "NotUnderstood".to_owned(),
        };
        Some(answer)
    }
}
