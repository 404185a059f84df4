//! labelgate-floor: what an iSCSI client and a loopback socket cost when the server does nothing.
//!
//! It speaks just enough iSCSI to carry the messages of a real target: every read is answered from
//! one small buffer of the connection and every write lands in it. One blocking thread serves one
//! connection with one `readv` and one `writev` per batch of messages. No server that moves the
//! same messages through a socket can be much cheaper, so the distance to it is what a real target
//! adds.
//!
//! **A measuring instrument, never a server.** It keeps nothing, checks nobody's identity, trusts
//! the lengths that a client names within fixed bounds, and therefore binds 127.0.0.1 only.

#![forbid(unsafe_code)]

mod header;
mod inbox;
mod login;
mod outbox;
mod scsi;
mod session;

use std::{
    io,
    net::{Ipv4Addr, TcpListener},
    thread,
};

use clap::Parser;

/// Measures the cost of client and socket: an iSCSI target that stores nothing. Loopback only.
#[derive(Debug, Parser)]
#[command(name = "labelgate-floor", version)]
struct Options {
    /// TCP port on 127.0.0.1; 0 lets the kernel choose.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Size of the disk it pretends to have, in bytes (a multiple of 512).
    #[arg(long, default_value_t = 1 << 30)]
    size: u64,
}

#[expect(clippy::print_stdout, reason = "the port is this program's output")]
#[expect(clippy::print_stderr, reason = "a tool run by hand or by a bench")]
fn main() -> io::Result<()> {
    let options = Options::parse();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port))?;
    println!("listening on {}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept()?;
        let blocks = options.size / scsi::BLOCK;
        thread::spawn(move || {
            if let Err(error) =
                session::Session::new(stream, blocks).and_then(session::Session::run)
            {
                eprintln!("labelgate-floor: {error}");
            }
        });
    }
}
