//! Version 2 (RFC 1833, 3).

use super::answer::Question;
use super::results::Results;
use super::{Mapping, procedure};
use crate::rpc::Accepted;

pub(super) fn results(question: &Question<'_>) -> Result<Results, Accepted> {
    match question.procedure {
        // > This procedure does no work. (RFC 1833, 3.2)
        procedure::NULL => Ok(Results::Void),
        procedure::SET | procedure::UNSET => refuse(question),
        procedure::GETPORT => get_port(question),
        procedure::DUMP => dump(question),
        _ => Err(Accepted::ProcUnavail),
    }
}

/// > The procedure returns a boolean reply whose value is "TRUE" if the procedure successfully
/// > established the mapping and "FALSE" otherwise. (RFC 1833, 3.2)
fn refuse(question: &Question<'_>) -> Result<Results, Accepted> {
    question.arguments::<Mapping>()?;
    Ok(Results::Bool(false))
}

/// > A port value of zeros means the program has not been registered. The "port" field of the
/// > argument is ignored. (RFC 1833, 3.2)
fn get_port(question: &Question<'_>) -> Result<Results, Accepted> {
    let asked: Mapping = question.arguments()?;
    let binding = asked.transport().and_then(|transport| {
        let program = (asked.program, asked.version);
        question.services.any_version(program, transport)
    });
    let port = binding.map_or(0, |binding| binding.port);
    Ok(Results::Number(port.into()))
}

/// > The procedure takes no parameters and returns a list of program, version, protocol, and port
/// > values. (RFC 1833, 3.2)
fn dump(question: &Question<'_>) -> Result<Results, Accepted> {
    question.arguments::<()>()?;
    question.list(|| {
        let mappings = question.services.bindings().map(Mapping::from);
        Results::Mappings(mappings.collect())
    })
}
