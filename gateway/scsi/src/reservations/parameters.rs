//! PERSISTENT RESERVE OUT as it arrives (SPC-4 6.16): its service action and its parameter list.

use labelgate_wire::Reader;

use super::port::{MAX_TRANSPORT_ID, TransportId};
use crate::Sense;

/// The service actions (SPC-4 table 215).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum OutAction {
    /// REGISTER.
    Register = 0x00,
    /// RESERVE.
    Reserve = 0x01,
    /// RELEASE.
    Release = 0x02,
    /// CLEAR.
    Clear = 0x03,
    /// PREEMPT.
    Preempt = 0x04,
    /// PREEMPT AND ABORT.
    PreemptAndAbort = 0x05,
    /// REGISTER AND IGNORE EXISTING KEY.
    RegisterAndIgnore = 0x06,
    /// REGISTER AND MOVE.
    RegisterAndMove = 0x07,
}

/// "The parameter list length shall be 24 bytes" but for SPEC_I_PT and REGISTER AND MOVE.
pub(super) const BASIC: u32 = 24;

/// The longest parameter list there is a use for.
pub(crate) const MAX_LIST: u32 = BASIC + MAX_TRANSPORT_ID as u32;

/// What a parameter list says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OutList<'a> {
    /// RESERVATION KEY.
    pub(super) key: u64,
    /// SERVICE ACTION RESERVATION KEY.
    pub(super) action_key: u64,
    /// ALL_TG_PT.
    pub(super) all_ports: bool,
    /// APTPL.
    pub(super) kept: bool,
    /// What REGISTER AND MOVE has besides.
    pub(super) moved: Option<Move<'a>>,
}

/// Where REGISTER AND MOVE moves a reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Move<'a> {
    /// UNREG: the nexus that moves it is not registered any more then.
    pub(super) unregister: bool,
    /// To whom.
    pub(super) to: TransportId<'a>,
}

impl OutAction {
    /// Every service action.
    pub const ALL: [Self; 8] = [
        Self::Register,
        Self::Reserve,
        Self::Release,
        Self::Clear,
        Self::Preempt,
        Self::PreemptAndAbort,
        Self::RegisterAndIgnore,
        Self::RegisterAndMove,
    ];

    /// APTPL, of a unit whose reservations cannot last. "shall be terminated with [...] INVALID FIELD
    /// IN PARAMETER LIST" (SPC-4 6.16.3, in substance).
    pub(crate) const fn persistence_refused(self) -> Sense {
        match self {
            Self::RegisterAndMove => Sense::invalid_parameter(17, Some(0)),
            _ => Sense::invalid_parameter(20, Some(0)),
        }
    }

    /// Whether a parameter list can be so long; the list itself says the rest.
    pub(crate) const fn takes(self, length: u32) -> bool {
        BASIC <= length && length <= MAX_LIST
    }
}

impl<'a> OutList<'a> {
    /// Whether registrations and reservation are to outlive a loss of power from now on.
    pub(crate) const fn is_to_last(&self) -> bool {
        self.kept
    }

    pub(crate) fn parse(action: OutAction, list: &'a [u8]) -> Result<Self, Sense> {
        match action {
            OutAction::RegisterAndMove => Self::parse_move(list),
            _ => Self::parse_basic(action, list),
        }
    }

    /// SPEC_I_PT is refused, which SIP_C=0 announces: it registers others, of whom a list says no
    /// more than a name that anybody can claim.
    fn parse_basic(action: OutAction, list: &'a [u8]) -> Result<Self, Sense> {
        const SPEC_I_PT: u8 = 0x08;
        const ALL_TG_PT: u8 = 0x04;
        const APTPL: u8 = 0x01;
        let mut reader = Reader::new(list);
        let (key, action_key) = (reader.u64()?, reader.u64()?);
        // An obsolete SCOPE-SPECIFIC ADDRESS.
        reader.skip(4)?;
        let flags = reader.u8()?;
        // Reserved, and an obsolete extent length.
        reader.skip(3)?;
        let registers = matches!(action, OutAction::Register | OutAction::RegisterAndIgnore);
        if registers && flags & SPEC_I_PT != 0 {
            return Err(Sense::invalid_parameter(20, Some(3)));
        }
        if !reader.is_empty() {
            return Err(Sense::PARAMETER_LIST_LENGTH_ERROR);
        }
        Ok(Self {
            key,
            action_key,
            all_ports: flags & ALL_TG_PT != 0,
            // Only a registration says whether it all lasts.
            kept: registers && flags & APTPL != 0,
            moved: None,
        })
    }

    /// SPC-4 6.16.4.
    fn parse_move(list: &'a [u8]) -> Result<Self, Sense> {
        const UNREG: u8 = 0x02;
        const APTPL: u8 = 0x01;
        /// RELATIVE TARGET PORT IDENTIFIER of the one port there is.
        const PORT: u16 = 1;
        let mut reader = Reader::new(list);
        let (key, action_key) = (reader.u64()?, reader.u64()?);
        reader.skip(1)?;
        let flags = reader.u8()?;
        let port = reader.u16()?;
        let length = reader.u32()?;
        if action_key == 0 {
            return Err(Sense::invalid_parameter(8, None));
        }
        if port != PORT {
            return Err(Sense::invalid_parameter(18, None));
        }
        if usize::try_from(length) != Ok(reader.remaining()) {
            return Err(Sense::PARAMETER_LIST_LENGTH_ERROR);
        }
        let id = reader.take(reader.remaining())?;
        let to = TransportId::parse(id, 24)?;
        Ok(Self {
            key,
            action_key,
            all_ports: false,
            kept: flags & APTPL != 0,
            moved: Some(Move {
                unregister: flags & UNREG != 0,
                to,
            }),
        })
    }
}
