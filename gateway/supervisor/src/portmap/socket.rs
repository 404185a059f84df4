//! Sockets that datagrams come to.

use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;

use labelgate_mac::Context;
use nix::sys::socket::{setsockopt, sockopt};
use socket2::{Protocol, Type};

use crate::listener::make_socket;

/// Binds a UDP socket, of this context if one is given, that says of each datagram where it was sent
/// to; and says what it is bound to. Nobody reads it here.
///
/// # Errors
/// The system refuses.
pub fn bind_datagrams(
    address: SocketAddr,
    context: Option<&Context>,
) -> io::Result<(SocketAddr, OwnedFd)> {
    let kind = (Type::DGRAM, Protocol::UDP);
    let socket = make_socket(address, kind, context)?;
    match address {
        SocketAddr::V4(_) => setsockopt(&socket, sockopt::Ipv4PacketInfo, &true)?,
        SocketAddr::V6(_) => {
            // As of TCP: IPv4 has a socket of its own, or none.
            socket.set_only_v6(true)?;
            setsockopt(&socket, sockopt::Ipv6RecvPacketInfo, &true)?;
        }
    }
    socket.bind(&address.into())?;
    let local = socket.local_addr()?.as_socket();
    Ok((local.unwrap_or(address), socket.into()))
}
