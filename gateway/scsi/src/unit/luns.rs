//! REPORT LUNS (SPC-4 6.33): every target has one unit, LUN 0.

use super::answer;
use crate::{Plan, Sense};

/// LUN 0, in the form of eight bytes (SAM-5 4.7).
const LUN_0: [u8; 8] = [0; 8];

pub(super) fn report(select: u8, allocation: u32) -> Result<Plan, Sense> {
    let units: &[[u8; 8]] = match select {
        // Those with an address; all.
        0x00 | 0x02 => &[LUN_0],
        // Well-known ones.
        0x01 => &[],
        _ => return Err(Sense::invalid_field(2, None)),
    };
    // LUN LIST LENGTH, four reserved bytes, the list.
    let length = if units.is_empty() { 0 } else { 8 };
    let mut data = vec![0, 0, 0, length, 0, 0, 0, 0];
    data.extend(units.iter().flatten());
    Ok(answer(data, allocation))
}
