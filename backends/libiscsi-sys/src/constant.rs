//! Constants, by C's names.

use libc::c_int;

labelgate_c_library::constants! {
    /// A session that only asks which targets there are.
    ISCSI_SESSION_DISCOVERY: c_int = 1;
    /// A session with a target.
    ISCSI_SESSION_NORMAL: c_int = 2;
    /// No digest of headers if the target has none, either.
    ISCSI_HEADER_DIGEST_NONE_CRC32C: c_int = 1;
    /// Headers have a CRC32C if the target likes it.
    ISCSI_HEADER_DIGEST_CRC32C_NONE: c_int = 2;
    /// The task management function that ends all tasks of a logical unit.
    ISCSI_TM_LUN_RESET: c_int = 5;

    /// It is done.
    SCSI_STATUS_GOOD: c_int = 0;
    /// There is sense data.
    SCSI_STATUS_CHECK_CONDITION: c_int = 2;
    /// The condition is met.
    SCSI_STATUS_CONDITION_MET: c_int = 4;
    /// Try again later.
    SCSI_STATUS_BUSY: c_int = 8;
    /// A reservation of somebody else's forbids it.
    SCSI_STATUS_RESERVATION_CONFLICT: c_int = 0x18;
    /// There are as many tasks as there may be.
    SCSI_STATUS_TASK_SET_FULL: c_int = 0x28;
    /// Somebody has ended the task.
    SCSI_STATUS_TASK_ABORTED: c_int = 0x40;
    /// The target wants the initiator to go elsewhere.
    SCSI_STATUS_REDIRECT: c_int = 0x101;
    /// The session has ended before the task.
    SCSI_STATUS_CANCELLED: c_int = 0x0f00_0000;
    /// The library could not make sense of what it was told.
    SCSI_STATUS_ERROR: c_int = 0x0f00_0001;
    /// It has taken too long.
    SCSI_STATUS_TIMEOUT: c_int = 0x0f00_0002;

    /// The task moves no data.
    SCSI_XFER_NONE: c_int = 0;
    /// It moves data from the target.
    SCSI_XFER_READ: c_int = 1;
    /// It moves data to the target.
    SCSI_XFER_WRITE: c_int = 2;

    /// No more and no less data was moved than was asked for.
    SCSI_RESIDUAL_NO_RESIDUAL: c_int = 0;
    /// Less data was moved.
    SCSI_RESIDUAL_UNDERFLOW: c_int = 1;

    /// The longest command in bytes.
    SCSI_CDB_MAX_SIZE: usize = 16;
}
