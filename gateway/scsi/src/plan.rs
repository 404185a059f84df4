//! What a command takes to carry out.

use crate::{Sense, limits};

/// A run of bytes of the image, on block boundaries and within the unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Where it starts, in bytes.
    pub offset: u64,
    /// How long it is, in bytes; never zero in a [`Plan`] that [`Plan::expecting`] has passed.
    pub length: u64,
}

impl Span {
    /// Where it ends. Spans lie within the unit, so that this does not overflow.
    #[must_use]
    pub const fn end(self) -> u64 {
        self.offset.saturating_add(self.length)
    }

    fn bytes(self) -> usize {
        usize::try_from(self.length).unwrap_or(usize::MAX)
    }
}

/// What a command takes to carry out. The task engine does it; a command ends with GOOD unless
/// the plan or what becomes of it says otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    /// Nothing is left to do, and the image has no part in it.
    Good,
    /// Data-in, already cut to the allocation length; may be empty.
    Answer(Vec<u8>),
    /// Collect this much data-out, then call [`crate::LogicalUnit::parameters`].
    Parameters {
        /// PARAMETER LIST LENGTH, 1 to 65535 bytes.
        length: usize,
    },
    /// Data-in from the image.
    Read {
        /// From where; at most [`crate::limits::MAX_TRANSFER`].
        span: Span,
    },
    /// Data-out to the image.
    Write {
        /// Where to; at most [`crate::limits::MAX_TRANSFER`].
        span: Span,
        /// End the command only when the data is on stable storage.
        stable: bool,
        /// Read it back afterwards and compare (WRITE AND VERIFY).
        verify: bool,
    },
    /// Read the span, and compare it with the data-out or just find it readable.
    Verify {
        /// Which blocks; at most [`crate::limits::MAX_TRANSFER`].
        span: Span,
        /// Data-out of the span's length is compared with the medium; otherwise there is none.
        compare: bool,
    },
    /// Compare each block of the span with the one block of data-out (BYTCHK=11b).
    VerifyPattern {
        /// Which blocks; at most [`crate::limits::MAX_TRANSFER`].
        span: Span,
        /// The block length in bytes: how much data-out there is.
        block: usize,
    },
    /// Fill the span with one block of data-out, or with zeros.
    WriteSame {
        /// Which blocks; at most [`crate::limits::MAX_WRITE_SAME`].
        span: Span,
        /// Space may be given back if the pattern is zeros (which must be looked at unless
        /// `zeroes` says so: LBPRZ promises zeros, so that any other pattern is written).
        unmap: bool,
        /// NDOB: there is no data-out, and the pattern is zeros.
        zeroes: bool,
        /// The block length in bytes: how much data-out there is unless `zeroes`.
        block: usize,
    },
    /// Compare the span with the first half of the data-out, then write the second half, with no
    /// other command on these blocks in between.
    CompareAndWrite {
        /// Which blocks; at most half of [`crate::limits::MAX_TRANSFER`]. None, until
        /// [`Plan::expecting`] has found that there is no data-out either.
        span: Span,
        /// End the command only when the data is on stable storage.
        stable: bool,
    },
    /// Read the span, and write back what the bitwise OR with the data-out makes of it, with no other
    /// command on these blocks in between.
    OrWrite {
        /// Which blocks; at most [`crate::limits::MAX_TRANSFER`].
        span: Span,
        /// End the command only when the data is on stable storage.
        stable: bool,
    },
    /// Discard these; each is non-empty, at most [`crate::limits::MAX_UNMAP_DESCRIPTORS`] of them.
    Unmap {
        /// Which blocks.
        spans: Vec<Span>,
    },
    /// Move nothing, but ask the image whether it may still be reached: an initiator must not learn
    /// otherwise from a command of no blocks.
    Probe,
    /// Everything completed so far goes to stable storage.
    Flush,
    /// Ask the image for extents from the span's start on and answer with
    /// [`crate::LbaStatus`] or [`crate::encode_lba_status`].
    LbaStatus {
        /// From the LBA asked about to the end of the unit.
        span: Span,
        /// The allocation length.
        allocation: usize,
    },
    /// The reservations have changed, so that the command ends only when everything that was begun
    /// before has ended: nobody who is excluded now writes any more then. [`crate::LogicalUnit`]
    /// says what else there is to be done.
    Settle,
    /// RESERVATION CONFLICT.
    Conflict,
    /// CHECK CONDITION with this sense.
    Fail(Sense),
}

impl Plan {
    /// How much data-out the command takes, in bytes: for residuals and to solicit data.
    #[must_use]
    pub fn data_out(&self) -> usize {
        match self {
            Self::Parameters { length } => *length,
            Self::Write { span, .. }
            | Self::OrWrite { span, .. }
            | Self::Verify {
                span,
                compare: true,
            } => span.bytes(),
            Self::VerifyPattern { block, .. }
            | Self::WriteSame {
                block,
                zeroes: false,
                ..
            } => *block,
            Self::CompareAndWrite { span, .. } => span.bytes().saturating_mul(2),
            _ => 0,
        }
    }

    /// How much data-in the command gives at most, in bytes: for residuals.
    #[must_use]
    pub fn data_in(&self) -> usize {
        match self {
            Self::Answer(data) => data.len(),
            Self::Read { span } => span.bytes(),
            Self::LbaStatus { allocation, .. } => (*allocation).min(limits::MAX_LBA_STATUS),
            _ => 0,
        }
    }

    /// The plan, given how much data-out the transport says it has (iSCSI: Expected Data Transfer
    /// Length with the W bit, or zero) and the block length.
    ///
    /// A WRITE with less data than its CDB names writes the whole blocks there are (what is
    /// missing is a residual), unless the data ends within a block: no block is ever torn.
    /// Commands whose data is compared, repeated or parsed are refused unless it is all there;
    /// COMPARE AND WRITE and WRITE SAME, whose data-out has one possible length, also if there is
    /// more. WRITE SAME with UNMAP and no data at all means zeros, as NDOB would.
    #[must_use]
    pub fn expecting(self, data_out: usize, block: u32) -> Self {
        /// Of COMPARE AND WRITE.
        const NUMBER_OF_LOGICAL_BLOCKS: u16 = 13;
        const CONTRADICTION: Plan = Plan::Fail(Sense::INVALID_FIELD_IN_COMMAND_INFORMATION_UNIT);
        let takes = self.data_out();
        match self {
            Self::Write { .. } if data_out == 0 => Self::Probe,
            Self::Write {
                span,
                stable,
                verify,
            } if data_out < takes => {
                let length = data_out as u64;
                if length.is_multiple_of(u64::from(block)) {
                    let span = Span { length, ..span };
                    Self::Write {
                        span,
                        stable,
                        verify,
                    }
                } else {
                    CONTRADICTION
                }
            }
            Self::WriteSame {
                span,
                unmap: true,
                zeroes: false,
                block,
            } if data_out == 0 => Self::WriteSame {
                span,
                unmap: true,
                zeroes: true,
                block,
            },
            Self::WriteSame { zeroes: false, .. } if data_out != takes => CONTRADICTION,
            // 256 blocks are zero in NUMBER OF LOGICAL BLOCKS, a byte; their data gives it away.
            Self::CompareAndWrite { .. } if data_out != takes => {
                Self::Fail(Sense::invalid_field(NUMBER_OF_LOGICAL_BLOCKS, None))
            }
            Self::CompareAndWrite { .. } if takes == 0 => Self::Probe,
            plan if data_out < takes => {
                drop(plan);
                CONTRADICTION
            }
            plan => plan,
        }
    }
}

impl From<Sense> for Plan {
    fn from(sense: Sense) -> Self {
        Self::Fail(sense)
    }
}
