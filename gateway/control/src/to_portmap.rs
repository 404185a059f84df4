//! What the supervisor tells a port mapper.

use std::net::SocketAddr;
use std::os::fd::OwnedFd;

use serde::{Deserialize, Serialize};

use crate::{Attached, List, Mismatch, Services};

/// The most sockets that one port mapper is given.
pub const MAX_PORTMAP_SOCKETS: usize = 16;

/// What the supervisor tells a port mapper: a greeter that stays, and either answers questions that
/// come as datagrams or enters programs with another port mapper of this machine.
///
/// `D` is the descriptor: an [`OwnedFd`] in a process, [`Attached`] in a datagram.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToPortmap<D = OwnedFd> {
    /// Answer the questions that come to this socket; once for each of at most
    /// [`MAX_PORTMAP_SOCKETS`].
    ///
    /// The descriptor is a bound UDP socket which says of each datagram where it was sent to
    /// (`IP_PKTINFO`, `IPV6_RECVPKTINFO`). The supervisor keeps a copy for a successor.
    Answer(Questions, D),
    /// Enter these with another port mapper (RFC 1833, 2.2.1: RPCBPROC_SET). The first message, sent
    /// once, and answered by [`crate::FromPortmap::Entered`] or [`crate::FromPortmap::NotEntered`].
    ///
    /// The descriptor is a connected `AF_UNIX` stream, which the supervisor has connected: the other
    /// port mapper goes by who that was. When its other end is gone, this process ends.
    Enter(Entries, D),
    /// Take out what was entered (RPCBPROC_UNSET). Answered by [`crate::FromPortmap::TakenOut`],
    /// after which the process ends.
    TakeOut,
}

/// What is asked on one socket, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Questions {
    /// What is told.
    pub services: Services,
    /// What the socket is bound to.
    pub local: SocketAddr,
}

/// What is entered with another port mapper: each program for each family of addresses.
pub type Entries = List<Entry, 4>;

/// A program and where it is, over TCP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Which.
    pub program: Program,
    /// Where.
    pub address: SocketAddr,
}

/// A program of RPC that is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Program {
    /// NFS version 3 (RFC 1813).
    Nfs,
    /// MOUNT version 3 (RFC 1813, 5).
    Mount,
}

impl<D> ToPortmap<D> {
    /// Parts the message from its descriptor.
    pub fn detach(self) -> (ToPortmap<Attached>, Option<D>) {
        match self {
            Self::Answer(questions, fd) => (ToPortmap::Answer(questions, Attached), Some(fd)),
            Self::Enter(entries, fd) => (ToPortmap::Enter(entries, Attached), Some(fd)),
            Self::TakeOut => (ToPortmap::TakeOut, None),
        }
    }
}

impl ToPortmap<Attached> {
    /// Joins the message with the descriptor that came with it.
    pub fn attach<D>(self, descriptor: Option<D>) -> Result<ToPortmap<D>, Mismatch> {
        match (self, descriptor) {
            (Self::Answer(questions, Attached), Some(fd)) => Ok(ToPortmap::Answer(questions, fd)),
            (Self::Enter(entries, Attached), Some(fd)) => Ok(ToPortmap::Enter(entries, fd)),
            (Self::TakeOut, None) => Ok(ToPortmap::TakeOut),
            (Self::TakeOut, Some(_)) => Err(Mismatch::Unwanted),
            (Self::Answer(..) | Self::Enter(..), None) => Err(Mismatch::Missing),
        }
    }
}
