//! Who wants to talk to whom: InitiatorName, InitiatorAlias, SessionType, TargetName.

use super::Surroundings;
use crate::name::{InitiatorName, IscsiName};
use crate::negotiation::Key;
use crate::pdu::LoginStatus;
use crate::session_type::SessionType;

/// The declarations of a login, as they came.
#[derive(Debug, Default)]
pub(super) struct Declarations {
    initiator_name: Option<String>,
    initiator_alias: Option<String>,
    session_type: Option<String>,
    target_name: Option<String>,
}

/// What they amount to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identification {
    pub(super) initiator: InitiatorName,
    pub(super) session_type: SessionType,
}

impl Declarations {
    /// Takes a declaration.
    ///
    /// Redeclaring is not allowed (RFC 7143, 6.3), but libiscsi repeats all of these in its second
    /// stage when the first was settled without CHAP. Saying the same again does no harm.
    pub(super) fn declare(&mut self, key: Key, value: &str) -> Result<(), LoginStatus> {
        let field = match key {
            Key::InitiatorName => &mut self.initiator_name,
            Key::InitiatorAlias => &mut self.initiator_alias,
            Key::SessionType => &mut self.session_type,
            Key::TargetName => &mut self.target_name,
            _ => return Err(LoginStatus::InitiatorError),
        };
        match field {
            None => *field = Some(value.to_owned()),
            Some(before) if before == value => {}
            Some(_) => return Err(LoginStatus::InitiatorError),
        }
        Ok(())
    }

    /// The alias, for the logs; control characters are dropped.
    pub(super) fn alias(&self) -> Option<String> {
        let alias = self.initiator_alias.as_ref()?;
        Some(alias.chars().filter(|c| !c.is_control()).collect())
    }

    /// Judges what has been declared: everything must be there after the first request.
    ///
    /// > 6.3: "The initial Login Request of any connection MUST include the InitiatorName key=value
    /// > pair. [...] For any connection within a session whose type is not "Discovery", the first
    /// > Login Request MUST also include the TargetName key=value pair."
    pub(super) fn identify(
        &self,
        world: &impl Surroundings,
    ) -> Result<Identification, LoginStatus> {
        let name = self
            .initiator_name
            .as_deref()
            .ok_or(LoginStatus::MissingParameter)?;
        let initiator = InitiatorName::parse(name).map_err(|_| LoginStatus::InitiatorError)?;
        let session_type = match self.session_type.as_deref() {
            Some("Discovery") => SessionType::Discovery,
            // Normal is the default (13.21).
            None | Some("Normal") => SessionType::Normal {
                target: self.target(world)?,
            },
            Some(_) => return Err(LoginStatus::SessionTypeNotSupported),
        };
        Ok(Identification {
            initiator,
            session_type,
        })
    }

    fn target(&self, world: &impl Surroundings) -> Result<IscsiName, LoginStatus> {
        let name = self
            .target_name
            .as_deref()
            .ok_or(LoginStatus::MissingParameter)?;
        IscsiName::parse(name)
            .ok()
            .filter(|name| world.has_target(name))
            .ok_or(LoginStatus::NotFound)
    }

    /// Initiator and target as they were named, which at most 255 bytes each can be.
    pub(super) fn names(&self) -> (Option<String>, Option<String>) {
        (self.initiator_name.clone(), self.target_name.clone())
    }

    /// Whether a target was named, which the first answer acknowledges with the portal group tag.
    pub(super) const fn names_target(&self) -> bool {
        self.target_name.is_some()
    }
}
