//! The state machine.

use super::identification::{Declarations, Identification};
use super::leading::{Leading, transition};
use super::security::Security;
use super::{Directory, Reply};
use crate::discovery::PORTAL_GROUP_TAG;
use crate::name::InitiatorName;
use crate::negotiation::{Answer, Key, Negotiation, Parameters, Violation, When, ours};
use crate::pdu::{Cid, Isid, LoginProgress, LoginRequest, LoginStatus, Stage};
use crate::serial::CmdSn;
use crate::session_type::SessionType;
use crate::text::{self, Pair, PartialText, TextError, TextWriter};

/// A login that has not ended after this many requests never will.
pub const MAX_ROUND_TRIPS: u32 = 16;

/// What one login request leads to.
#[derive(Debug)]
#[must_use]
pub enum Step {
    /// Send the reply and wait for the next request.
    Continue {
        /// What the next request goes to.
        login: Box<Login>,
        /// The answer.
        reply: Reply,
    },
    /// Send the reply, once it bears the session's name ([`Reply::named`]): the full feature phase
    /// begins.
    Established {
        /// What was agreed upon.
        established: Box<Established>,
        /// The answer.
        reply: Reply,
    },
    /// Send the reply, then close.
    Refused {
        /// Why.
        status: LoginStatus,
        /// The answer.
        reply: Reply,
        /// The name the initiator gave itself, as it came, for the record.
        initiator: Option<String>,
        /// The target it asked for, as it came, for the record.
        target: Option<String>,
    },
}

/// A session to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Established {
    /// What it is for.
    pub session_type: SessionType,
    /// Who the initiator says it is.
    pub initiator_name: InitiatorName,
    /// What else it calls itself, without control characters.
    pub initiator_alias: Option<String>,
    /// The initiator's part of the session's name. A session of the same initiator and ISID is
    /// reinstated: it ends first (RFC 7143, 6.3.5).
    pub isid: Isid,
    /// The session's one connection.
    pub cid: Cid,
    /// The number of the session's first command: ExpCmdSN.
    pub first_cmd_sn: CmdSn,
    /// What was agreed upon.
    pub parameters: Parameters,
}

/// A login in progress.
#[derive(Debug)]
pub struct Login {
    leading: Leading,
    first_cmd_sn: CmdSn,
    round_trips: u32,
    text: PartialText,
    stage: LoginStage,
    declarations: Declarations,
    /// Known from the end of the first text on.
    identification: Option<Identification>,
    negotiation: Negotiation,
}

/// The stages within a login.
#[derive(Debug)]
enum LoginStage {
    Security(Security),
    /// Whether our MaxRecvDataSegmentLength has been declared.
    Operational {
        declared: bool,
    },
}

impl LoginStage {
    /// The stage that a first request may name, or that may follow another.
    fn enter(stage: Stage) -> Option<Self> {
        match stage {
            Stage::Security => Some(Self::Security(Security::default())),
            Stage::Operational => Some(Self::Operational { declared: false }),
            Stage::FullFeature => None,
        }
    }

    const fn stage(&self) -> Stage {
        match self {
            Self::Security(_) => Stage::Security,
            Self::Operational { .. } => Stage::Operational,
        }
    }
}

/// A whole text that keeps the login going.
struct Answered {
    text: TextWriter,
    next: Option<Stage>,
}

impl From<TextError> for LoginStatus {
    fn from(error: TextError) -> Self {
        match error {
            // More than we are willing to keep.
            TextError::TooLong | TextError::TooManyPairs => Self::OutOfResources,
            TextError::Unterminated
            | TextError::NoSeparator
            | TextError::Key
            | TextError::Value => Self::InitiatorError,
        }
    }
}

impl From<Violation> for LoginStatus {
    fn from(_: Violation) -> Self {
        Self::InitiatorError
    }
}

impl Login {
    /// The first request of a connection, with its data.
    pub fn start(request: &LoginRequest, data: &[u8], directory: &impl Directory) -> Step {
        match Self::new(request, directory) {
            Ok(login) => Box::new(login).step(request, data, directory),
            Err(status) => refused(request, status, &Declarations::default()),
        }
    }

    /// A further request, with its data.
    pub fn step(
        mut self: Box<Self>,
        request: &LoginRequest,
        data: &[u8],
        directory: &impl Directory,
    ) -> Step {
        match self.take(request, data, directory) {
            Err(status) => refused(request, status, &self.declarations),
            Ok(Answered {
                text,
                next: Some(Stage::FullFeature),
            }) => self.establish(request, text),
            Ok(Answered { text, next }) => {
                let progress = next.map_or(LoginProgress::Stays, LoginProgress::Transits);
                if let Some(stage) = next.and_then(LoginStage::enter) {
                    self.stage = stage;
                }
                let reply = Reply::new(request, progress, text);
                Step::Continue { login: self, reply }
            }
        }
    }

    fn new(request: &LoginRequest, directory: &impl Directory) -> Result<Self, LoginStatus> {
        let leading = Leading::accept(request, directory)?;
        let stage = request.current_stage.and_then(LoginStage::enter);
        Ok(Self {
            leading,
            first_cmd_sn: request.cmd_sn,
            round_trips: 0,
            text: PartialText::default(),
            stage: stage.ok_or(LoginStatus::InitiatorError)?,
            declarations: Declarations::default(),
            identification: None,
            negotiation: Negotiation::new(false),
        })
    }

    /// Everything a request may be refused for.
    fn take(
        &mut self,
        request: &LoginRequest,
        data: &[u8],
        directory: &impl Directory,
    ) -> Result<Answered, LoginStatus> {
        self.round_trips += 1;
        if self.round_trips > MAX_ROUND_TRIPS
            || !self.leading.matches(request)
            || request.current_stage != Some(self.stage.stage())
        {
            return Err(LoginStatus::InitiatorError);
        }
        let next = transition(request)?;
        self.text.append(data)?;
        if request.continued {
            // Until the text is whole there is nothing to say (11.12.2).
            return Ok(Answered {
                text: TextWriter::default(),
                next: None,
            });
        }
        let text = self.text.take();
        let text = self.answer(&text::pairs(&text)?, directory)?;
        let next = next.filter(|_| match &self.stage {
            LoginStage::Security(security) => security.is_settled(),
            LoginStage::Operational { .. } => true,
        });
        Ok(Answered { text, next })
    }

    /// Answers a whole text: first who wants to talk to whom, then everything else.
    fn answer(
        &mut self,
        pairs: &[Pair<'_>],
        directory: &impl Directory,
    ) -> Result<TextWriter, LoginStatus> {
        let mut writer = TextWriter::default();
        self.identify(pairs, directory, &mut writer)?;
        if let LoginStage::Operational { declared } = &mut self.stage
            && !std::mem::replace(declared, true)
        {
            let length = ours::MAX_RECV_DATA_SEGMENT_LENGTH.as_u32();
            writer.pair(Key::MaxRecvDataSegmentLength.name(), &length.to_string());
            self.negotiation.declared();
        }
        // FirstBurstLength is answered in the light of MaxBurstLength, so it comes last.
        let is_last = |pair: &&Pair<'_>| pair.key == Key::FirstBurstLength.name();
        let (last, most): (Vec<_>, Vec<_>) = pairs.iter().partition(is_last);
        for pair in most.into_iter().chain(last) {
            if let Some(answer) = self.answer_pair(pair)? {
                writer.pair(pair.key, &answer.to_string());
            }
        }
        Ok(writer)
    }

    fn identify(
        &mut self,
        pairs: &[Pair<'_>],
        directory: &impl Directory,
        writer: &mut TextWriter,
    ) -> Result<(), LoginStatus> {
        for Pair { key, value } in pairs {
            if let Some(key) = Key::from_name(key).filter(|key| key.when() == When::Login) {
                self.declarations.declare(key, value)?;
            }
        }
        let identification = self.declarations.identify(directory)?;
        match &self.identification {
            // What the first request left out (and a default stood in for) is not supplied later.
            Some(before) if *before != identification => return Err(LoginStatus::InitiatorError),
            Some(_) => {}
            None => {
                let discovery = identification.session_type == SessionType::Discovery;
                self.negotiation = Negotiation::new(discovery);
                self.identification = Some(identification);
                // > 6.3.1: "During the Login Phase the iSCSI target MUST return the
                // > TargetPortalGroupTag key with the first Login Response PDU with which it is
                // > allowed to do so [...] for all session types when TargetName is given".
                if self.declarations.names_target() {
                    let tag = PORTAL_GROUP_TAG.to_string();
                    writer.pair(Key::TargetPortalGroupTag.name(), &tag);
                }
            }
        }
        Ok(())
    }

    fn answer_pair(&mut self, pair: &Pair<'_>) -> Result<Option<Answer>, LoginStatus> {
        let Some(key) = Key::from_name(pair.key) else {
            return Ok(Some(Answer::NotUnderstood));
        };
        match (key.when(), &mut self.stage) {
            (When::Login, _) => Ok(None),
            (When::Security, LoginStage::Security(security)) => {
                Ok(Some(Answer::Value(security.offer(pair.value)?)))
            }
            (When::Operational, LoginStage::Operational { .. }) => {
                Ok(self.negotiation.offer(key, pair.value)?)
            }
            // > 6.3: "It is considered to be a protocol error to send a key that is not allowed in
            // > the current stage."
            _ => Err(Violation::Misplaced(key).into()),
        }
    }

    fn establish(self, request: &LoginRequest, text: TextWriter) -> Step {
        let parameters = match self.negotiation.finish() {
            Ok(parameters) => parameters,
            Err(violation) => return refused(request, violation.into(), &self.declarations),
        };
        let Some(identification) = self.identification else {
            return refused(request, LoginStatus::TargetError, &self.declarations);
        };
        let established = Established {
            session_type: identification.session_type,
            initiator_name: identification.initiator,
            initiator_alias: self.declarations.alias(),
            isid: request.isid,
            cid: request.cid,
            first_cmd_sn: self.first_cmd_sn,
            parameters,
        };
        let progress = LoginProgress::Transits(Stage::FullFeature);
        Step::Established {
            established: Box::new(established),
            reply: Reply::new(request, progress, text),
        }
    }
}

fn refused(request: &LoginRequest, status: LoginStatus, said: &Declarations) -> Step {
    let reply = Reply::refusal(request, status);
    let (initiator, target) = said.names();
    Step::Refused {
        status,
        reply,
        initiator,
        target,
    }
}
