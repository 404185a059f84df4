//! Commands that touch the medium (SBC-3 chapter 5).

use super::LogicalUnit;
use crate::command::{ByteCheck, Transfer};
use crate::{AdditionalSense, Command, Plan, Sense, SenseKey, Span, limits};

/// A length is not one that VPD page B0h allows. Where the field lies depends on the CDB's
/// form, so that there is no pointer.
const LENGTH_REFUSED: Sense = Sense::new(
    SenseKey::IllegalRequest,
    AdditionalSense::INVALID_FIELD_IN_CDB,
);

impl LogicalUnit {
    /// The bytes of `blocks` blocks from `lba` on, if they are all there. Zero blocks may start
    /// where the unit ends, for they reach no further.
    pub(super) fn span(&self, lba: u64, blocks: u64) -> Result<Span, Sense> {
        lba.checked_add(blocks)
            .filter(|end| *end <= self.capacity())
            .ok_or(Sense::LBA_OUT_OF_RANGE)?;
        // Within the unit, whose size in bytes is a u64: neither product overflows.
        let block = u64::from(self.geometry().block_size);
        Ok(Span {
            offset: lba.saturating_mul(block),
            length: blocks.saturating_mul(block),
        })
    }

    /// The span of a transfer, with at most `limit` bytes.
    fn bounded(&self, transfer: Transfer, limit: u64) -> Result<Span, Sense> {
        let span = self.span(transfer.lba, u64::from(transfer.blocks))?;
        if span.length > limit {
            return Err(LENGTH_REFUSED);
        }
        Ok(span)
    }

    /// Whether anything may be written.
    pub(super) const fn writable(&self) -> Result<(), Sense> {
        if self.geometry().read_only {
            return Err(Sense::WRITE_PROTECTED);
        }
        if self.mode.software_write_protect {
            return Err(Sense::SOFTWARE_WRITE_PROTECTED);
        }
        Ok(())
    }

    pub(super) fn plan_medium(&self, command: &Command) -> Result<Plan, Sense> {
        match *command {
            Command::Read(transfer) => self.read(transfer),
            Command::Write(transfer) => self.write(transfer, transfer.fua, false),
            // What WRITE AND VERIFY has verified is on the medium.
            Command::WriteVerify(transfer) => self.write(transfer, true, true),
            Command::Verify { transfer, check } => self.verify(transfer, check),
            Command::WriteSame {
                transfer,
                unmap,
                no_data_out,
            } => self.write_same(transfer, unmap, no_data_out),
            Command::CompareAndWrite(transfer) => self.compare_and_write(transfer),
            Command::OrWrite(transfer) => self.or_write(transfer),
            Command::SynchronizeCache { transfer, .. } => {
                self.span(transfer.lba, u64::from(transfer.blocks))?;
                Ok(self.flush())
            }
            // GOOD: "not all of the specified logical blocks were transferred to the cache"
            // (SBC-3 5.8). None were: the kernel reads ahead better.
            Command::Prefetch { transfer, .. } => self
                .span(transfer.lba, u64::from(transfer.blocks))
                .map(|_| Plan::Probe),
            // A unit without a spindle has nothing to stop, and one that a virtual machine stops
            // while it shuts down must be there when it starts again. What a stop promises is
            // that the medium is up to date.
            Command::StartStop {
                start: false,
                no_flush: false,
            } => Ok(self.flush()),
            Command::StartStop { .. } => Ok(Plan::Good),
            _ => Err(Sense::INVALID_OPERATION_CODE),
        }
    }

    /// FUA asks for what is on the medium: the one cache is the kernel's, through which everything
    /// is read and written.
    fn read(&self, transfer: Transfer) -> Result<Plan, Sense> {
        let span = self.bounded(transfer, limits::MAX_TRANSFER)?;
        Ok(unless_empty(span, Plan::Read { span }))
    }

    fn write(&self, transfer: Transfer, stable: bool, verify: bool) -> Result<Plan, Sense> {
        self.writable()?;
        let span = self.bounded(transfer, limits::MAX_TRANSFER)?;
        let plan = Plan::Write {
            span,
            stable,
            verify,
        };
        Ok(unless_empty(span, plan))
    }

    fn verify(&self, transfer: Transfer, check: ByteCheck) -> Result<Plan, Sense> {
        let span = self.bounded(transfer, limits::MAX_TRANSFER)?;
        let plan = match check {
            ByteCheck::Readable => Plan::Verify {
                span,
                compare: false,
            },
            ByteCheck::Data => Plan::Verify {
                span,
                compare: true,
            },
            ByteCheck::Pattern => Plan::VerifyPattern {
                span,
                block: self.block(),
            },
        };
        Ok(unless_empty(span, plan))
    }

    /// WSNZ is set in VPD page B0h: zero blocks do not mean "to the end", which a mistake would
    /// wipe.
    fn write_same(&self, transfer: Transfer, unmap: bool, zeroes: bool) -> Result<Plan, Sense> {
        // A unit that may not be written discards nothing either: the first says why.
        self.writable()?;
        if unmap && !self.geometry().discard {
            return Err(Sense::invalid_field(1, Some(3)));
        }
        if transfer.blocks == 0 {
            return Err(LENGTH_REFUSED);
        }
        let span = self.bounded(transfer, limits::MAX_WRITE_SAME)?;
        Ok(Plan::WriteSame {
            span,
            unmap,
            zeroes,
            block: self.block(),
        })
    }

    fn compare_and_write(&self, transfer: Transfer) -> Result<Plan, Sense> {
        self.writable()?;
        let span = self.bounded(transfer, self.max_compare())?;
        Ok(Plan::CompareAndWrite {
            span,
            stable: transfer.fua,
        })
    }

    fn or_write(&self, transfer: Transfer) -> Result<Plan, Sense> {
        self.writable()?;
        let span = self.bounded(transfer, limits::MAX_TRANSFER)?;
        let plan = Plan::OrWrite {
            span,
            stable: transfer.fua,
        };
        Ok(unless_empty(span, plan))
    }

    /// Both halves of the data-out of COMPARE AND WRITE fit into one buffer, and the number of
    /// blocks into a byte.
    pub(super) fn max_compare(&self) -> u64 {
        let byte = u64::from(u8::MAX) * u64::from(self.geometry().block_size);
        byte.min(limits::MAX_TRANSFER / 2)
    }

    /// Nothing was ever written to a read-only image.
    const fn flush(&self) -> Plan {
        if self.geometry().read_only {
            Plan::Probe
        } else {
            Plan::Flush
        }
    }

    fn block(&self) -> usize {
        usize::try_from(self.geometry().block_size).unwrap_or(usize::MAX)
    }
}

/// "A TRANSFER LENGTH field set to zero specifies that no logical blocks shall be read. This
/// condition shall not be considered an error" (SBC-3 5.11, and so the others).
fn unless_empty(span: Span, plan: Plan) -> Plan {
    if span.length == 0 { Plan::Probe } else { plan }
}
