//! UNMAP (SBC-3 5.31).

use labelgate_wire::{Reader, Truncated};

use super::LogicalUnit;
use crate::{Plan, Sense, Span, limits};

/// UNMAP DATA LENGTH, UNMAP BLOCK DESCRIPTOR DATA LENGTH, four reserved bytes.
const HEADER: u16 = 8;
const DESCRIPTOR: u16 = 16;

impl From<Truncated> for Sense {
    fn from(_: Truncated) -> Self {
        Self::PARAMETER_LIST_LENGTH_ERROR
    }
}

impl LogicalUnit {
    /// "A PARAMETER LIST LENGTH field set to zero specifies that no data shall be sent. This
    /// condition shall not be considered an error."
    pub(super) fn collect_unmap(&self, length: u16) -> Result<Plan, Sense> {
        if !self.geometry().discard {
            return Err(Sense::INVALID_OPERATION_CODE);
        }
        self.writable()?;
        match length {
            0 => Ok(Plan::Probe),
            1..HEADER => Err(Sense::PARAMETER_LIST_LENGTH_ERROR),
            _ => Ok(Plan::Parameters {
                length: usize::from(length),
            }),
        }
    }

    /// All descriptors are checked before the first is carried out.
    pub(super) fn unmap(&self, list: &[u8]) -> Result<Plan, Sense> {
        self.writable()?;
        let mut reader = Reader::new(list);
        reader.skip(2)?;
        let length = reader.u16()?;
        reader.skip(4)?;
        // "If the value is not a multiple of 16, then the last descriptor is incomplete and shall
        // be ignored."
        let count = length / DESCRIPTOR;
        if u32::from(count) > limits::MAX_UNMAP_DESCRIPTORS {
            return Err(Sense::invalid_parameter(2, None));
        }
        let (mut spans, mut total) = (Vec::with_capacity(usize::from(count)), 0_u64);
        for at in (HEADER..)
            .step_by(usize::from(DESCRIPTOR))
            .take(count.into())
        {
            let (lba, blocks) = (reader.u64()?, reader.u32()?);
            reader.skip(4)?;
            let span = self.span(lba, u64::from(blocks))?;
            total += u64::from(blocks);
            if total > u64::from(limits::MAX_UNMAP_BLOCKS) {
                return Err(Sense::invalid_parameter(at.saturating_add(8), None));
            }
            merge(&mut spans, span);
        }
        if spans.is_empty() {
            return Ok(Plan::Probe);
        }
        Ok(Plan::Unmap { spans })
    }
}

/// Appends a span; one that follows on the last makes it longer, so that an image whose
/// allocation unit is larger than a block can give back what was named piece by piece.
fn merge(spans: &mut Vec<Span>, span: Span) {
    match spans.last_mut() {
        _ if span.length == 0 => {}
        Some(last) if last.end() == span.offset => last.length += span.length,
        _ => spans.push(span),
    }
}
