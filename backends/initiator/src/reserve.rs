//! Persistent reservations (SPC-4 5.13): that nobody else writes.
//!
//! The unit is reserved as *write exclusive*: others may read it, as a backup does. The key says whose
//! it is: the upper 32 bits who has it, the lower 32 which in a row of sessions that take its place one
//! after the other. A later one takes the unit over from an earlier one, which is shut out by that, and
//! never the other way round.

use labelgate_wire::Reader;

use crate::command::Command;
use crate::task::Buffer;
use crate::unit::Nonsense;

/// Write exclusive, of the whole logical unit.
const WRITE_EXCLUSIVE: u8 = 1;

const REGISTER: u8 = 0;
const RESERVE: u8 = 1;
const PREEMPT: u8 = 4;
const REGISTER_ANYWAY: u8 = 6;

/// Who has reserved a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder {
    Nobody,
    /// This session by this key, or one before it.
    Ours(u64),
    /// Somebody else by this key, or one after it.
    Another(u64),
}

fn out(action: u8, kind: u8, keys: [u64; 2], lasting: bool) -> (Command, Buffer) {
    let [key, other] = keys.map(u64::to_be_bytes);
    let rest = [0, 0, 0, 0, u8::from(lasting), 0, 0, 0];
    let parameters = [key, other, rest].concat();
    (
        Command::reserve(action, kind, 24),
        Buffer::Parameters(parameters.into()),
    )
}

/// Makes the key known, whatever was before.
pub(crate) fn register(key: u64, lasting: bool) -> (Command, Buffer) {
    out(REGISTER_ANYWAY, 0, [0, key], lasting)
}

/// Forgets the key, and with it the reservation.
pub(crate) fn unregister(key: u64) -> (Command, Buffer) {
    out(REGISTER, 0, [key, 0], false)
}

pub(crate) fn reserve(key: u64) -> (Command, Buffer) {
    out(RESERVE, WRITE_EXCLUSIVE, [key, 0], false)
}

/// Takes over what a session before this one has reserved by `theirs`.
pub(crate) fn preempt(key: u64, theirs: u64) -> (Command, Buffer) {
    out(PREEMPT, WRITE_EXCLUSIVE, [key, theirs], false)
}

/// Whether a key is that of a session before one with the key `own`, or of itself. The count goes
/// round.
fn is_before(key: u64, own: u64) -> bool {
    let ahead = own.wrapping_sub(key) & 0xffff_ffff;
    key >> 32 == own >> 32 && ahead < 0x8000_0000
}

/// Asks who has reserved it.
pub(crate) fn ask() -> (Command, Buffer) {
    (Command::reservations(1, 64), Buffer::room(64))
}

/// The answer to that.
pub(crate) fn holder(data: &[u8], own: Option<u64>) -> Result<Holder, Nonsense> {
    let mut reader = Reader::new(data);
    reader.skip(4)?;
    if reader.u32()? == 0 {
        return Ok(Holder::Nobody);
    }
    let key = reader.u64()?;
    Ok(match own.is_some_and(|own| is_before(key, own)) {
        true => Holder::Ours(key),
        false => Holder::Another(key),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_holder_is_told_by_its_key() {
        let held = |key: u64| {
            let mut data = vec![0, 0, 0, 5, 0, 0, 0, 16];
            data.extend(key.to_be_bytes());
            data.extend([0; 8]);
            data
        };
        let own = Some(0x7_0000_0005);
        for (key, expected) in [
            (0x7_0000_0005, Holder::Ours(0x7_0000_0005)),
            (0x7_0000_0004, Holder::Ours(0x7_0000_0004)),
            (0x7_ffff_ffff, Holder::Ours(0x7_ffff_ffff)),
            (0x7_0000_0006, Holder::Another(0x7_0000_0006)),
            (0x8_0000_0005, Holder::Another(0x8_0000_0005)),
        ] {
            assert_eq!(holder(&held(key), own), Ok(expected));
        }
        assert_eq!(holder(&held(7), None), Ok(Holder::Another(7)));
        assert_eq!(holder(&[0; 8], own), Ok(Holder::Nobody));
        assert_eq!(holder(&held(7)[..12], own), Err(Nonsense));
    }
}
