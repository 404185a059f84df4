//! labelgate-nfs-floor: what an NFS client and a loopback socket cost when the server does nothing.
//!
//! It has one file, of which every READ is answered from one small buffer and every WRITE is
//! dropped. One blocking thread serves one connection with one `read` and one `writev` per batch
//! of messages. No server that moves the same messages through a socket can be much cheaper.
//!
//! **A measuring instrument, never a server.** It keeps nothing, checks nobody's identity, and
//! therefore binds a loopback address only.

#![forbid(unsafe_code)]

mod answer;
mod session;

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    thread,
};

use clap::Parser;

use crate::session::Session;

/// Measures the cost of client and socket: an NFS server that stores nothing. Loopback only.
#[derive(Debug, Parser)]
#[command(name = "labelgate-nfs-floor", version)]
struct Options {
    /// A loopback address.
    #[arg(long, default_value_t = Ipv4Addr::LOCALHOST)]
    address: Ipv4Addr,
    /// TCP port for NFS, MOUNT and the port mapper. Clients look for the last at 111 only.
    #[arg(long, default_value_t = 111)]
    port: u16,
    /// Size of the file it pretends to have, in bytes.
    #[arg(long, default_value_t = 1 << 30)]
    size: u64,
}

#[expect(clippy::print_stdout, reason = "the address is this program's output")]
#[expect(clippy::print_stderr, reason = "a tool run by hand or by a bench")]
fn main() -> io::Result<()> {
    let options = Options::parse();
    if !options.address.is_loopback() {
        return Err(io::Error::other("not a loopback address"));
    }
    let address = SocketAddr::from((options.address, options.port));
    let listener = TcpListener::bind(address)?;
    println!("listening on {}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept()?;
        let size = options.size;
        thread::spawn(move || {
            if let Err(error) = Session::new(stream, size).and_then(Session::run) {
                eprintln!("labelgate-nfs-floor: {error}");
            }
        });
    }
}
