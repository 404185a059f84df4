//! A login that has succeeded, on its way from one process to another.
//!
//! Layout, integers in network byte order:
//!
//! | bytes | what |
//! |---|---|
//! | 1 | version: 1 |
//! | 1 | the stage of the last request: 0 or 1 |
//! | 1 | flags: header digest 1, data digest 2, InitialR2T 4, ImmediateData 8, discovery 16 |
//! | 1 | iSCSIProtocolLevel |
//! | 6, 2, 4 | ISID, CID, Initiator Task Tag |
//! | 4, 4 | the CmdSN of the first command, the StatSN of the last answer |
//! | 4 each | the initiator's MaxRecvDataSegmentLength, MaxBurstLength, FirstBurstLength, MaxOutstandingR2T, DefaultTime2Wait, DefaultTime2Retain |
//! | 1 + n | the initiator's name |
//! | 1 + n | the target's name, not for discovery |
//! | 2 + n | the text of the last answer |
//!
//! What has but one value in sessions of ours is not in it. Whoever decodes it believes nothing of
//! the sender: what comes out is something that this side would have agreed upon.

use labelgate_wire::{Reader, Truncated};

use super::machine::{MAX_LAST_TEXT, MAX_ROUND_TRIPS};
use super::{Established, Reply};
use crate::name::{InitiatorName, IscsiName};
use crate::negotiation::{Digest, Parameters, ours};
use crate::pdu::{
    Cid, InitiatorTaskTag, Isid, LoginProgress, LoginResponse, LoginStatus, SegmentLength, Stage,
    Tsih,
};
use crate::serial::{CmdSn, StatSn};
use crate::session_type::SessionType;
use crate::text;

/// The most bytes a hand-over has.
pub const MAX_HANDOVER: usize = 1536;

const VERSION: u8 = 1;

const HEADER_DIGEST: u8 = 1;
const DATA_DIGEST: u8 = 2;
const INITIAL_R2T: u8 = 4;
const IMMEDIATE_DATA: u8 = 8;
const DISCOVERY: u8 = 16;
const ALL_FLAGS: u8 = 31;

/// A login that has succeeded, but for its last answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handover {
    /// What was agreed upon. The initiator's alias is not handed over.
    pub established: Established,
    /// The last answer, which the session's name is missing from.
    pub reply: Reply,
    /// The number of the last answer.
    pub stat_sn: StatSn,
}

/// Bytes that no login of ours leads to. Whoever sent them has a fault, or was taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HandoverError {
    /// They stop short.
    #[error("a hand-over that stops short")]
    Truncated,
    /// Bytes are left behind it.
    #[error("bytes behind a hand-over")]
    Trailing,
    /// It is of another version of this program.
    #[error("a hand-over of another version")]
    Version,
    /// A stage, a flag or a number that no login ends with.
    #[error("a hand-over of no login there can be")]
    State,
    /// A name that is none, or not in its normal form.
    #[error("a hand-over with a malformed name")]
    Name,
    /// Parameters that would not have been agreed upon.
    #[error("a hand-over with parameters that are not ours")]
    Parameters,
    /// A last answer that is none.
    #[error("a hand-over with a malformed answer")]
    Text,
}

impl From<Truncated> for HandoverError {
    fn from(_: Truncated) -> Self {
        Self::Truncated
    }
}

impl Handover {
    /// The bytes, at most [`MAX_HANDOVER`].
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let agreed = &self.established.parameters;
        let mut bytes = vec![
            VERSION,
            self.reply.response.current_stage.code(),
            self.flags(),
            u8::try_from(agreed.protocol_level).unwrap_or(u8::MAX),
        ];
        bytes.extend(self.established.isid.0);
        bytes.extend(self.established.cid.0.to_be_bytes());
        for number in [
            self.reply.response.initiator_task_tag.0,
            self.established.first_cmd_sn.get(),
            self.stat_sn.get(),
            agreed.initiator_max_recv_data_segment_length.as_u32(),
            agreed.max_burst_length,
            agreed.first_burst_length,
            agreed.max_outstanding_r2t,
            agreed.default_time2wait,
            agreed.default_time2retain,
        ] {
            bytes.extend(number.to_be_bytes());
        }
        put_name(self.established.initiator_name.as_str(), &mut bytes);
        if let SessionType::Normal { target } = &self.established.session_type {
            put_name(target.as_str(), &mut bytes);
        }
        let length = u16::try_from(self.reply.text.len()).unwrap_or(u16::MAX);
        bytes.extend(length.to_be_bytes());
        bytes.extend(&self.reply.text);
        debug_assert!(bytes.len() <= MAX_HANDOVER);
        bytes
    }

    fn flags(&self) -> u8 {
        let agreed = &self.established.parameters;
        let discovery = self.established.session_type == SessionType::Discovery;
        [
            (agreed.header_digest == Digest::Crc32c, HEADER_DIGEST),
            (agreed.data_digest == Digest::Crc32c, DATA_DIGEST),
            (agreed.initial_r2t, INITIAL_R2T),
            (agreed.immediate_data, IMMEDIATE_DATA),
            (discovery, DISCOVERY),
        ]
        .into_iter()
        .filter_map(|(is_set, flag)| is_set.then_some(flag))
        .sum()
    }

    /// Reads and checks the bytes.
    ///
    /// # Errors
    /// See [`HandoverError`]; nothing of them is to be used then.
    pub fn decode(bytes: &[u8]) -> Result<Self, HandoverError> {
        let mut reader = Reader::new(bytes);
        let [version, stage, flags, protocol_level] = reader.array()?;
        if version != VERSION {
            return Err(HandoverError::Version);
        }
        if flags & !ALL_FLAGS != 0 {
            return Err(HandoverError::State);
        }
        let stage = match stage {
            0 => Stage::Security,
            1 => Stage::Operational,
            _ => return Err(HandoverError::State),
        };
        let isid = Isid(reader.array()?);
        let cid = Cid(reader.u16()?);
        let initiator_task_tag = InitiatorTaskTag(reader.u32()?);
        let first_cmd_sn = CmdSn::new(reader.u32()?);
        let stat_sn = StatSn::new(reader.u32()?);
        // A login has one answer for each request.
        if stat_sn.get() >= MAX_ROUND_TRIPS {
            return Err(HandoverError::State);
        }
        let parameters = take_parameters(&mut reader, flags, protocol_level, stage)?;
        let initiator_name = take_initiator(&mut reader)?;
        let session_type = if flags & DISCOVERY == 0 {
            let target = take_target(&mut reader)?;
            SessionType::Normal { target }
        } else {
            SessionType::Discovery
        };
        check(&parameters, stage, &session_type)?;
        let text = take_text(&mut reader)?;
        if !reader.is_empty() {
            return Err(HandoverError::Trailing);
        }
        let reply = Reply {
            response: LoginResponse {
                current_stage: stage,
                progress: LoginProgress::Transits(Stage::FullFeature),
                isid,
                tsih: Tsih::NONE,
                initiator_task_tag,
                status: LoginStatus::Success,
                data_segment_length: SegmentLength::saturating(text.len()),
            },
            text,
        };
        Ok(Self {
            established: Established {
                session_type,
                initiator_name,
                initiator_alias: None,
                isid,
                cid,
                first_cmd_sn,
                parameters,
            },
            reply,
            stat_sn,
        })
    }
}

fn put_name(name: &str, bytes: &mut Vec<u8>) {
    // Neither kind of name has more than 223 bytes.
    bytes.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
    bytes.extend(name.as_bytes());
}

fn take_parameters(
    reader: &mut Reader<'_>,
    flags: u8,
    protocol_level: u8,
    stage: Stage,
) -> Result<Parameters, HandoverError> {
    let digest = |flag: u8| match flags & flag {
        0 => Digest::None,
        _ => Digest::Crc32c,
    };
    let longest = SegmentLength::try_from(reader.u32()?);
    Ok(Parameters {
        header_digest: digest(HEADER_DIGEST),
        data_digest: digest(DATA_DIGEST),
        initiator_max_recv_data_segment_length: longest.map_err(|_| HandoverError::Parameters)?,
        // It is declared with the first answer of the operational stage, and not otherwise.
        target_max_recv_data_segment_length: match stage {
            Stage::Operational => ours::MAX_RECV_DATA_SEGMENT_LENGTH,
            Stage::Security | Stage::FullFeature => SegmentLength::DEFAULT_MAXIMUM,
        },
        max_burst_length: reader.u32()?,
        first_burst_length: reader.u32()?,
        initial_r2t: flags & INITIAL_R2T != 0,
        immediate_data: flags & IMMEDIATE_DATA != 0,
        max_outstanding_r2t: reader.u32()?,
        default_time2wait: reader.u32()?,
        default_time2retain: reader.u32()?,
        protocol_level: protocol_level.into(),
        ..Parameters::default()
    })
}

fn check(
    parameters: &Parameters,
    stage: Stage,
    session_type: &SessionType,
) -> Result<(), HandoverError> {
    let discovery = *session_type == SessionType::Discovery;
    // Without an operational stage nothing was offered, and the standard's defaults hold.
    let possible = match stage {
        Stage::Operational => parameters.are_ours(discovery),
        Stage::Security | Stage::FullFeature => *parameters == Parameters::default(),
    };
    possible.then_some(()).ok_or(HandoverError::Parameters)
}

fn take_name<'a>(reader: &mut Reader<'a>) -> Result<&'a str, HandoverError> {
    let length = reader.u8()?;
    let name = reader.take(length.into())?;
    std::str::from_utf8(name).map_err(|_| HandoverError::Name)
}

fn take_initiator(reader: &mut Reader<'_>) -> Result<InitiatorName, HandoverError> {
    let name = take_name(reader)?;
    let parsed = InitiatorName::parse(name).ok();
    parsed
        .filter(|parsed| parsed.as_str() == name)
        .ok_or(HandoverError::Name)
}

fn take_target(reader: &mut Reader<'_>) -> Result<IscsiName, HandoverError> {
    let name = take_name(reader)?;
    let parsed = IscsiName::parse(name).ok();
    parsed
        .filter(|parsed| parsed.as_str() == name)
        .ok_or(HandoverError::Name)
}

fn take_text(reader: &mut Reader<'_>) -> Result<Vec<u8>, HandoverError> {
    let length = usize::from(reader.u16()?);
    if length > MAX_LAST_TEXT {
        return Err(HandoverError::Text);
    }
    let text = reader.take(length)?;
    text::pairs(text).map_err(|_| HandoverError::Text)?;
    Ok(text.to_vec())
}
