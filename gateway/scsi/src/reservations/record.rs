//! What of an image's reservations outlives its worker (APTPL): registrations and the persistent
//! reservation, as bytes that whoever keeps them need not understand.
//!
//! PRGENERATION does not: "shall be set to zero as part of the power on reset processing" (SPC-4
//! 6.15.2).

use labelgate_wire::{Reader, Truncated};

use super::state::{Registration, Reservation};
use super::{InitiatorPort, Kind, Reservations};
use crate::limits;

/// The only version there is.
const VERSION: u8 = 1;
/// Version, type, holder, number of registrations.
const HEAD: usize = 4;
/// Key, flags, ISID, and the lengths of two strings.
const FIXED: usize = 8 + 1 + 6 + 2 + 2;
/// No reservation; or one that nobody in particular holds.
const NONE: u8 = 0xff;

/// Reservations that have been kept.
#[derive(Debug, Clone)]
pub struct Kept(Reservations);

/// Bytes that are no record: whoever kept them, or wrote them, is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoRecord;

impl std::fmt::Display for NoRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("that is no record of reservations")
    }
}

impl std::error::Error for NoRecord {}

impl From<Truncated> for NoRecord {
    fn from(_: Truncated) -> Self {
        Self
    }
}

impl Registration {
    /// How long it is in a record, in bytes.
    pub(super) fn length(&self) -> usize {
        FIXED + self.port.identity().len() + self.port.name().len()
    }

    fn encode(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.key.to_be_bytes());
        bytes.push(u8::from(self.all_ports));
        bytes.extend(self.port.isid());
        for text in [self.port.identity(), self.port.name()] {
            let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
            bytes.extend(length.to_be_bytes());
            bytes.extend(text.bytes());
        }
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, NoRecord> {
        let key = reader.u64()?;
        let all_ports = match reader.u8()? {
            0 => false,
            1 => true,
            _ => return Err(NoRecord),
        };
        let isid = reader.array()?;
        let mut text = || {
            let length = reader.u16()?;
            std::str::from_utf8(reader.take(usize::from(length))?).map_err(|_| NoRecord)
        };
        let (identity, name) = (text()?, text()?);
        if key == 0 {
            return Err(NoRecord);
        }
        Ok(Self {
            port: InitiatorPort::new(identity, name, isid),
            key,
            all_ports,
        })
    }
}

impl Reservations {
    pub(super) fn record_length(&self) -> usize {
        let each = self.registrations.iter().map(Registration::length);
        HEAD + each.sum::<usize>()
    }

    /// What is to be kept; empty if nothing is.
    #[must_use]
    pub fn record(&self) -> Vec<u8> {
        if !self.kept || self.registrations.is_empty() {
            return Vec::new();
        }
        let holder = self.reservation.as_ref().and_then(|present| {
            let holds = |one: &Registration| one.port == present.holder;
            self.registrations.iter().position(holds)
        });
        let holder = holder.and_then(|at| u8::try_from(at).ok());
        let kind = self.reservation.as_ref().map_or(0, |it| it.kind.code());
        let count = u8::try_from(self.registrations.len()).unwrap_or(u8::MAX);
        let mut bytes = vec![VERSION, kind, holder.unwrap_or(NONE), count];
        for one in &self.registrations {
            one.encode(&mut bytes);
        }
        bytes
    }
}

impl Kept {
    /// Reads a record.
    ///
    /// # Errors
    /// It is none: then nobody knows whom the image is kept for, and it must not be served.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoRecord> {
        if bytes.len() > limits::MAX_RECORD {
            return Err(NoRecord);
        }
        let mut reader = Reader::new(bytes);
        if reader.u8()? != VERSION {
            return Err(NoRecord);
        }
        let (kind, holder, count) = (reader.u8()?, reader.u8()?, reader.u8()?);
        if count == 0 || usize::from(count) > limits::MAX_REGISTRATIONS {
            return Err(NoRecord);
        }
        let mut registrations: Vec<Registration> = Vec::new();
        for _ in 0..count {
            let one = Registration::decode(&mut reader)?;
            if registrations.iter().any(|other| other.port == one.port) {
                return Err(NoRecord);
            }
            registrations.push(one);
        }
        if !reader.is_empty() {
            return Err(NoRecord);
        }
        let reservation = match kind {
            0 => None,
            code => Some(reservation(code, holder, &registrations)?),
        };
        Ok(Self(Reservations {
            registrations,
            reservation,
            kept: true,
            ..Reservations::default()
        }))
    }

    pub(crate) fn into_reservations(self) -> Reservations {
        self.0
    }
}

/// Of a kind that all registrants hold, it does not matter which of them is named.
fn reservation(
    code: u8,
    holder: u8,
    registrations: &[Registration],
) -> Result<Reservation, NoRecord> {
    let kind = Kind::of(code).ok_or(NoRecord)?;
    let named = registrations.get(usize::from(holder));
    let first = registrations.first().filter(|_| kind.is_of_all());
    let holder = named.or(first).ok_or(NoRecord)?.port.clone();
    Ok(Reservation { kind, holder })
}
