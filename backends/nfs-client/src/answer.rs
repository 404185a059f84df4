//! What the library has decoded, taken over: every length is bounded before it is believed.

use std::ffi::{CStr, c_void};

use labelgate_libnfs_sys as c;
use libc::{c_char, c_int};

use crate::Place;
use crate::address::{Handle, MAX_HANDLE};
use crate::attributes::{Limits, State, Time};
use crate::call::{Answer, Reply, Stability};

/// What is expected, and where it goes.
#[derive(Debug)]
pub(crate) enum Landing {
    State,
    Find,
    Access,
    Limits,
    /// A part of a place: from where in it, how much at most.
    Read(Place, usize, u32),
    /// How much was to be written.
    Write(u32),
    Commit,
    Grow,
}

fn nonsense() -> Reply {
    Reply::Nothing("the answer makes no sense".to_owned())
}

/// Takes an answer over.
///
/// # Safety
///
/// It is what the library calls back with, for a call that `landing` belongs to: after success, the
/// result of that call; after an error, a text that ends with a 0; or null.
pub(crate) unsafe fn take(status: c_int, data: *mut c_void, landing: &Landing) -> Reply {
    if data.is_null() {
        return Reply::Nothing(String::new());
    }
    match status {
        // SAFETY: it is the result.
        c::RPC_STATUS_SUCCESS => unsafe { result(data, landing) },
        c::RPC_STATUS_ERROR => {
            // SAFETY: it is a text.
            let said = unsafe { CStr::from_ptr(data.cast::<c_char>()) };
            Reply::Nothing(said.to_string_lossy().into_owned())
        }
        _ => Reply::Nothing(String::new()),
    }
}

/// The result of a call, if all went well: `$data` is a `$result`, whose union has `$union` for that.
macro_rules! good {
    ($data:expr, $result:ident, $union:ident) => {{
        // SAFETY: it is the result of this call, which is there during this call.
        let result = unsafe { &*$data.cast::<c::$result>() };
        match result.status {
            c::NFS3_OK => &result.$union.resok,
            status => return Reply::Refused(status),
        }
    }};
}

unsafe fn result(data: *mut c_void, landing: &Landing) -> Reply {
    let answer = match landing {
        Landing::State => {
            let good = good!(data, GETATTR3res, GETATTR3res_u);
            let state = state(&good.obj_attributes);
            state.makes_sense().then_some(Answer::State(state))
        }
        Landing::Find => {
            let good = good!(data, LOOKUP3res, LOOKUP3res_u);
            handle(&good.object).map(Answer::Found)
        }
        Landing::Access => {
            let good = good!(data, ACCESS3res, ACCESS3res_u);
            let has = |all: u32| good.access & all == all;
            Some(Answer::Access(has(c::ACCESS3_READ), has(WRITES)))
        }
        Landing::Limits => {
            let good = good!(data, FSINFO3res, FSINFO3res_u);
            Some(Answer::Limits(Limits {
                read: good.rtmax,
                write: good.wtmax,
                largest: good.maxfilesize,
            }))
        }
        Landing::Read(place, from, most) => {
            let good = good!(data, READ3res, READ3res_u);
            read(good, place, *from, *most)
        }
        Landing::Write(most) => written(good!(data, WRITE3res, WRITE3res_u), *most),
        Landing::Commit => {
            let good = good!(data, COMMIT3res, COMMIT3res_u);
            Some(Answer::Committed(good.verf.map(c_char::cast_unsigned)))
        }
        Landing::Grow => {
            let _ = good!(data, SETATTR3res, SETATTR3res_u);
            Some(Answer::Grown)
        }
    };
    answer.map_or_else(nonsense, Reply::Good)
}

/// What must be allowed for writing. That a file be made larger may be for others.
pub(crate) const WRITES: u32 = c::ACCESS3_MODIFY;

const fn state(attributes: &c::fattr3) -> State {
    State {
        kind: attributes.r#type,
        size: attributes.size,
        changed: Time {
            seconds: attributes.ctime.seconds,
            nanoseconds: attributes.ctime.nseconds,
        },
    }
}

/// The size of a regular file after a call, if it was said.
fn size(after: &c::post_op_attr) -> Option<u64> {
    let attributes = &after.post_op_attr_u.attributes;
    (after.attributes_follow != 0 && attributes.r#type == c::NF3REG).then_some(attributes.size)
}

fn handle(handle: &c::nfs_fh3) -> Option<Handle> {
    let length = usize::try_from(handle.data.data_len).ok()?;
    if length > MAX_HANDLE || handle.data.data_val.is_null() {
        return None;
    }
    // SAFETY: so many bytes are there: the library has seen to that if there are so few.
    let bytes = unsafe { std::slice::from_raw_parts(handle.data.data_val.cast::<u8>(), length) };
    Handle::new(bytes)
}

fn read(good: &c::READ3resok, place: &Place, from: usize, most: u32) -> Option<Answer> {
    let length = good.data.data_len;
    if length > most || good.count != length {
        return None;
    }
    if length > 0 {
        if good.data.data_val.is_null() {
            return None;
        }
        // SAFETY: so many bytes are there: the library has seen to that if there are so few.
        let bytes = unsafe {
            std::slice::from_raw_parts(
                good.data.data_val.cast::<u8>(),
                usize::try_from(length).ok()?,
            )
        };
        if !place.copy_in(from, bytes) {
            return None;
        }
    }
    Some(Answer::Read {
        length,
        end: good.eof != 0,
        size: size(&good.file_attributes),
    })
}

fn written(good: &c::WRITE3resok, most: u32) -> Option<Answer> {
    if good.count > most {
        return None;
    }
    let stability = match good.committed {
        c::UNSTABLE => Stability::Unstable,
        c::DATA_SYNC | c::FILE_SYNC => Stability::Stable,
        _ => return None,
    };
    Some(Answer::Written {
        length: good.count,
        stability,
        verifier: good.verf.map(c_char::cast_unsigned),
        size: size(&good.file_wcc.after),
    })
}
