//! Which programs and procedures are served.

use crate::mount;
use crate::rpc::{Accepted, CallHeader};
use crate::v3::{self, Call, Procedure};
use crate::xdr::Decoder;

/// Whether it is a procedure of ours that is called.
pub(super) fn served(header: &CallHeader<'_>) -> Result<(), Accepted> {
    match header.program {
        mount::PROGRAM => match mount::Call::parse(header, &[]) {
            Ok(_) | Err(Accepted::GarbageArgs) => Ok(()),
            Err(why) => Err(why),
        },
        _ => procedure(header).map(|_| ()),
    }
}

/// The procedure of NFS that is called.
fn procedure(header: &CallHeader<'_>) -> Result<Procedure, Accepted> {
    if header.program != v3::PROGRAM {
        return Err(Accepted::ProgUnavail);
    }
    if header.version != v3::VERSION {
        return Err(Accepted::ProgMismatch {
            low: v3::VERSION,
            high: v3::VERSION,
        });
    }
    Procedure::from_number(header.procedure).ok_or(Accepted::ProcUnavail)
}

/// The procedure that is called, and its arguments.
pub(super) fn decode<'a>(
    header: &CallHeader<'_>,
    arguments: &'a [u8],
) -> Result<Call<'a>, Accepted> {
    let procedure = procedure(header)?;
    let mut decoder = Decoder::new(arguments);
    let call = v3::decode_call(procedure, &mut decoder);
    let call = call.map_err(|_| Accepted::GarbageArgs)?;
    match procedure {
        // Whatever it brings is not looked at.
        Procedure::Null => Ok(call),
        _ => decoder
            .finish()
            .map(|()| call)
            .map_err(|_| Accepted::GarbageArgs),
    }
}
