//! Unit attention conditions (SAM-5 5.14): what each I_T nexus must hear before it goes on.

use crate::{AdditionalSense, InitiatorPort, Sense, SenseKey};

/// Something has changed without the initiator's doing. In order of precedence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum UnitAttention {
    /// The unit is new to this nexus (29/00: 29/01 would be more precise, but libiscsi's tools know
    /// only the general code).
    PowerOn = 0,
    /// The target was reset (29/02).
    ScsiBusReset,
    /// The unit was reset, LOGICAL UNIT RESET (29/03).
    BusDeviceReset,
    /// The nexus was lost and is back (29/07).
    ItNexusLoss,
    /// Another initiator aborted commands of this one (2F/00).
    CommandsClearedByAnotherInitiator,
    /// Another initiator has cleared all reservations (2A/03).
    ReservationsPreempted,
    /// A reservation that registered nexuses had access by has ended (2A/04).
    ReservationsReleased,
    /// Another initiator has ended this one's registration (2A/05).
    RegistrationsPreempted,
    /// The image was resized (2A/09).
    CapacityDataChanged,
    /// Another initiator changed mode parameters (2A/01).
    ModeParametersChanged,
    /// INQUIRY or VPD data has changed (3F/03).
    InquiryDataChanged,
}

impl UnitAttention {
    /// All, in order of precedence.
    pub const ALL: [Self; 11] = [
        Self::PowerOn,
        Self::ScsiBusReset,
        Self::BusDeviceReset,
        Self::ItNexusLoss,
        Self::CommandsClearedByAnotherInitiator,
        Self::ReservationsPreempted,
        Self::ReservationsReleased,
        Self::RegistrationsPreempted,
        Self::CapacityDataChanged,
        Self::ModeParametersChanged,
        Self::InquiryDataChanged,
    ];

    /// The sense that reports it.
    #[must_use]
    pub const fn sense(self) -> Sense {
        let code = match self {
            Self::PowerOn => AdditionalSense::POWER_ON_RESET_OR_BUS_DEVICE_RESET_OCCURRED,
            Self::ScsiBusReset => AdditionalSense::SCSI_BUS_RESET_OCCURRED,
            Self::BusDeviceReset => AdditionalSense::BUS_DEVICE_RESET_FUNCTION_OCCURRED,
            Self::ItNexusLoss => AdditionalSense::I_T_NEXUS_LOSS_OCCURRED,
            Self::CommandsClearedByAnotherInitiator => {
                AdditionalSense::COMMANDS_CLEARED_BY_ANOTHER_INITIATOR
            }
            Self::ReservationsPreempted => AdditionalSense::RESERVATIONS_PREEMPTED,
            Self::ReservationsReleased => AdditionalSense::RESERVATIONS_RELEASED,
            Self::RegistrationsPreempted => AdditionalSense::REGISTRATIONS_PREEMPTED,
            Self::CapacityDataChanged => AdditionalSense::CAPACITY_DATA_HAS_CHANGED,
            Self::ModeParametersChanged => AdditionalSense::MODE_PARAMETERS_CHANGED,
            Self::InquiryDataChanged => AdditionalSense::INQUIRY_DATA_HAS_CHANGED,
        };
        Sense::new(SenseKey::UnitAttention, code)
    }

    const fn bit(self) -> u16 {
        1 << self as u16
    }

    /// Whether it goes before RESERVATION CONFLICT: resets do (SAM-5 5.3.3).
    const fn is_reset(self) -> bool {
        matches!(
            self,
            Self::PowerOn | Self::ScsiBusReset | Self::BusDeviceReset | Self::ItNexusLoss
        )
    }
}

/// What a unit keeps for one I_T nexus: who it is, and the unit attentions it has not heard yet,
/// each at most once, reported in order of precedence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nexus {
    port: InitiatorPort,
    pending: u16,
}

impl Nexus {
    /// A nexus with nothing pending. A new session's first gets [`UnitAttention::PowerOn`] posted.
    #[must_use]
    pub const fn new(port: InitiatorPort) -> Self {
        Self { port, pending: 0 }
    }

    /// Whose it is.
    #[must_use]
    pub const fn port(&self) -> &InitiatorPort {
        &self.port
    }

    /// Establishes a unit attention, unless the same one is pending already.
    pub const fn post(&mut self, attention: UnitAttention) {
        self.pending |= attention.bit();
    }

    /// The pending unit attention to report next, which it no longer is then.
    pub fn take(&mut self) -> Option<UnitAttention> {
        let next = UnitAttention::ALL
            .into_iter()
            .find(|attention| self.pending & attention.bit() != 0)?;
        self.pending &= !next.bit();
        Some(next)
    }

    /// As [`Self::take`], if it is a reset.
    pub fn take_reset(&mut self) -> Option<UnitAttention> {
        let is_pending = |attention: &UnitAttention| self.pending & attention.bit() != 0;
        let next = UnitAttention::ALL.into_iter().find(is_pending)?;
        next.is_reset().then(|| self.take()).flatten()
    }

    /// Forgets everything pending.
    pub const fn clear(&mut self) {
        self.pending = 0;
    }

    /// Whether nothing is pending.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.pending == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_attention_is_reported_once_and_resets_come_first() {
        let mut nexus = Nexus::new(InitiatorPort::new("vm", "iqn.x", [0; 6]));
        nexus.post(UnitAttention::ModeParametersChanged);
        nexus.post(UnitAttention::PowerOn);
        nexus.post(UnitAttention::ModeParametersChanged);

        assert_eq!(nexus.take(), Some(UnitAttention::PowerOn));
        assert_eq!(nexus.take(), Some(UnitAttention::ModeParametersChanged));
        assert_eq!(nexus.take(), None);
    }
}
