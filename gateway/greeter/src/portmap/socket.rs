//! A socket that questions come to, as datagrams.

use std::io::{IoSlice, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use labelgate_control::Questions;
use nix::errno::Errno;
use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, RecvMsg, SockaddrIn, SockaddrIn6,
    SockaddrStorage, recvmsg, sendmsg,
};

use super::datagram::Datagram;
use crate::Fault;

/// No question is longer: the longest has three texts of 255 bytes and the longest credentials.
pub(super) const LONGEST: usize = 2048;

/// A socket that questions come to.
#[derive(Debug)]
pub(super) struct Socket {
    socket: OwnedFd,
    pub(super) questions: Questions,
}

/// Where a datagram is put, and what the kernel says of it.
#[derive(Debug)]
pub(super) struct Room {
    bytes: Box<[u8; LONGEST]>,
    /// Of the two kinds of `pktinfo` that of IPv6 is the larger.
    about: Vec<u8>,
}

impl Room {
    pub(super) fn new() -> Self {
        Self {
            bytes: Box::new([0; LONGEST]),
            about: nix::cmsg_space!(libc::in6_pktinfo),
        }
    }
}

impl Socket {
    pub(super) const fn new(questions: Questions, socket: OwnedFd) -> Self {
        Self { socket, questions }
    }

    /// The next datagram; `None` if there is none now. One whose source cannot be read has none that
    /// could be answered.
    ///
    /// # Errors
    /// Nothing that comes will ever be received: a policy that forbids it leaves it where it is.
    pub(super) fn receive<'a>(&self, room: &'a mut Room) -> Result<Option<Datagram<'a>>, Fault> {
        let about = loop {
            let mut parts = [IoSliceMut::new(&mut room.bytes[..])];
            let flags = MsgFlags::MSG_DONTWAIT;
            let (socket, place) = (self.socket.as_raw_fd(), &mut room.about);
            match recvmsg::<SockaddrStorage>(socket, &mut parts, Some(place), flags) {
                Ok(received) => break About::of(&received),
                Err(Errno::EINTR) => {}
                Err(error @ (Errno::EACCES | Errno::EPERM)) => {
                    return Err(Fault::Poll(error.into()));
                }
                // An error of a datagram that could not be delivered is told once, and is over.
                Err(_) => return Ok(None),
            }
        };
        Ok(Some(Datagram {
            bytes: room.bytes.get(..about.length).unwrap_or_default(),
            is_whole: about.is_whole,
            source: about.source.unwrap_or(NOBODY),
            destination: about.destination,
        }))
    }

    /// Sends an answer from the address that was asked. One that cannot be sent is lost, as
    /// datagrams are.
    pub(super) fn send(&self, answer: &[u8], from: IpAddr, to: SocketAddr) {
        let parts = [IoSlice::new(answer)];
        let (v4, v6);
        let about = match from {
            IpAddr::V4(address) => {
                v4 = source_v4(address);
                ControlMessage::Ipv4PacketInfo(&v4)
            }
            IpAddr::V6(address) => {
                v6 = source_v6(address);
                ControlMessage::Ipv6PacketInfo(&v6)
            }
        };
        let (to, flags) = (SockaddrStorage::from(to), MsgFlags::MSG_DONTWAIT);
        let _ = sendmsg(self.socket.as_raw_fd(), &parts, &[about], flags, Some(&to));
    }
}

/// Where nothing is ever sent.
const NOBODY: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

/// What the kernel says of a datagram.
struct About {
    length: usize,
    is_whole: bool,
    source: Option<SocketAddr>,
    destination: Option<IpAddr>,
}

impl About {
    fn of(received: &RecvMsg<'_, '_, SockaddrStorage>) -> Self {
        let source = received.address.as_ref().and_then(|address| {
            let v4 = address.as_sockaddr_in().map(v4_address);
            v4.or_else(|| address.as_sockaddr_in6().map(v6_address))
        });
        let messages = received.cmsgs().into_iter().flatten();
        Self {
            length: received.bytes,
            is_whole: !received.flags.contains(MsgFlags::MSG_TRUNC),
            source,
            destination: messages.filter_map(|message| destination(&message)).next(),
        }
    }
}

fn v4_address(address: &SockaddrIn) -> SocketAddr {
    SocketAddr::V4((*address).into())
}

fn v6_address(address: &SockaddrIn6) -> SocketAddr {
    SocketAddr::V6((*address).into())
}

/// The address of this machine that a datagram was sent to, if it was sent to that alone.
///
/// > ipi_spec_dst is the local address of the packet and ipi_addr is the destination address in the
/// > packet header. (ip(7), IP_PKTINFO)
fn destination(message: &ControlMessageOwned) -> Option<IpAddr> {
    match message {
        ControlMessageOwned::Ipv4PacketInfo(info) => {
            let is_own = info.ipi_addr.s_addr == info.ipi_spec_dst.s_addr;
            let address = Ipv4Addr::from_bits(u32::from_be(info.ipi_addr.s_addr));
            is_own.then_some(address.into())
        }
        ControlMessageOwned::Ipv6PacketInfo(info) => {
            let address = Ipv6Addr::from(info.ipi6_addr.s6_addr);
            (!address.is_multicast()).then_some(address.into())
        }
        _ => None,
    }
}

/// > When ipi_spec_dst is not zero, it is used as the local source address. (ip(7), in substance)
fn source_v4(address: Ipv4Addr) -> libc::in_pktinfo {
    libc::in_pktinfo {
        ipi_ifindex: 0,
        ipi_spec_dst: libc::in_addr {
            s_addr: address.to_bits().to_be(),
        },
        ipi_addr: libc::in_addr { s_addr: 0 },
    }
}

/// Which interface a link's own addresses belong to is said by the address that it is sent to.
fn source_v6(address: Ipv6Addr) -> libc::in6_pktinfo {
    libc::in6_pktinfo {
        ipi6_addr: libc::in6_addr {
            s6_addr: address.octets(),
        },
        ipi6_ifindex: 0,
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
