//! nfsserve-directory: the files of one directory, served by the crate `nfsserve`.
//!
//! A peer to measure beside, written as one would to be quick: files are open from the start, reads
//! and writes are one system call each, made where the call is handled (what is in the page cache is
//! there sooner than another thread would be), on as many threads as there are processors.
//! The crate's protocol is its own: it answers GETATTR, READ and WRITE with what is here, and gives
//! every WRITE out as FILE_SYNC. What it writes is not synchronised for that, which is in its favour.

#![forbid(unsafe_code)]

mod directory;

use std::{io, net::Ipv4Addr, path::PathBuf};

use clap::Parser;
use nfsserve::tcp::{NFSTcp, NFSTcpListener};

use crate::directory::Directory;

/// Serves the files of a directory by NFS, with its MOUNT and port mapper on the same port.
#[derive(Debug, Parser)]
#[command(name = "nfsserve-directory", version)]
struct Options {
    /// The directory.
    directory: PathBuf,
    /// A loopback address: the crate knows no identities.
    #[arg(long, default_value_t = Ipv4Addr::LOCALHOST)]
    address: Ipv4Addr,
    /// TCP port. Clients look for the port mapper at 111 only.
    #[arg(long, default_value_t = 111)]
    port: u16,
    /// What clients mount, without a slash before it.
    #[arg(long, default_value = "bench")]
    export: String,
}

#[expect(clippy::print_stdout, reason = "the address is this program's output")]
fn main() -> io::Result<()> {
    let options = Options::parse();
    if !options.address.is_loopback() {
        return Err(io::Error::other("not a loopback address"));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_io()
        .build()?;
    runtime.block_on(async {
        let address = format!("{}:{}", options.address, options.port);
        let directory = Directory::open(&options.directory)?;
        let mut listener = NFSTcpListener::bind(&address, directory).await?;
        listener.with_export_name(&options.export);
        println!("listening on {address}");
        listener.handle_forever().await
    })
}
