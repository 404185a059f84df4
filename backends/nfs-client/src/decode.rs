//! Answers, as they come. Of each, all that has a length is bounded.

use labelgate_wire::{Reader, Truncated};

use crate::Place;
use crate::address::{Handle, MAX_HANDLE};
use crate::attributes::{Limits, State, Time};
use crate::call::{Answer, Call, Reply, Stability};
use crate::rpc;
use crate::standard as s;

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

impl From<Call> for Landing {
    fn from(call: Call) -> Self {
        match call {
            Call::State => Self::State,
            Call::Find(_) => Self::Find,
            Call::Access => Self::Access,
            Call::Limits => Self::Limits,
            Call::Read(_, place, from, length) => Self::Read(place, from, length),
            Call::Write(_, source, _) => Self::Write(source.length()),
            Call::Commit => Self::Commit,
            Call::Grow(..) => Self::Grow,
        }
    }
}

/// The result of a call: what was read is in its place then.
pub(crate) fn reply(reader: &mut Reader<'_>, landing: &Landing) -> Reply {
    let answer = match reader.u32() {
        Ok(s::NFS3_OK) => answer(reader, landing),
        Ok(status) => return Reply::Refused(status),
        Err(Truncated) => Err(Truncated),
    };
    match answer {
        Ok(answer) => Reply::Good(answer),
        Err(Truncated) => Reply::Nothing("the answer makes no sense".to_owned()),
    }
}

fn answer(reader: &mut Reader<'_>, landing: &Landing) -> Result<Answer, Truncated> {
    Ok(match landing {
        Landing::State => Answer::State(state(reader)?),
        Landing::Find => {
            let handle = Handle::new(rpc::take_bytes(reader, MAX_HANDLE)?);
            Answer::Found(handle.ok_or(Truncated)?)
        }
        Landing::Access => {
            after(reader)?;
            let access = reader.u32()?;
            let has = |all: u32| access & all == all;
            Answer::Access(has(s::ACCESS3_READ), has(s::ACCESS3_MODIFY))
        }
        Landing::Limits => limits(reader)?,
        Landing::Read(place, from, most) => read(reader, place, *from, *most)?,
        Landing::Write(most) => written(reader, *most)?,
        Landing::Commit => {
            before_and_after(reader)?;
            Answer::Committed(reader.array()?)
        }
        Landing::Grow => Answer::Grown,
    })
}

fn time(reader: &mut Reader<'_>) -> Result<Time, Truncated> {
    Ok(Time {
        seconds: reader.u32()?,
        nanoseconds: reader.u32()?,
    })
}

/// Attributes (`fattr3`), of which most are of no interest.
fn state(reader: &mut Reader<'_>) -> Result<State, Truncated> {
    let kind = reader.u32()?;
    // Mode, names, user, group.
    reader.skip(4 * 4)?;
    let size = reader.u64()?;
    // What it takes, which device it is, its file system, its number, when it was read and written.
    reader.skip(8 + 8 + 8 + 8 + 8 + 8)?;
    let changed = time(reader)?;
    let state = State {
        kind,
        size,
        changed,
    };
    match state.makes_sense() {
        true => Ok(state),
        false => Err(Truncated),
    }
}

/// The size of a regular file after a call, if it is said.
fn after(reader: &mut Reader<'_>) -> Result<Option<u64>, Truncated> {
    if reader.u32()? == 0 {
        return Ok(None);
    }
    let state = state(reader)?;
    Ok(state.is_file().then_some(state.size))
}

/// The same, behind what says what it was before.
fn before_and_after(reader: &mut Reader<'_>) -> Result<Option<u64>, Truncated> {
    if reader.u32()? != 0 {
        // Its size, when it was written and changed.
        reader.skip(8 + 8 + 8)?;
    }
    after(reader)
}

fn limits(reader: &mut Reader<'_>) -> Result<Answer, Truncated> {
    after(reader)?;
    let read = reader.u32()?;
    // What is best, and of what a multiple.
    reader.skip(4 + 4)?;
    let write = reader.u32()?;
    // The same, and what is best of a directory.
    reader.skip(4 + 4 + 4)?;
    let largest = reader.u64()?;
    Ok(Answer::Limits(Limits {
        read,
        write,
        largest,
    }))
}

fn read(
    reader: &mut Reader<'_>,
    place: &Place,
    from: usize,
    most: u32,
) -> Result<Answer, Truncated> {
    let size = after(reader)?;
    let length = reader.u32()?;
    let end = reader.u32()? != 0;
    let bytes = rpc::take_bytes(reader, most)?;
    let as_many = usize::try_from(length).is_ok_and(|length| length == bytes.len());
    if !as_many || !place.copy_in(from, bytes) {
        return Err(Truncated);
    }
    Ok(Answer::Read { length, end, size })
}

fn written(reader: &mut Reader<'_>, most: u32) -> Result<Answer, Truncated> {
    let size = before_and_after(reader)?;
    let length = reader.u32()?;
    if length > most {
        return Err(Truncated);
    }
    // DATA_SYNC is less than FILE_SYNC, and RFC 1813 3.3.7 does not let it be the answer to that; but what
    // was written, and what it takes to find it, is on stable storage. What is not are times, which nobody
    // asks for here.
    let stability = match reader.u32()? {
        s::UNSTABLE => Stability::Unstable,
        s::DATA_SYNC | s::FILE_SYNC => Stability::Stable,
        _ => return Err(Truncated),
    };
    Ok(Answer::Written {
        length,
        stability,
        verifier: reader.array()?,
        size,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fuzz_results() {
        bolero::check!()
            .with_type::<(u8, Vec<u8>)>()
            .for_each(|(which, bytes)| {
                let landing = match which % 7 {
                    0 => Landing::State,
                    1 => Landing::Find,
                    2 => Landing::Access,
                    3 => Landing::Limits,
                    4 => Landing::Write(5),
                    5 => Landing::Commit,
                    _ => Landing::Grow,
                };
                for start in [&[][..], &[0, 0, 0, 0]] {
                    let all = [start, bytes].concat();
                    let _ = reply(&mut Reader::new(&all), &landing);
                }
            });
    }
}
