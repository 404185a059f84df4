//! RPC, from the first byte of a connection to the first call that shows an NFS file handle.
//!
//! Each call is looked at while it still lies in the socket. One with a file handle stays there: the
//! supervisor finds out by the handle whose connection it is, and that label's worker reads it. All
//! others are read and answered here.

mod answer;
mod look;
mod record;
mod refused;

#[cfg(test)]
mod fuzz;

use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use labelgate_control::{Bytes, FromGreeter, HandleRefusal, MountRefusal, Services, Text};
use labelgate_nfs::mount::{DirPath, MntReply, MountStat, Mounted};
use labelgate_nfs::portmap::{self, Transport};
use labelgate_nfs::rpc::Reply;
use labelgate_nfs::v3::Status;

use crate::{Client, Fault, Supervisor};
use answer::{Answer, answer};
use look::{Look, MOST_PEEKED, Shown, look};

/// So many calls a client may make before it has shown a file handle.
const MOST_CALLS: usize = 64;

const TOO_MANY: Fault = Fault::Client("more calls than a client makes before it uses a mount");

/// Answers the calls of a client of NFS, until it shows a file handle or ends the connection.
pub(crate) fn converse(client: &Client, supervisor: &mut Supervisor) -> Result<(), Fault> {
    for _ in 0..MOST_CALLS {
        match next(client)? {
            Next::Ended => return supervisor.say(&FromGreeter::Ended),
            Next::Shown(shown) => return show(shown, client, supervisor),
            Next::Call(message) => match answer(&message)? {
                Answer::Reply(reply) => record::send(client, &reply)?,
                Answer::Mount { xid, path } => match mount((xid, path), supervisor)? {
                    None => return Ok(()),
                    Some(reply @ MntReply::Mounted(_)) => {
                        record::send(client, &Reply::success(xid, &reply))?;
                    }
                    Some(reply @ MntReply::Refused(_)) => {
                        return refuse(&Reply::success(xid, &reply), client, supervisor);
                    }
                },
            },
        }
    }
    Err(TOO_MANY)
}

/// Answers the calls of a client that looks for services, until it ends the connection.
pub(crate) fn tell_ports(
    (services, local): (Services, SocketAddr),
    client: &Client,
    supervisor: &mut Supervisor,
) -> Result<(), Fault> {
    for _ in 0..MOST_CALLS {
        let Some(message) = record::receive(client)? else {
            return supervisor.say(&FromGreeter::Ended);
        };
        let time = SystemTime::now().duration_since(UNIX_EPOCH);
        let services = portmap::Services {
            udp: true,
            nfs_port: services.nfs_port,
            mount_port: services.mount_port,
            portmap_port: local.port(),
            local: local.ip(),
            time: time.map_or(0, |time| u32::try_from(time.as_secs()).unwrap_or(u32::MAX)),
        };
        let reply = portmap::answer_message(&message, &services, Transport::Tcp);
        record::send(client, &reply.ok_or(Fault::Client(look::NO_CALL))?)?;
    }
    Err(TOO_MANY)
}

/// What a client does next.
enum Next {
    /// It has ended the connection.
    Ended,
    /// It has made a call, which is this.
    Call(Vec<u8>),
    /// It has made a call that shows a file handle, and has not been read.
    Shown(Shown),
}

fn next(client: &Client) -> Result<Next, Fault> {
    let mut bytes = [0; MOST_PEEKED];
    let mut length = 0;
    loop {
        let before = length;
        length = client.peek(&mut bytes, before)?;
        if length == 0 {
            return Ok(Next::Ended);
        }
        match look(bytes.get(..length).unwrap_or_default())? {
            Look::Shown(shown) => return Ok(Next::Shown(shown)),
            Look::Whole => {
                let message = record::receive(client)?;
                return Ok(message.map_or(Next::Ended, Next::Call));
            }
            // It ended the connection in the middle of a call, or the whole of what may be peeked
            // at says nothing.
            Look::More if length <= before || length == bytes.len() => {
                return Err(Fault::Client("a call that is not whole"));
            }
            Look::More => {}
        }
    }
}

/// Has the supervisor judge the token that is in a path. There is no answer if a worker has the
/// connection now.
fn mount(
    (xid, path): (u32, DirPath<'_>),
    supervisor: &mut Supervisor,
) -> Result<Option<MntReply>, Fault> {
    let (token, rest) = match path.split_token() {
        Some((token, rest)) => (token.expose(), rest.expose()),
        // Who has no token is told what they are told whose token is nobody's.
        None => (&[][..], &[][..]),
    };
    let (Ok(token), Ok(rest)) = (Bytes::try_from(token), Bytes::try_from(rest)) else {
        return Ok(Some(MntReply::Refused(MountStat::Acces)));
    };
    Ok(match supervisor.mount(xid, token, rest)? {
        None => None,
        Some(Ok(root)) => {
            let root = <[u8; labelgate_nfs::handle::LENGTH]>::try_from(&*root);
            let root = root.map_err(|_| Fault::Protocol("a root handle of another length"))?;
            Some(MntReply::Mounted(Mounted(root)))
        }
        Some(Err(MountRefusal::Access)) => Some(MntReply::Refused(MountStat::Acces)),
        Some(Err(MountRefusal::NoEntry)) => Some(MntReply::Refused(MountStat::NoEnt)),
    })
}

/// Has the supervisor judge a file handle, and tells the client if it is no good.
fn show(shown: Shown, client: &Client, supervisor: &mut Supervisor) -> Result<(), Fault> {
    let status = match supervisor.show(shown.handle)? {
        None => return Ok(()),
        Some(HandleRefusal::Stale) => Status::Stale,
        Some(HandleRefusal::Malformed) => Status::BadHandle,
    };
    record::skip(client)?;
    let reply = refused::reply(shown.xid, shown.procedure, status);
    refuse(&reply, client, supervisor)
}

/// Says no to a client, of which the supervisor hears. Whether the client waits for it is its own
/// affair.
fn refuse(reply: &[u8], client: &Client, supervisor: &mut Supervisor) -> Result<(), Fault> {
    if let Err(Fault::Abandoned) = record::send(client, reply) {
        return Err(Fault::Abandoned);
    }
    supervisor.say(&FromGreeter::Refused {
        initiator: Text::default(),
        target: Text::default(),
        reason: Text::clean("neither a token nor a file handle that is good"),
    })
}
