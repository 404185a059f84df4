//! The state machine.

use super::identification::{Declarations, Identification};
use super::leading::{Leading, transition};
use super::security::Security;
use super::{Established, Reply, Step, Surroundings};
use crate::discovery::PORTAL_GROUP_TAG;
use crate::negotiation::{Answer, Key, Negotiation, Violation, When, ours};
use crate::pdu::{LoginProgress, LoginRequest, LoginStatus, Stage};
use crate::serial::CmdSn;
use crate::session_type::SessionType;
use crate::text::{self, Pair, PartialText, TextError, TextWriter};

/// A login that has not ended after this many requests never will.
pub const MAX_ROUND_TRIPS: u32 = 16;

/// The most text a last answer has, in bytes, so that it can be handed from process to process.
/// No initiator there is gets more; one that would is answered first, and asked again.
pub const MAX_LAST_TEXT: usize = 960;

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
    pub fn start(request: &LoginRequest, data: &[u8], world: &mut impl Surroundings) -> Step {
        match Self::new(request, world) {
            Ok(login) => Box::new(login).step(request, data, world),
            Err(status) => refused(request, status, &Declarations::default()),
        }
    }

    /// A further request, with its data.
    pub fn step(
        mut self: Box<Self>,
        request: &LoginRequest,
        data: &[u8],
        world: &mut impl Surroundings,
    ) -> Step {
        match self.take(request, data, world) {
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

    fn new(request: &LoginRequest, world: &mut impl Surroundings) -> Result<Self, LoginStatus> {
        let leading = Leading::accept(request, world)?;
        let stage = request.current_stage.and_then(LoginStage::enter);
        let stage = stage.ok_or(LoginStatus::InitiatorError)?;
        // The security stage is where a proof is given; whoever skips it gives none.
        if world.authority().is_some() && !matches!(stage, LoginStage::Security(_)) {
            return Err(LoginStatus::AuthenticationFailure);
        }
        Ok(Self {
            leading,
            first_cmd_sn: request.cmd_sn,
            round_trips: 0,
            text: PartialText::default(),
            stage,
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
        world: &mut impl Surroundings,
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
        let text = self.answer(&text::pairs(&text)?, world)?;
        Ok(Answered {
            next: match next {
                Some(next) => self.transit(next, &text, world)?,
                None => None,
            },
            text,
        })
    }

    /// Whether the stage ends, as the initiator wants it to. If it does not, yet, it goes on.
    fn transit(
        &self,
        next: Stage,
        text: &TextWriter,
        world: &mut impl Surroundings,
    ) -> Result<Option<Stage>, LoginStatus> {
        let may_end = match &self.stage {
            LoginStage::Security(security) => security.may_end(world.authority().is_some())?,
            LoginStage::Operational { .. } => true,
        };
        let fits = next != Stage::FullFeature || text.length() <= MAX_LAST_TEXT;
        Ok((may_end && fits).then_some(next))
    }

    /// Answers a whole text: first who wants to talk to whom, then the proof, then everything else.
    fn answer(
        &mut self,
        pairs: &[Pair<'_>],
        world: &mut impl Surroundings,
    ) -> Result<TextWriter, LoginStatus> {
        let mut writer = TextWriter::default();
        self.identify(pairs, world, &mut writer)?;
        if let LoginStage::Security(security) = &mut self.stage {
            security.answer(pairs, world.authority(), &mut writer)?;
        }
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
        world: &mut impl Surroundings,
        writer: &mut TextWriter,
    ) -> Result<(), LoginStatus> {
        for Pair { key, value } in pairs {
            if let Some(key) = Key::from_name(key).filter(|key| key.when() == When::Login) {
                self.declarations.declare(key, value)?;
            }
        }
        let identification = self.declarations.identify(world)?;
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
        match (key.when(), &self.stage) {
            // Those have been answered all at once.
            (When::Login, _) | (When::Security, LoginStage::Security(_)) => Ok(None),
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
