//! From an URL to a file, as every client goes: port mapper, MOUNT, LOOKUP.

use std::net::{IpAddr, SocketAddr};

use labelgate_fixtures::Failure;
use labelgate_nfs::{mount, portmap, v3, xdr::Encoder};

use crate::{call::Call, connection::Connection, reply};

/// The port of the port mapper.
const PORTMAP: u16 = 111;
/// > const IPPROTO_TCP = 6; (RFC 1833, 3.1)
const TCP: u32 = 6;
const MOUNT: (u32, u32) = (mount::PROGRAM, mount::VERSION);
const NFS: (u32, u32) = (v3::PROGRAM, v3::VERSION);

/// A file of a server.
#[derive(Debug)]
pub struct File {
    /// Where NFS is.
    pub address: SocketAddr,
    /// Its handle.
    pub handle: Vec<u8>,
    /// Its size, bytes.
    pub size: u64,
}

/// Finds the file of `nfs://ADDRESS/DIRECTORY/FILE`.
pub fn find(url: &str) -> Result<File, Failure> {
    let (host, directory, name) = parts(url)
        .ok_or_else(|| Failure::Machine(format!("not nfs://ADDRESS/DIRECTORY/FILE: {url}")))?;
    let mut portmap = Connection::open(SocketAddr::new(host, PORTMAP))?;
    let mount = SocketAddr::new(host, port(&mut portmap, MOUNT)?);
    let address = SocketAddr::new(host, port(&mut portmap, NFS)?);
    let path = |e: &mut Encoder<'_>| e.opaque(directory.as_bytes());
    let call = Call::new(MOUNT, mount::procedure::MNT, path);
    let root = Connection::open(mount)?.ask(call, reply::handle)?;
    let mut nfs = Connection::open(address)?;
    let lookup = Call::new(NFS, v3::Procedure::Lookup as u32, |e| {
        e.opaque(&root);
        e.opaque(name.as_bytes());
    });
    let handle = nfs.ask(lookup, reply::handle)?;
    let getattr = Call::new(NFS, v3::Procedure::GetAttr as u32, |e| e.opaque(&handle));
    let size = nfs.ask(getattr, reply::size)?;
    Ok(File {
        address,
        handle,
        size,
    })
}

/// The directory has a slash before it, and none behind it unless it is the root.
fn parts(url: &str) -> Option<(IpAddr, &str, &str)> {
    let rest = url.strip_prefix("nfs://")?;
    let (host, path) = rest.split_at(rest.find('/')?);
    let (directory, name) = path.split_at(path.rfind('/')?);
    let directory = if directory.is_empty() { "/" } else { directory };
    Some((host.parse().ok()?, directory, name.strip_prefix('/')?))
}

/// GETPORT.
fn port(portmap: &mut Connection, (program, version): (u32, u32)) -> Result<u16, Failure> {
    let asked = (portmap::PROGRAM, portmap::PORT_MAPPER);
    let getport = Call::new(asked, portmap::procedure::GETPORT, |e| {
        for number in [program, version, TCP, 0] {
            e.u32(number);
        }
    });
    let port = portmap.ask(getport, |results| results.u32().ok())?;
    let port = u16::try_from(port).ok().filter(|port| *port != 0);
    port.ok_or_else(|| Failure::Unexpected(format!("the server has no program {program}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_component_is_the_file() {
        let host = IpAddr::from([127, 0, 0, 1]);
        assert_eq!(parts("nfs://127.0.0.1/a/b/c"), Some((host, "/a/b", "c")));
        assert_eq!(parts("nfs://127.0.0.1/c"), Some((host, "/", "c")));
        assert_eq!(parts("nfs://127.0.0.1"), None);
    }
}
