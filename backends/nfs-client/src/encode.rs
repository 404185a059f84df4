//! Calls, as they are sent.

use labelgate_wire::{NoRoom, Writer};

use crate::address::{Handle, MAX_HANDLE, MAX_NAME, Owner};
use crate::attributes::Time;
use crate::call::{Call, Source, Stability};
use crate::rpc::{self, Procedure};
use crate::standard as s;

/// The most bytes that a call takes besides what is written: a handle and a name, with their lengths.
const ROOM: usize = MAX_HANDLE as usize + MAX_NAME + 1 + 64;

/// The record of a call; nothing if what it has is not as it should be.
pub(crate) fn record(number: u32, owner: Owner, of: &Handle, call: &Call) -> Option<Vec<u8>> {
    let arguments = |writer: &mut Writer<'_>| {
        rpc::put_bytes(writer, of.bytes())?;
        arguments(writer, call)
    };
    let mut record = rpc::begin(number, procedure(call), owner, ROOM, arguments).ok()?;
    if let Call::Write(_, source, _) = call {
        append(&mut record, source)?;
    }
    rpc::seal(record)
}

const fn procedure(call: &Call) -> Procedure {
    match call {
        Call::State => s::GETATTR,
        Call::Find(_) => s::LOOKUP,
        Call::Access => s::ACCESS,
        Call::Limits => s::FSINFO,
        Call::Read(..) => s::READ,
        Call::Write(..) => s::WRITE,
        Call::Commit => s::COMMIT,
        Call::Grow(..) => s::SETATTR,
    }
}

fn arguments(writer: &mut Writer<'_>, call: &Call) -> Result<(), NoRoom> {
    match call {
        Call::State | Call::Limits => Ok(()),
        Call::Find(name) => rpc::put_bytes(writer, name.as_bytes()),
        Call::Access => writer.u32(s::ACCESS3_READ | s::ACCESS3_MODIFY),
        Call::Read(offset, _, _, length) => {
            writer.u64(*offset)?;
            writer.u32(*length)
        }
        Call::Write(offset, source, stability) => {
            writer.u64(*offset)?;
            writer.u32(source.length())?;
            writer.u32(match stability {
                Stability::Unstable => s::UNSTABLE,
                Stability::Stable => s::FILE_SYNC,
            })?;
            writer.u32(source.length())
        }
        Call::Commit => {
            // From the first byte on, all.
            writer.u64(0)?;
            writer.u32(0)
        }
        Call::Grow(size, unless) => grow(writer, *size, *unless),
    }
}

/// Sets the size alone, unless the file has changed since then.
fn grow(writer: &mut Writer<'_>, size: u64, unless: Time) -> Result<(), NoRoom> {
    // Neither mode nor user nor group.
    for word in [0, 0, 0, 1] {
        writer.u32(word)?;
    }
    writer.u64(size)?;
    // Neither when it was read nor when it was written.
    for word in [0, 0, 1, unless.seconds, unless.nanoseconds] {
        writer.u32(word)?;
    }
    Ok(())
}

/// Puts behind a record what is written.
fn append(record: &mut Vec<u8>, source: &Source) -> Option<()> {
    let (from, length) = (record.len(), usize::try_from(source.length()).ok()?);
    record.resize(from + length + rpc::padding(length), 0);
    let copied = source.copy_out(record.get_mut(from..from + length)?);
    copied.then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWNER: Owner = Owner { uid: 1, gid: 2 };

    fn words(call: &Call) -> Vec<u32> {
        let handle = Handle::new(&[0, 0, 0, 9]).unwrap();
        let record = record(7, OWNER, &handle, call).unwrap();
        let (words, rest) = record.as_chunks::<4>();
        assert!(rest.is_empty());
        let words: Vec<u32> = words.iter().map(|word| u32::from_be_bytes(*word)).collect();
        assert_eq!(words[0] as usize & 0x7fff_ffff, (words.len() - 1) * 4);
        assert_eq!(words[16..18], [4, 9]);
        [&words[4..7], &words[18..]].concat()
    }

    #[test]
    fn calls_are_what_the_standard_says() {
        assert_eq!(words(&Call::State), [100_003, 3, 1]);
        assert_eq!(
            words(&Call::Find("abcde".into())),
            [100_003, 3, 3, 5, 0x6162_6364, 0x6500_0000]
        );
        assert_eq!(words(&Call::Commit), [100_003, 3, 21, 0, 0, 0]);
        let write = Call::Write((1 << 32) + 2, Source::Zeros(5), Stability::Stable);
        assert_eq!(words(&write), [100_003, 3, 7, 1, 2, 5, 2, 5, 0, 0]);
        let unless = Time {
            seconds: 3,
            nanoseconds: 4,
        };
        assert_eq!(
            words(&Call::Grow(8, unless)),
            [100_003, 3, 2, 0, 0, 0, 1, 0, 8, 0, 0, 1, 3, 4]
        );
        let long = Call::Find("x".repeat(MAX_NAME));
        assert_eq!(words(&long).len(), 3 + 1 + 64);
    }
}
