//! The PDUs of iSCSI (RFC 7143, section 11), one type per file.
//!
//! Every PDU starts with a Basic Header Segment of [`BHS`] bytes. [`Header::parse`] reads what all
//! of them have in common, and thereby how much follows; [`Request::parse`] reads the rest of what
//! an initiator sends. Neither can fail: a PDU that makes no sense is for the engine to refuse.
//! The target's PDUs each have an `encode`, which takes the connection's [`Numbers`] because these
//! are known only when a PDU is sent. Additional header segments, data, padding and digests are
//! the engine's.

mod async_message;
mod data_in;
mod data_out;
mod header;
mod isid;
mod layout;
mod login_request;
mod login_response;
mod login_status;
mod logout_request;
mod logout_response;
mod lun;
mod nop_in;
mod nop_out;
mod numbers;
mod r2t;
mod reject;
mod request;
mod residual;
mod scsi_command;
mod scsi_response;
mod segment_length;
mod snack;
mod stage;
mod tag;
mod task_management;
mod task_management_response;
mod text_request;
mod text_response;

pub use async_message::{AsyncEvent, AsyncMessage};
pub use data_in::{DataIn, Sequence};
pub use data_out::DataOut;
pub use header::{Header, opcode};
pub use isid::{Cid, Isid, Tsih};
pub use layout::BHS;
pub use login_request::LoginRequest;
pub use login_response::{LoginProgress, LoginResponse};
pub use login_status::LoginStatus;
pub use logout_request::{LogoutReason, LogoutRequest};
pub use logout_response::{LogoutOutcome, LogoutResponse};
pub use lun::Lun;
pub use nop_in::NopIn;
pub use nop_out::NopOut;
pub use numbers::Numbers;
pub use r2t::R2t;
pub use reject::{Reject, RejectReason};
pub use request::Request;
pub use residual::Residual;
pub use scsi_command::{ScsiCommand, TaskAttribute};
pub use scsi_response::{ScsiResponse, ServiceResponse};
pub use segment_length::{SegmentLength, SegmentTooLong};
pub use snack::Snack;
pub use stage::Stage;
pub use tag::{InitiatorTaskTag, TargetTransferTag};
pub use task_management::{TaskFunction, TaskManagement};
pub use task_management_response::{TaskManagementOutcome, TaskManagementResponse};
pub use text_request::TextRequest;
pub use text_response::TextResponse;

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod golden;
