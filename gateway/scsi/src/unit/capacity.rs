//! TEST UNIT READY, READ CAPACITY (SBC-3 5.15, 5.16), GET LBA STATUS (5.4).

use super::{LogicalUnit, answer};
use crate::{Plan, Sense, Span};

impl LogicalUnit {
    /// How many blocks there are.
    pub(super) fn capacity(&self) -> u64 {
        let geometry = self.geometry();
        geometry
            .size
            .checked_div(u64::from(geometry.block_size))
            .unwrap_or(0)
    }

    /// An image without a single block has no last block to report and needs an admin.
    pub(super) fn ready(&self) -> Result<(), Sense> {
        if self.capacity() == 0 {
            return Err(Sense::MANUAL_INTERVENTION_REQUIRED);
        }
        Ok(())
    }

    fn last_lba(&self) -> Result<u64, Sense> {
        self.ready()?;
        Ok(self.capacity() - 1)
    }

    /// "If the number of logical blocks exceeds the maximum value that is able to be specified in
    /// the RETURNED LOGICAL BLOCK ADDRESS field, then the device server shall set that field to
    /// FFFF_FFFFh" (SBC-3 5.15.2).
    pub(super) fn read_capacity_10(&self) -> Result<Plan, Sense> {
        let last = u32::try_from(self.last_lba()?).unwrap_or(u32::MAX);
        let mut data = last.to_be_bytes().to_vec();
        data.extend(self.geometry().block_size.to_be_bytes());
        Ok(Plan::Answer(data))
    }

    pub(super) fn read_capacity_16(&self, allocation: u32) -> Result<Plan, Sense> {
        /// Thin provisioning, and unmapped blocks read as zeros.
        const LBPME_LBPRZ: u8 = 0xc0;
        let geometry = self.geometry();
        let mut data = self.last_lba()?.to_be_bytes().to_vec();
        data.extend(geometry.block_size.to_be_bytes());
        data.push(0);
        data.push(self.physical_exponent());
        data.push(if geometry.discard { LBPME_LBPRZ } else { 0 });
        data.resize(32, 0);
        Ok(answer(data, allocation))
    }

    /// LOGICAL BLOCKS PER PHYSICAL BLOCK EXPONENT, a field of four bits.
    fn physical_exponent(&self) -> u8 {
        let exponent = self.blocks_per_physical().checked_ilog2().unwrap_or(0);
        u8::try_from(exponent).unwrap_or(0).min(0x0f)
    }

    pub(super) fn blocks_per_physical(&self) -> u32 {
        let geometry = self.geometry();
        geometry
            .physical_block_size
            .checked_div(geometry.block_size)
            .unwrap_or(1)
            .max(1)
    }

    /// The block asked about must exist, unlike the first of a transfer of zero blocks.
    pub(super) fn lba_status(&self, lba: u64, allocation: u32) -> Result<Plan, Sense> {
        let Span { offset, length } = self.span(lba, 1)?;
        let to_the_end = self.geometry().size - offset;
        let length = to_the_end - to_the_end % length;
        Ok(Plan::LbaStatus {
            span: Span { offset, length },
            allocation: usize::try_from(allocation).unwrap_or(usize::MAX),
        })
    }
}
