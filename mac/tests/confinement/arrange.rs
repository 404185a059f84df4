//! What a probe has before it confines itself, as a worker has its sockets and images.

use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::os::fd::{FromRawFd, OwnedFd};

use rustix::fs::{MemfdFlags, Mode, OFlags, open};

/// Descriptors made while that was still allowed.
pub struct Arranged {
    /// An unbound, unconnected TCP socket.
    pub socket: OwnedFd,
    /// A TCP listener to connect to.
    pub listener: TcpListener,
    /// A UDP socket with an address.
    pub datagrams: UdpSocket,
    /// That address.
    pub datagrams_address: SocketAddr,
    /// A file with 64 KiB in it.
    pub image: OwnedFd,
    /// A directory that may be reached, open with `O_PATH`.
    pub directory: [OwnedFd; 1],
    /// A file beneath it.
    pub beneath: OwnedFd,
    /// A directory that this process may change, open with `O_PATH`, if it was told of one.
    pub tree: Vec<OwnedFd>,
    /// Two ends of one connection.
    pub pair: (OwnedFd, OwnedFd),
}

pub fn arrange(tree: Option<&str>) -> io::Result<Arranged> {
    // SAFETY: takes no pointers.
    let socket = unsafe { libc::socket(libc::AF_INET, libc::SOCK_STREAM | libc::SOCK_CLOEXEC, 0) };
    // SAFETY: a fresh descriptor, or -1, which is turned away first.
    let socket = unsafe { OwnedFd::from_raw_fd(known(socket.into())?) };
    let image = rustix::fs::memfd_create("image", MemfdFlags::CLOEXEC)?;
    rustix::fs::ftruncate(&image, 65536)?;
    let datagrams = UdpSocket::bind("127.0.0.1:0")?;
    Ok(Arranged {
        socket,
        listener: TcpListener::bind("127.0.0.1:0")?,
        datagrams_address: datagrams.local_addr()?,
        datagrams,
        image,
        directory: [directory("/dev/shm")?],
        tree: tree.map(directory).transpose()?.into_iter().collect(),
        beneath: crate::work::nameless_file()?.into(),
        pair: {
            let (one, other) = std::os::unix::net::UnixStream::pair()?;
            (one.into(), other.into())
        },
    })
}

fn directory(path: &str) -> io::Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    Ok(open(path, flags, Mode::empty())?)
}

/// The result of a system call: what it gave, or its error.
pub fn known(result: libc::c_long) -> io::Result<i32> {
    match i32::try_from(result) {
        Ok(-1) => Err(io::Error::last_os_error()),
        result => Ok(result.unwrap_or(i32::MAX)),
    }
}
