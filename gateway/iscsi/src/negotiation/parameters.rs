//! The outcome of a negotiation.

use crate::pdu::SegmentLength;

/// Our side of every negotiation, and what the engine is built for.
pub mod ours {
    use crate::pdu::SegmentLength;

    /// The longest data segment we receive, in bytes: what libiscsi and open-iscsi fill at most.
    pub const MAX_RECV_DATA_SEGMENT_LENGTH: SegmentLength = SegmentLength::KIB_256;
    /// The most data one R2T or one Data-In sequence moves, in bytes: the largest buffer.
    pub const MAX_BURST_LENGTH: u32 = 1024 * 1024;
    /// The most unsolicited data for one command, in bytes. It is also what each command of the
    /// window must have in reserve, so it is no larger than initiators make use of.
    pub const FIRST_BURST_LENGTH: u32 = 256 * 1024;
    /// R2Ts open at once for one command: a write of 1 MiB, our largest buffer, is then asked for
    /// at once by bursts of the 256 KiB that initiators use to agree upon. An R2T costs no memory
    /// of its own, because the command's buffer is reserved before the first one goes out.
    pub const MAX_OUTSTANDING_R2T: u32 = 4;
    /// Connections per session.
    pub const MAX_CONNECTIONS: u32 = 1;
    /// Error recovery is by logging in again.
    pub const ERROR_RECOVERY_LEVEL: u32 = 0;
    /// Seconds; no task outlives its connection at error recovery level 0.
    pub const DEFAULT_TIME2RETAIN: u32 = 0;
    /// RFC 7143 alone (13.24); 2 would promise RFC 7144.
    pub const PROTOCOL_LEVEL: u32 = 1;
}

/// A digest over headers or data (RFC 7143, 13.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Digest {
    /// No digest.
    #[default]
    None,
    /// CRC32C, four bytes.
    Crc32c,
}

/// What a session and its one connection have agreed upon. Lengths are in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameters {
    /// Digest over headers, in both directions, from the first PDU after login on.
    pub header_digest: Digest,
    /// Digest over data, likewise.
    pub data_digest: Digest,
    /// The longest data segment the initiator receives: what we may send.
    pub initiator_max_recv_data_segment_length: SegmentLength,
    /// The longest data segment we have said we receive: what the initiator may send.
    pub target_max_recv_data_segment_length: SegmentLength,
    /// The most data of one R2T or one Data-In sequence.
    pub max_burst_length: u32,
    /// The most unsolicited data of one command, immediate data included; never above
    /// `max_burst_length`.
    pub first_burst_length: u32,
    /// Whether all Data-Out must be asked for by R2T. Immediate data is another matter.
    pub initial_r2t: bool,
    /// Whether a command may carry data.
    pub immediate_data: bool,
    /// R2Ts open at once for one command.
    pub max_outstanding_r2t: u32,
    /// Connections of the session: always 1.
    pub max_connections: u32,
    /// Always 0.
    pub error_recovery_level: u32,
    /// Data PDUs of a sequence are in order: always true.
    pub data_pdu_in_order: bool,
    /// Sequences of a command are in order: always true.
    pub data_sequence_in_order: bool,
    /// Seconds to wait before logging in again after a connection is lost.
    pub default_time2wait: u32,
    /// Seconds for which tasks would outlive their connection; without effect at level 0.
    pub default_time2retain: u32,
    /// Which features beyond the base an initiator may use (0 or 1).
    pub protocol_level: u32,
}

impl Parameters {
    /// Whether this is something that an operational negotiation of ours can end with.
    #[must_use]
    pub fn are_ours(&self, discovery: bool) -> bool {
        let standard = Self::default();
        // What a discovery session has no use for is never settled there.
        let irrelevant = Self {
            header_digest: self.header_digest,
            data_digest: self.data_digest,
            initiator_max_recv_data_segment_length: self.initiator_max_recv_data_segment_length,
            target_max_recv_data_segment_length: self.target_max_recv_data_segment_length,
            default_time2wait: self.default_time2wait,
            default_time2retain: self.default_time2retain,
            ..standard
        };
        let retained = [ours::DEFAULT_TIME2RETAIN, standard.default_time2retain];
        let longest_first = ours::FIRST_BURST_LENGTH.min(self.max_burst_length);
        self.initiator_max_recv_data_segment_length.get() >= 512
            && self.target_max_recv_data_segment_length == ours::MAX_RECV_DATA_SEGMENT_LENGTH
            && (512..=ours::MAX_BURST_LENGTH).contains(&self.max_burst_length)
            && (512..=longest_first).contains(&self.first_burst_length)
            && (1..=ours::MAX_OUTSTANDING_R2T).contains(&self.max_outstanding_r2t)
            && self.max_connections == ours::MAX_CONNECTIONS
            && self.error_recovery_level == ours::ERROR_RECOVERY_LEVEL
            && self.data_pdu_in_order
            && self.data_sequence_in_order
            && self.default_time2wait <= 3600
            && retained.contains(&self.default_time2retain)
            && self.protocol_level <= ours::PROTOCOL_LEVEL
            && (!discovery || *self == irrelevant)
    }
}

impl Default for Parameters {
    /// What holds for keys nobody has offered (RFC 7143, section 13).
    fn default() -> Self {
        Self {
            header_digest: Digest::None,
            data_digest: Digest::None,
            initiator_max_recv_data_segment_length: SegmentLength::DEFAULT_MAXIMUM,
            target_max_recv_data_segment_length: SegmentLength::DEFAULT_MAXIMUM,
            max_burst_length: 262_144,
            first_burst_length: 65_536,
            initial_r2t: true,
            immediate_data: true,
            max_outstanding_r2t: 1,
            max_connections: 1,
            error_recovery_level: 0,
            data_pdu_in_order: true,
            data_sequence_in_order: true,
            default_time2wait: 2,
            default_time2retain: 20,
            protocol_level: 1,
        }
    }
}
