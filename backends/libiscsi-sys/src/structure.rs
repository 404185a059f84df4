//! Structures, by C's names.

use libc::{c_char, c_int, c_uchar, c_uint, c_void};

/// What is between an initiator and a target: the library's own.
#[repr(C)]
#[derive(Debug)]
pub struct iscsi_context {
    _nothing: [u8; 0],
}

/// Data to be written, of which nothing is made here: null.
#[repr(C)]
#[derive(Debug)]
pub struct iscsi_data {
    _nothing: [u8; 0],
}

/// Memory that goes with a task: the library's own.
#[repr(C)]
#[derive(Debug)]
pub struct scsi_allocated_memory {
    _nothing: [u8; 0],
}

/// What the library has understood of sense data. It is not looked at here: the library reads behind
/// the end of what is too short.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct scsi_sense {
    _fields: [u32; 4],
}

/// Whether more or less data was moved than was asked for.
pub type scsi_residual = c_uint;

labelgate_c_library::structures! {
    /// Bytes that the target has sent.
    struct scsi_data {
        /// How many.
        size: c_int,
        /// Where.
        data: *mut c_uchar,
    }

    /// A run of memory.
    struct scsi_iovec {
        /// Where it starts.
        iov_base: *mut c_void,
        /// In bytes.
        iov_len: usize,
    }

    /// Runs of memory, and how far the library has come with them.
    struct scsi_iovector {
        /// The first of them.
        iov: *mut scsi_iovec,
        /// How many there are.
        niov: c_int,
        /// How many there is room for.
        nalloc: c_int,
        /// How many bytes are behind those that are done with.
        offset: usize,
        /// How many are done with.
        consumed: c_int,
    }

    /// A SCSI command and what becomes of it.
    struct scsi_task {
        /// What the target said.
        status: c_int,
        /// How long the command is, in bytes.
        cdb_size: c_int,
        /// Which way data goes.
        xfer_dir: c_int,
        /// How much.
        expxferlen: c_int,
        /// The command.
        cdb: [c_uchar; 16],
        /// Whether more or less data was moved.
        residual_status: scsi_residual,
        /// How much more or less.
        residual: usize,
        /// What was understood of the sense data.
        sense: scsi_sense,
        /// Data that was not read into memory of the caller's, or sense data behind its length.
        datain: scsi_data,
        /// What goes with the task.
        mem: *mut scsi_allocated_memory,
        /// The library's.
        ptr: *mut c_void,
        /// What the task is called on the wire.
        itt: u32,
        /// Its number.
        cmdsn: u32,
        /// For which logical unit it is.
        lun: u32,
        /// Where data is read into.
        iovector_in: scsi_iovector,
        /// Where data is written from.
        iovector_out: scsi_iovector,
    }

    /// An address that a target has.
    struct iscsi_target_portal {
        /// The next.
        next: *mut iscsi_target_portal,
        /// The address as a text.
        portal: *const c_char,
    }

    /// A target that was discovered.
    struct iscsi_discovery_address {
        /// The next.
        next: *mut iscsi_discovery_address,
        /// Its name.
        target_name: *const c_char,
        /// Its addresses.
        portals: *mut iscsi_target_portal,
    }
}
