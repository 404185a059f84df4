//! Functions.

use labelgate_c_library::Kin;
use libc::{c_char, c_int, c_uchar, c_uint, c_void};

use crate::structure::{iscsi_context, iscsi_data, scsi_iovec, scsi_task};

const KIN: Kin = Kin {
    needed: "libiscsi, version 1.19 or later",
    debian: "libiscsi7",
    fedora: "libiscsi",
};

labelgate_c_library::callbacks! {
    /// Something has ended: the context, a status, what there is to say of it, and what was given
    /// along.
    pointer iscsi_command_cb = fn(*mut iscsi_context, c_int, *mut c_void, *mut c_void);
    /// The library says something.
    pointer iscsi_log_fn = fn(c_int, *const c_char);
}

labelgate_c_library::library! {
    /// Functions of libiscsi.
    Libiscsi in "libiscsi.so.7" of KIN;

    /// Makes a context for an initiator of this name.
    fn iscsi_create_context(*const c_char) -> *mut iscsi_context;
    /// Ends its connection, tells of what has not ended, and frees it.
    fn iscsi_destroy_context(*mut iscsi_context) -> c_int;
    /// What it last found wrong.
    fn iscsi_get_error(*mut iscsi_context) -> *const c_char;
    /// Which kind of session it shall have.
    fn iscsi_set_session_type(*mut iscsi_context, iscsi_session_type) -> c_int;
    /// Which target it shall log in to.
    fn iscsi_set_targetname(*mut iscsi_context, *const c_char) -> c_int;
    /// What distinguishes the session from others of this initiator's.
    fn iscsi_set_isid_random(*mut iscsi_context, u32, u32) -> c_int;
    /// Whether headers have digests.
    fn iscsi_set_header_digest(*mut iscsi_context, iscsi_header_digest) -> c_int;
    /// What the initiator proves itself with.
    fn iscsi_set_initiator_username_pwd(*mut iscsi_context, *const c_char, *const c_char) -> c_int;
    /// What the target proves itself with.
    fn iscsi_set_target_username_pwd(*mut iscsi_context, *const c_char, *const c_char) -> c_int;
    /// Whether it leaves a session that has ended alone.
    fn iscsi_set_noautoreconnect(*mut iscsi_context, c_int);
    /// How much it says.
    fn iscsi_set_log_level(*mut iscsi_context, c_int);
    /// To whom.
    fn iscsi_set_log_fn(*mut iscsi_context, iscsi_log_fn);
    /// Begins to connect.
    fn iscsi_connect_async(*mut iscsi_context, *const c_char, iscsi_command_cb, *mut c_void) -> c_int;
    /// Begins to log in.
    fn iscsi_login_async(*mut iscsi_context, iscsi_command_cb, *mut c_void) -> c_int;
    /// Begins to log out.
    fn iscsi_logout_async(*mut iscsi_context, iscsi_command_cb, *mut c_void) -> c_int;
    /// Whether it is logged in.
    fn iscsi_is_logged_in(*mut iscsi_context) -> c_int;
    /// Asks which targets there are.
    fn iscsi_discovery_async(*mut iscsi_context, iscsi_command_cb, *mut c_void) -> c_int;
    /// Asks whether the target is there.
    fn iscsi_nop_out_async(
        *mut iscsi_context,
        iscsi_command_cb,
        *mut c_uchar,
        c_int,
        *mut c_void,
    ) -> c_int;
    /// Ends all tasks of a logical unit.
    fn iscsi_task_mgmt_lun_reset_async(
        *mut iscsi_context,
        u32,
        iscsi_command_cb,
        *mut c_void,
    ) -> c_int;
    /// Its socket.
    fn iscsi_get_fd(*mut iscsi_context) -> c_int;
    /// What it waits for there.
    fn iscsi_which_events(*mut iscsi_context) -> c_int;
    /// Does what there is to do.
    fn iscsi_service(*mut iscsi_context, c_int) -> c_int;
    /// How much has not been sent.
    fn iscsi_out_queue_length(*mut iscsi_context) -> c_int;
    /// Sends a task to a logical unit.
    fn iscsi_scsi_command_async(
        *mut iscsi_context,
        c_int,
        *mut scsi_task,
        iscsi_command_cb,
        *mut iscsi_data,
        *mut c_void,
    ) -> c_int;
    /// Makes a task of a command.
    fn scsi_create_task(c_int, *mut c_uchar, c_int, c_int) -> *mut scsi_task;
    /// Frees it.
    fn scsi_free_scsi_task(*mut scsi_task);
    /// Where its data is read into; the runs stay the caller's.
    fn scsi_task_set_iov_in(*mut scsi_task, *mut scsi_iovec, c_int);
    /// Where its data is written from; the runs stay the caller's.
    fn scsi_task_set_iov_out(*mut scsi_task, *mut scsi_iovec, c_int);
}

/// Which kind of session it is.
pub type iscsi_session_type = c_uint;
/// Whether headers have digests.
pub type iscsi_header_digest = c_uint;
