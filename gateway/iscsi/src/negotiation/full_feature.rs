//! Text in the full feature phase (RFC 7143, 11.10).

use super::value::number;
use super::{Answer, Key};
use crate::discovery::{self, AdvertisedTarget};
use crate::pdu::SegmentLength;
use crate::session_type::SessionType;
use crate::text::{self, Pair, TextError, TextWriter};

/// What we say to a text request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FullFeatureAnswer {
    /// The answer, possibly longer than a PDU may be: see [`discovery::PagedText`].
    pub text: Vec<u8>,
    /// The initiator has declared anew the longest data segment it receives.
    pub initiator_max_recv_data_segment_length: Option<SegmentLength>,
}

/// Answers a whole text. `targets` are those the initiator may know of, and no others.
///
/// # Errors
/// The text is malformed; the request is to be rejected.
pub fn answer<'a>(
    text: &[u8],
    session: &SessionType,
    targets: impl Iterator<Item = AdvertisedTarget<'a>> + Clone,
) -> Result<FullFeatureAnswer, TextError> {
    let mut writer = TextWriter::default();
    let mut declared = None;
    let mut asked = false;
    for Pair { key, value } in text::pairs(text)? {
        let answer = match Key::from_name(key) {
            None => Answer::NotUnderstood,
            // Once is enough: an answer may be large, and a request may repeat the key.
            Some(Key::SendTargets) if !asked => {
                asked = true;
                match discovery::send_targets(value, session, targets.clone(), &mut writer) {
                    Ok(()) => continue,
                    Err(discovery::Unanswerable) => Answer::Reject,
                }
            }
            Some(Key::MaxRecvDataSegmentLength) => {
                let range = 512..=SegmentLength::MAX.as_u32();
                match number(value, range).and_then(|length| SegmentLength::try_from(length).ok()) {
                    Some(length) => {
                        declared = Some(length);
                        continue;
                    }
                    None => Answer::Reject,
                }
            }
            Some(Key::InitiatorAlias) => continue,
            // Everything else was settled at login.
            Some(_) => Answer::Reject,
        };
        writer.pair(key, &answer.to_string());
    }
    Ok(FullFeatureAnswer {
        text: writer.into_bytes(),
        initiator_max_recv_data_segment_length: declared,
    })
}
