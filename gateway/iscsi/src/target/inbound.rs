//! The data of a command on its way in: immediate, unsolicited, solicited.
//!
//! We negotiate DataPDUInOrder=Yes and DataSequenceInOrder=Yes, so the bytes of a command arrive
//! from first to last and [`Inbound::received`] is all there is to know about what is there.

use std::collections::VecDeque;

use labelgate_scsi::{AdditionalSense, Sense, SenseKey};

use crate::pdu::{DataOut, TargetTransferTag};

/// Why data was not what was agreed on (RFC 7143, 11.4.7.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DataFault {
    /// Data that nobody asked for, or that is not next in order.
    Unexpected,
    /// A sequence ended before all of it was there.
    NotEnough,
}

impl DataFault {
    /// > RFC 7143, 11.4.7.2: "Unexpected unsolicited data: Aborted Command-0B, 0C 0C";
    /// > "Incorrect amount of data: Aborted Command-0B, 0C 0D".
    pub(crate) const fn sense(self) -> Sense {
        let qualifier = match self {
            Self::Unexpected => 0x0c,
            Self::NotEnough => 0x0d,
        };
        Sense::new(
            SenseKey::AbortedCommand,
            AdditionalSense {
                code: 0x0c,
                qualifier,
            },
        )
    }
}

/// A sequence of Data-Out PDUs that an R2T has asked for.
#[derive(Debug, Clone, Copy)]
struct Burst {
    tag: TargetTransferTag,
    end: usize,
    next_data_sn: u32,
}

/// What an R2T asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) tag: TargetTransferTag,
    pub(crate) r2t_sn: u32,
    pub(crate) offset: usize,
    pub(crate) length: usize,
}

/// The data-out of one command.
#[derive(Debug, Default)]
pub(crate) struct Inbound {
    /// Bytes the command needs.
    wanted: usize,
    /// Bytes that may come unasked.
    unsolicited: usize,
    /// Bytes that have come.
    received: usize,
    /// More unsolicited data is to follow (the F bit has not been seen).
    open: bool,
    next_data_sn: u32,
    bursts: VecDeque<Burst>,
    requested: usize,
    r2t_sn: u32,
    /// The command has failed already: what still comes is dropped.
    dropped: bool,
}

impl Inbound {
    /// A command that needs `wanted` bytes, of which `unsolicited` may come unasked, and after
    /// whose own PDU more unsolicited data comes if `open`.
    pub(crate) fn new(wanted: usize, unsolicited: usize, open: bool) -> Self {
        Self {
            wanted,
            unsolicited,
            open,
            ..Self::default()
        }
    }

    /// Whether more unsolicited data is to follow.
    pub(crate) const fn is_open(&self) -> bool {
        self.open
    }

    /// Whether everything the command needs is there.
    pub(crate) const fn is_complete(&self) -> bool {
        !self.open && self.received >= self.wanted
    }

    pub(crate) const fn is_dropped(&self) -> bool {
        self.dropped
    }

    pub(crate) const fn wanted(&self) -> usize {
        self.wanted
    }

    pub(crate) const fn received(&self) -> usize {
        self.received
    }

    /// The command has failed: its data will be dropped as it comes, and no more asked for.
    pub(crate) fn drop_rest(&mut self) {
        self.dropped = true;
    }

    /// Immediate data of `length` bytes has come with the command itself.
    pub(crate) fn immediate(&mut self, length: usize) {
        self.received = length;
    }

    /// Checks a Data-Out PDU before its payload is received.
    pub(crate) fn expect(&mut self, pdu: &DataOut, length: usize) -> Result<(), DataFault> {
        let offset = pdu.buffer_offset as usize;
        let end = offset.checked_add(length).ok_or(DataFault::Unexpected)?;
        let (limit, data_sn) = if pdu.target_transfer_tag.is_reserved() {
            if !self.open {
                return Err(DataFault::Unexpected);
            }
            (self.unsolicited, &mut self.next_data_sn)
        } else {
            let burst = self.bursts.front_mut().ok_or(DataFault::Unexpected)?;
            if burst.tag != pdu.target_transfer_tag {
                return Err(DataFault::Unexpected);
            }
            (burst.end, &mut burst.next_data_sn)
        };
        if offset != self.received || end > limit || pdu.data_sn != *data_sn {
            return Err(DataFault::Unexpected);
        }
        *data_sn = data_sn.wrapping_add(1);
        Ok(())
    }

    /// The payload of a Data-Out PDU has landed (or was dropped).
    pub(crate) fn landed(&mut self, pdu: &DataOut, length: usize) -> Result<(), DataFault> {
        self.received += length;
        if !pdu.is_final {
            return Ok(());
        }
        if pdu.target_transfer_tag.is_reserved() {
            self.open = false;
            return Ok(());
        }
        match self.bursts.pop_front() {
            Some(burst) if burst.end == self.received => Ok(()),
            _ => Err(DataFault::NotEnough),
        }
    }

    /// A faulty or dropped PDU went by: whether unsolicited data is still to follow.
    pub(crate) fn skipped(&mut self, pdu: &DataOut) {
        if pdu.is_final && pdu.target_transfer_tag.is_reserved() {
            self.open = false;
        }
    }

    /// The next R2T, as long as data is missing and fewer than `outstanding` are out.
    pub(crate) fn request(
        &mut self,
        tag: impl FnOnce() -> TargetTransferTag,
        max_burst: usize,
        outstanding: usize,
    ) -> Option<Request> {
        let offset = self.requested.max(self.received);
        let missing = self.wanted.saturating_sub(offset);
        if self.open || self.dropped || missing == 0 || self.bursts.len() >= outstanding {
            return None;
        }
        let length = missing.min(max_burst);
        let request = Request {
            tag: tag(),
            r2t_sn: self.r2t_sn,
            offset,
            length,
        };
        self.requested = offset + length;
        self.r2t_sn = self.r2t_sn.wrapping_add(1);
        self.bursts.push_back(Burst {
            tag: request.tag,
            end: self.requested,
            next_data_sn: 0,
        });
        Some(request)
    }
}
