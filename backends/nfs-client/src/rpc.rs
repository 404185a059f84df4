//! Calls of ONC RPC version 2 on TCP (RFC 5531), and the answers to them. Of an answer, all that has a
//! length is bounded.

use labelgate_wire::{NoRoom, Reader, Truncated, Writer};

use crate::address::Owner;

/// That a user's number is believed.
pub(crate) const AUTH_SYS: u32 = 1;
/// The most bytes of a verifier (RFC 5531 8.2).
const MAX_VERIFIER: u32 = 400;
/// What says of a piece of a record that it is the last.
pub(crate) const LAST: u32 = 0x8000_0000;
/// The most bytes of a call before what it takes: its mark and its header.
const HEADER: usize = 4 + 60;

/// A program, its version, and a procedure of it.
pub(crate) type Procedure = [u32; 3];

/// A record that calls a procedure: `arguments` writes what it takes, at most so many bytes. More can be
/// put behind, before it is sealed.
pub(crate) fn begin(
    number: u32,
    procedure: Procedure,
    owner: Owner,
    room: usize,
    arguments: impl FnOnce(&mut Writer<'_>) -> Result<(), NoRoom>,
) -> Result<Vec<u8>, NoRoom> {
    let mut record = vec![0; HEADER + room];
    let mut writer = Writer::new(record.get_mut(4..).unwrap_or_default());
    // A call, of version 2 of RPC.
    for word in [number, 0, 2].into_iter().chain(procedure) {
        writer.u32(word)?;
    }
    // Who asks: a time, a name without letters, user, group, no further groups; no verifier.
    for word in [AUTH_SYS, 20, 0, 0, owner.uid, owner.gid, 0, 0, 0] {
        writer.u32(word)?;
    }
    arguments(&mut writer)?;
    let length = writer.written();
    record.truncate(4 + length);
    Ok(record)
}

/// Writes into a record's mark how long it is.
pub(crate) fn seal(mut record: Vec<u8>) -> Option<Vec<u8>> {
    let length = u32::try_from(record.len().checked_sub(4)?).ok()?;
    *record.first_chunk_mut()? = (LAST | length).to_be_bytes();
    Some(record)
}

/// Bytes whose number is not known to the other side.
pub(crate) fn put_bytes(writer: &mut Writer<'_>, bytes: &[u8]) -> Result<(), NoRoom> {
    writer.u32(u32::try_from(bytes.len()).map_err(|_| NoRoom)?)?;
    writer.put(bytes)?;
    writer.zeros(padding(bytes.len()))
}

/// How many bytes follow so many, so that the next are at a multiple of four.
pub(crate) const fn padding(length: usize) -> usize {
    length.next_multiple_of(4) - length
}

/// Bytes, at most so many.
pub(crate) fn take_bytes<'a>(reader: &mut Reader<'a>, most: u32) -> Result<&'a [u8], Truncated> {
    let length = reader.u32()?;
    if length > most {
        return Err(Truncated);
    }
    let length = usize::try_from(length).map_err(|_| Truncated)?;
    let bytes = reader.take(length)?;
    reader.skip(padding(length))?;
    Ok(bytes)
}

/// How a server takes a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// The result follows.
    Well,
    /// It does not let whoever asks.
    Denied,
    /// It does not know it.
    Unknown,
}

/// The head of an answer: the number of the call that it is to, and how it was taken.
pub(crate) fn head(reader: &mut Reader<'_>) -> Result<(u32, Taken), Truncated> {
    let number = reader.u32()?;
    if reader.u32()? != 1 {
        return Err(Truncated);
    }
    if reader.u32()? != 0 {
        return Ok((number, Taken::Denied));
    }
    reader.skip(4)?;
    take_bytes(reader, MAX_VERIFIER)?;
    Ok(match reader.u32()? {
        0 => (number, Taken::Well),
        _ => (number, Taken::Unknown),
    })
}
