//! The memory that the worker's buffers lie in. All `unsafe` of this crate is here.
#![allow(unsafe_code, reason = "memory that another process writes to")]

use std::io;
use std::sync::Arc;

use labelgate_buffers::Memory as Mapping;
use labelgate_queue_pair::{Failure, Run};
use labelgate_shared::{Memory, Place};

/// All of the memory, for whoever moves bytes into and out of it: it stays mapped for as long as this process lives.
pub(crate) fn lend(mapping: Mapping) -> io::Result<Memory> {
    let mapping: &'static Mapping = Box::leak(Box::new(mapping));
    let whole = mapping
        .run(0, mapping.length())
        .ok_or(io::ErrorKind::InvalidInput)?;
    // SAFETY: it stays mapped, for reading and writing, since the mapping is never dropped. Nothing in
    // this process makes a reference to any of it: no pool is made over it, and `Mapping` itself hands
    // out addresses alone.
    Ok(unsafe { Memory::new(whole.cast(), whole.len(), Arc::new(())) })
}

/// What the worker calls a run of its buffers: nothing if it is empty, or not all within them.
///
/// # Errors
///
/// [`Failure::Refused`]
pub(crate) fn place(memory: &Memory, run: Run) -> Result<Place, Failure> {
    let place = memory.place(run.position, run.length);
    place
        .filter(|place| !place.is_empty())
        .ok_or(Failure::Refused)
}
