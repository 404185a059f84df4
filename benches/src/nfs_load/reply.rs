//! What a server has answered.

use labelgate_fixtures::Failure;
use labelgate_nfs::{
    v3::{Attributes, MAX_HANDLE},
    xdr::{Decoder, Malformed},
};

use crate::call::Procedure;

/// What stands behind the header of a reply.
pub type Results<'a> = Decoder<'a>;

/// `msg_type` of a reply, `reply_stat` and `accept_stat` of one that has results (RFC 5531, 9).
const REPLY: u32 = 1;
const MSG_ACCEPTED: u32 = 0;
const SUCCESS: u32 = 0;
/// The longest body of a verifier (RFC 5531, 8.2).
const VERIFIER: usize = 400;
/// wcc_attr: size, mtime, ctime.
const WCC: usize = 24;

/// The number of a reply and its results.
pub fn accepted(message: &[u8]) -> Result<(u32, Results<'_>), Failure> {
    let mut decoder = Decoder::new(message);
    let mut header = || -> Result<(u32, [u32; 3]), Malformed> {
        let xid = decoder.u32()?;
        let (kind, accepted) = (decoder.u32()?, decoder.u32()?);
        // The verifier: its flavor, its body.
        decoder.u32()?;
        decoder.opaque(VERIFIER)?;
        Ok((xid, [kind, accepted, decoder.u32()?]))
    };
    match header() {
        Ok((xid, [REPLY, MSG_ACCEPTED, SUCCESS])) => Ok((xid, decoder)),
        _ => Err(Failure::Unexpected(format!("not accepted: {message:02x?}"))),
    }
}

/// Whether all that was asked for was done.
pub fn judge(procedure: Procedure, block: u32, mut results: Results<'_>) -> Result<(), Failure> {
    let done = match procedure {
        Procedure::Null => Some(true),
        Procedure::GetAttr => size(&mut results).map(|_| true),
        Procedure::Read => read(&mut results).map(|count| count == block),
        Procedure::Write => written(&mut results).map(|count| count == block),
    };
    Failure::unless(done == Some(true), || {
        format!("{procedure:?} was answered {:02x?}", results.rest())
    })
}

/// The handle that MNT or LOOKUP has found.
pub fn handle(results: &mut Results<'_>) -> Option<Vec<u8>> {
    ok(results)?;
    results.opaque(MAX_HANDLE).ok().map(<[u8]>::to_vec)
}

/// The size that GETATTR has.
pub fn size(results: &mut Results<'_>) -> Option<u64> {
    ok(results)?;
    // type, mode, nlink, uid, gid.
    results.fixed::<20>().ok()?;
    results.u64().ok()
}

/// How much READ has: count and the length of the data, which are the same.
fn read(results: &mut Results<'_>) -> Option<u32> {
    ok(results)?;
    attributes(results)?;
    let count = results.u32().ok()?;
    results.bool().ok()?;
    (results.u32().ok()? == count).then_some(count)
}

/// How much WRITE has written.
fn written(results: &mut Results<'_>) -> Option<u32> {
    ok(results)?;
    if results.bool().ok()? {
        results.fixed::<WCC>().ok()?;
    }
    attributes(results)?;
    results.u32().ok()
}

fn ok(results: &mut Results<'_>) -> Option<()> {
    (results.u32().ok()? == 0).then_some(())
}

/// post_op_attr.
fn attributes(results: &mut Results<'_>) -> Option<()> {
    if results.bool().ok()? {
        results.fixed::<{ Attributes::LENGTH }>().ok()?;
    }
    Some(())
}
