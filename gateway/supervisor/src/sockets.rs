//! Everything that is listened on.

use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::thread::sleep;
use std::time::Duration;

use labelgate_control::Services;
use labelgate_mac::Context;
use tokio::net::TcpListener;

use crate::admin::Door as AdminDoor;
use crate::config::{Config, NfsSection, Portmap};
use crate::gateway::RunError;
use crate::listener::{Entrance, bind};
use crate::portmap::bind_datagrams;
use crate::provider::{Domains, Provider, Selinux};

/// Where the port mapper of a system is.
const PORTMAP: u16 = 111;

/// So often a port is tried that is taken, and after so long each time.
const TRIES: u32 = 40;
const BETWEEN: Duration = Duration::from_millis(50);

/// Listening sockets, with what each is bound to.
pub type Listeners = Vec<(SocketAddr, TcpListener)>;

/// Everything that is listened on.
#[derive(Debug)]
pub struct Sockets {
    /// Who comes in where.
    pub doors: [(Entrance, Listeners); 6],
    /// How clients are told where NFS is, beside the listeners of TCP.
    pub portmap: Mapping,
    /// Where metrics are read.
    pub metrics: Option<(SocketAddr, TcpListener)>,
    /// Where admins come in.
    pub admins: AdminDoor,
}

/// How clients are told where NFS is.
#[derive(Debug)]
pub enum Mapping {
    /// By the gateway, which also has these sockets for datagrams.
    Own(Vec<(SocketAddr, OwnedFd)>),
    /// By the system's port mapper.
    System,
    /// By the system's port mapper, since the port is taken.
    Taken {
        /// The address that is taken.
        address: SocketAddr,
        /// What the system says of it.
        listen: io::Error,
    },
}

impl Default for Mapping {
    fn default() -> Self {
        Self::Own(Vec::new())
    }
}

impl Sockets {
    /// Listens everywhere.
    ///
    /// # Errors
    /// An address cannot be listened on.
    pub fn open(config: &Config, provider: &Provider) -> Result<Self, RunError> {
        let domains = provider.selinux().map(Selinux::domains);
        let (login, labelled) = (
            domains.map(Domains::login_listener),
            domains.map(Domains::labelled_listener),
        );
        let scraped = domains.map(Domains::metrics_listener);
        let metrics = config.metrics.listen;
        let metrics = metrics.map(|address| listen(address, scraped.as_ref()));
        let (login, labelled) = (login.as_ref(), labelled.as_ref());
        let (gateway, nfs) = (&config.gateway, &config.nfs);
        let (portmap, mapping) = map(nfs, login)?;
        let asked = domains.map(Domains::remote_listener);
        let remote = all(&config.remote.listen, asked.as_ref())?;
        let doors = [
            (Entrance::Login, all(&gateway.listen, login)?),
            (Entrance::Labelled, all(&gateway.listen_labelled, labelled)?),
            (Entrance::Nfs, all(&nfs.listen, login)?),
            (Entrance::NfsLabelled, all(&nfs.listen_labelled, labelled)?),
            (Entrance::Portmap, portmap),
            (
                Entrance::PortmapLabelled,
                all(&nfs.portmap_labelled, labelled)?,
            ),
        ];
        Ok(Self {
            doors,
            portmap: mapping,
            metrics: metrics.transpose()?,
            admins: AdminDoor::bind(&config.admin)?
                .with_remote(remote, config.remote.names.clone()),
        })
    }

    /// Where initiators connect to.
    pub fn portals(&self) -> Vec<SocketAddr> {
        self.addresses(Entrance::Login).collect()
    }

    /// Where clients of NFS are told to connect to that may use this entrance: MOUNT and NFS share a
    /// port, and of several the first is told.
    pub fn services(&self, nfs: Entrance) -> Services {
        let port = self.addresses(nfs).next();
        let port = port.map_or(0, |address| address.port());
        Services {
            nfs_port: port,
            mount_port: port,
        }
    }

    /// What the listeners of an entrance are bound to.
    pub fn addresses(&self, of: Entrance) -> impl Iterator<Item = SocketAddr> + Clone {
        let mine = self
            .doors
            .iter()
            .filter(move |(entrance, _)| *entrance == of);
        mine.flat_map(|(_, listeners)| listeners.iter().map(|(address, _)| *address))
    }
}

/// Listens where clients look for the port mapper, by TCP and UDP; or not, where the system's is.
fn map(nfs: &NfsSection, context: Option<&Context>) -> Result<(Listeners, Mapping), RunError> {
    let Portmap::Own(addresses) = &nfs.portmap else {
        return Ok((Vec::new(), Mapping::System));
    };
    match map_own(addresses, context) {
        Ok((listeners, datagrams)) => Ok((listeners, Mapping::Own(datagrams))),
        // Clients look for it at that port alone, so whoever has it can tell them as well.
        Err(RunError::Listen { address, error })
            if error.kind() == io::ErrorKind::AddrInUse && address.port() == PORTMAP =>
        {
            let listen = error;
            Ok((Vec::new(), Mapping::Taken { address, listen }))
        }
        Err(error) => Err(error),
    }
}

type Both = (Listeners, Vec<(SocketAddr, OwnedFd)>);

fn map_own(addresses: &[SocketAddr], context: Option<&Context>) -> Result<Both, RunError> {
    let listeners = all(addresses, context)?;
    // At the same ports, of which one may have been the system's choice.
    let datagrams = listeners.iter().map(|&(address, _)| {
        let bound = patiently(|| bind_datagrams(address, context));
        bound.map_err(|error| {
            let error = io::Error::new(error.kind(), format!("over UDP: {error}"));
            RunError::Listen { address, error }
        })
    });
    let datagrams = datagrams.collect::<Result<_, _>>()?;
    Ok((listeners, datagrams))
}

/// The process of a gateway that was just killed may have a UDP port for a moment longer; of TCP, whose
/// port was free, nothing is left of it.
fn patiently<T>(bind: impl Fn() -> io::Result<T>) -> io::Result<T> {
    for _ in 0..TRIES {
        match bind() {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => sleep(BETWEEN),
            done => return done,
        }
    }
    bind()
}

fn all(addresses: &[SocketAddr], context: Option<&Context>) -> Result<Listeners, RunError> {
    let listeners = addresses.iter().map(|address| listen(*address, context));
    listeners.collect()
}

/// Listens, and says where: port 0, which is for tests, becomes a real one.
fn listen(
    address: SocketAddr,
    context: Option<&Context>,
) -> Result<(SocketAddr, TcpListener), RunError> {
    let listener = bind(address, context).map_err(|error| RunError::Listen { address, error })?;
    Ok((listener.local_addr().unwrap_or(address), listener))
}
