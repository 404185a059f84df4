//! Answering datagrams, until the supervisor is gone.

use std::time::{Duration, Instant};

use labelgate_control::{Incoming, MAX_PORTMAP_SOCKETS, PortmapEnd, ToPortmap};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::count::Count;
use super::datagram::{Verdict, judge};
use super::socket::{Room, Socket};
use super::sources::Sources;
use crate::Fault;

/// So many datagrams of one socket are looked at before the others are.
const AT_A_TIME: usize = 64;

/// Answers what comes to this socket, and to those that follow.
pub(super) fn stay(control: &PortmapEnd, first: Socket, mut sources: Sources) -> Result<(), Fault> {
    let mut sockets = vec![first];
    let (mut room, mut count) = (Room::new(), Count::new(Instant::now()));
    loop {
        let told = wait(control, &sockets, count.wait(Instant::now()))?;
        if told {
            match control.receive()? {
                Incoming::Message(ToPortmap::Answer(questions, socket)) => {
                    sockets.push(Socket::new(questions, socket));
                    if sockets.len() > MAX_PORTMAP_SOCKETS {
                        return Err(Fault::Protocol("more sockets than there may be"));
                    }
                }
                Incoming::Message(_) => {
                    return Err(Fault::Protocol("who answers enters nothing"));
                }
                Incoming::Withheld(_) => return Err(Fault::Withheld),
                Incoming::Nothing => {}
                Incoming::Closed => return Ok(()),
            }
        }
        for socket in &sockets {
            for _ in 0..AT_A_TIME {
                if !answer_one(socket, &mut room, &mut sources, &mut count)? {
                    break;
                }
            }
        }
        count.say(control, Instant::now())?;
    }
}

/// Deals with the next datagram; `false` if there is none.
fn answer_one(
    socket: &Socket,
    room: &mut Room,
    sources: &mut Sources,
    count: &mut Count,
) -> Result<bool, Fault> {
    let Some(datagram) = socket.receive(room)? else {
        return Ok(false);
    };
    let verdict = judge(datagram, &socket.questions, sources, Instant::now());
    count.add(&verdict);
    if let (Verdict::Answer(answer), Some(from)) = (verdict, datagram.destination) {
        socket.send(&answer, from, datagram.source);
    }
    Ok(true)
}

/// Waits until something has come, for so long at most; whether the supervisor has said something.
fn wait(control: &PortmapEnd, sockets: &[Socket], most: Option<Duration>) -> Result<bool, Fault> {
    let most = most.map(|most| Timespec::try_from(most).unwrap_or_default());
    let all = sockets
        .iter()
        .map(|socket| PollFd::new(socket, PollFlags::IN));
    let mut waits: Vec<_> = [PollFd::new(control, PollFlags::IN)]
        .into_iter()
        .chain(all)
        .collect();
    match poll(&mut waits, most.as_ref()) {
        Ok(_) | Err(Errno::INTR) => {}
        Err(error) => return Err(Fault::Poll(error.into())),
    }
    Ok(waits
        .first()
        .is_some_and(|control| !control.revents().is_empty()))
}
