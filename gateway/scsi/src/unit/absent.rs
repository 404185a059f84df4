//! A logical unit that is not there (SPC-4 6.6.2, SAM-5 4.11).

use super::{answer, inquiry, luns, request_sense};
use crate::{Command, Plan, Sense};

/// What a command to a LUN without a unit takes: INQUIRY and REPORT LUNS work so that initiators
/// find out what there is, REQUEST SENSE answers why nothing else does.
#[must_use]
pub fn no_unit(command: &Command) -> Plan {
    match *command {
        Command::Inquiry {
            evpd: false,
            page: 0,
            allocation,
        } => answer(inquiry::standard(inquiry::NO_DEVICE), allocation),
        Command::Inquiry { .. } => Plan::Fail(Sense::invalid_field(2, None)),
        Command::ReportLuns { select, allocation } => {
            luns::report(select, allocation).unwrap_or_else(Plan::Fail)
        }
        Command::RequestSense {
            descriptor,
            allocation,
        } => request_sense(Sense::LOGICAL_UNIT_NOT_SUPPORTED, descriptor, allocation),
        _ => Plan::Fail(Sense::LOGICAL_UNIT_NOT_SUPPORTED),
    }
}
