//! PERSISTENT RESERVE IN (SPC-4 6.15).

use super::state::Reservation;
use super::{Kind, Reservations};

/// The service actions (SPC-4 table 205).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum InAction {
    /// READ KEYS.
    ReadKeys = 0x00,
    /// READ RESERVATION.
    ReadReservation = 0x01,
    /// REPORT CAPABILITIES.
    ReportCapabilities = 0x02,
    /// READ FULL STATUS.
    ReadFullStatus = 0x03,
}

impl Reservations {
    /// The parameter data of a service action, of a unit whose reservations can be `lasting`.
    pub(crate) fn report(&self, action: InAction, lasting: bool) -> Vec<u8> {
        match action {
            InAction::ReadKeys => self.keys(),
            InAction::ReadReservation => self.read_reservation(),
            InAction::ReportCapabilities => self.capabilities(lasting),
            InAction::ReadFullStatus => self.full_status(),
        }
    }

    /// PRGENERATION, ADDITIONAL LENGTH, and what is that long.
    fn with_header(&self, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
        let mut data = self.generation.to_be_bytes().to_vec();
        data.extend(length.to_be_bytes());
        data.extend(body);
        data
    }

    fn keys(&self) -> Vec<u8> {
        let keys = self.registrations.iter().map(|one| one.key.to_be_bytes());
        self.with_header(&keys.flatten().collect::<Vec<_>>())
    }

    /// > SPC-4 6.15.3.2 (in substance): RESERVATION KEY is that of the holder, or zero if all
    /// > registrants are.
    fn read_reservation(&self) -> Vec<u8> {
        let Some(Reservation { kind, holder }) = &self.reservation else {
            return self.with_header(&[]);
        };
        let holder = self.find(holder).filter(|_| !kind.is_of_all());
        let mut body = holder.map_or(0, |one| one.key).to_be_bytes().to_vec();
        body.extend([0, 0, 0, 0, 0, kind.code(), 0, 0]);
        self.with_header(&body)
    }

    /// CRH, ATP_C and, if reservations can be `lasting`, PTPL_C, but not SIP_C. RLR_C is zero: RELEASE is for those who may. All six
    /// types.
    fn capabilities(&self, lasting: bool) -> Vec<u8> {
        const CRH: u8 = 0x10;
        const ATP_C: u8 = 0x04;
        const PTPL_C: u8 = 0x01;
        const TMV: u8 = 0x80;
        const PTPL_A: u8 = 0x01;
        let mask = Kind::ALL.iter().fold(0_u16, |mask, kind| mask | bit(*kind));
        let [high, low] = mask.to_be_bytes();
        let active = if self.kept { PTPL_A } else { 0 };
        let capable = if lasting { PTPL_C } else { 0 };
        vec![0, 8, CRH | ATP_C | capable, TMV | active, high, low, 0, 0]
    }

    /// One descriptor for each registered nexus (SPC-4 6.15.5).
    fn full_status(&self) -> Vec<u8> {
        const ALL_TG_PT: u8 = 0x02;
        const R_HOLDER: u8 = 0x01;
        let mut body = Vec::new();
        for one in &self.registrations {
            let held = self.reservation.as_ref().filter(|_| self.holds(&one.port));
            let id = one.port.transport_id();
            let all = if one.all_ports { ALL_TG_PT } else { 0 };
            let holder = if held.is_some() { R_HOLDER } else { 0 };
            body.extend(one.key.to_be_bytes());
            body.extend([0; 4]);
            body.extend([all | holder, held.map_or(0, |held| held.kind.code())]);
            // Reserved, and RELATIVE TARGET PORT IDENTIFIER.
            body.extend([0, 0, 0, 0, 0, 1]);
            body.extend(u32::try_from(id.len()).unwrap_or(u32::MAX).to_be_bytes());
            body.extend(id);
        }
        self.with_header(&body)
    }
}

/// Its bit in PERSISTENT RESERVATION TYPE MASK (SPC-4 table 212).
const fn bit(kind: Kind) -> u16 {
    match kind {
        Kind::WriteExclusive => 0x0200,
        Kind::ExclusiveAccess => 0x0800,
        Kind::WriteExclusiveRegistrantsOnly => 0x2000,
        Kind::ExclusiveAccessRegistrantsOnly => 0x4000,
        Kind::WriteExclusiveAllRegistrants => 0x8000,
        Kind::ExclusiveAccessAllRegistrants => 0x0001,
    }
}
