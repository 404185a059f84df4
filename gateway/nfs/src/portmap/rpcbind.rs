//! Versions 3 and 4 (RFC 1833, 2).

use super::answer::Question;
use super::results::{Address, Results};
use super::{Binding, RPCBIND_4, Rpcb, RpcbEntry, procedure};
use crate::rpc::Accepted;

pub(super) fn results(question: &Question<'_>) -> Result<Results, Accepted> {
    match question.procedure {
        procedure::NULL => Ok(Results::Void),
        procedure::SET | procedure::UNSET => refuse(question),
        procedure::GETADDR => get_addr(question),
        procedure::DUMP => dump(question),
        procedure::GETTIME => get_time(question),
        procedure::GETVERSADDR if question.version == RPCBIND_4 => get_vers_addr(question),
        procedure::GETADDRLIST if question.version == RPCBIND_4 => get_addr_list(question),
        _ => Err(Accepted::ProcUnavail),
    }
}

/// > RPCBIND only accepts RPCBPROC_SET and RPCBPROC_UNSET requests by clients running on the same
/// > machine as the RPCBIND program. (RFC 1833, 2.2.2)
///
/// This one accepts none.
fn refuse(question: &Question<'_>) -> Result<Results, Accepted> {
    question.arguments::<Rpcb<'_>>()?;
    Ok(Results::Bool(false))
}

/// > The "r_netid" field of the argument is ignored and the "r_netid" is inferred from the network
/// > identifier of the transport on which the request came in. (RFC 1833, 2.2.1)
fn get_addr(question: &Question<'_>) -> Result<Results, Accepted> {
    let asked: Rpcb<'_> = question.arguments()?;
    let program = (asked.program, asked.version);
    let binding = question.services.any_version(program, question.transport);
    Ok(address(question, binding))
}

/// > If that version is not registered, no address is returned. (RFC 1833, 2.2.2)
fn get_vers_addr(question: &Question<'_>) -> Result<Results, Accepted> {
    let asked: Rpcb<'_> = question.arguments()?;
    let program = (asked.program, asked.version);
    let binding = question.services.exactly(program, question.transport);
    Ok(address(question, binding))
}

fn address(question: &Question<'_>, binding: Option<Binding>) -> Results {
    Results::Address(binding.map(|binding| question.services.address(&binding)))
}

/// > The procedure takes no parameters and returns a list of program, version, network identifier,
/// > and universal addresses. (RFC 1833, 2.2.1)
fn dump(question: &Question<'_>) -> Result<Results, Accepted> {
    question.arguments::<()>()?;
    let services = question.services;
    let address = |binding: Binding| Address {
        program: binding.program,
        version: binding.version,
        netid: services.netid(binding.transport),
        address: services.address(&binding),
    };
    question.list(|| Results::Addresses(services.bindings().map(address).collect()))
}

/// > This procedure returns the local time on its own machine in seconds since the midnight of the
/// > First day of January, 1970. (RFC 1833, 2.2.1)
fn get_time(question: &Question<'_>) -> Result<Results, Accepted> {
    question.arguments::<()>()?;
    Ok(Results::Number(question.services.time))
}

/// > This procedure returns a list of addresses for the given rpcb entry. The client may be able
/// > use the results to determine alternate transports that it can use to communicate with the
/// > server. (RFC 1833, 2.2.2)
fn get_addr_list(question: &Question<'_>) -> Result<Results, Accepted> {
    let asked: Rpcb<'_> = question.arguments()?;
    let services = question.services;
    let is_asked =
        |found: &Binding| (found.program, found.version) == (asked.program, asked.version);
    let entry = |binding: Binding| RpcbEntry {
        address: services.address(&binding),
        netid: services.netid(binding.transport),
    };
    question.list(|| {
        let found = services.bindings().filter(is_asked);
        Results::Entries(found.map(entry).collect())
    })
}
