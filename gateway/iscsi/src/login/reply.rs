//! Login responses.

use crate::pdu::{
    LoginProgress, LoginRequest, LoginResponse, LoginStatus, SegmentLength, Stage, Tsih,
};
use crate::text::TextWriter;

/// A login response and the text that follows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The header.
    pub response: LoginResponse,
    /// The text, to be padded. It fits into what every initiator receives during login.
    pub text: Vec<u8>,
}

impl Reply {
    /// The next step of a login that goes well.
    pub(super) fn new(request: &LoginRequest, progress: LoginProgress, text: TextWriter) -> Self {
        let text = text.into_bytes();
        Self {
            response: LoginResponse {
                current_stage: request.current_stage.unwrap_or(Stage::Security),
                progress,
                isid: request.isid,
                tsih: request.tsih,
                initiator_task_tag: request.initiator_task_tag,
                status: LoginStatus::Success,
                data_segment_length: SegmentLength::saturating(text.len()),
            },
            text,
        }
    }

    /// The end of a login. The engine uses it for what only it can know: no resources left, or a
    /// request that is no login request ([`LoginStatus::InvalidRequestDuringLogin`]).
    #[must_use]
    pub fn refusal(request: &LoginRequest, status: LoginStatus) -> Self {
        let mut reply = Self::new(request, LoginProgress::Stays, TextWriter::default());
        // > 6.3.1: "The T bit and the CSG and NSG fields are reserved."
        reply.response.current_stage = Stage::Security;
        reply.response.status = status;
        reply
    }

    /// The end of a login that was about to succeed.
    #[must_use]
    pub fn into_refusal(mut self, status: LoginStatus) -> Self {
        self.text.clear();
        self.response = LoginResponse {
            current_stage: Stage::Security,
            progress: LoginProgress::Stays,
            status,
            data_segment_length: SegmentLength::saturating(0),
            ..self.response
        };
        self
    }

    /// Names the new session, in the last response of its login.
    ///
    /// > 6.3.2: "If the next stage is FullFeaturePhase, the target MUST respond with a Login
    /// > Response with the TSIH value."
    #[must_use]
    pub const fn named(mut self, tsih: Tsih) -> Self {
        self.response.tsih = tsih;
        self
    }
}
