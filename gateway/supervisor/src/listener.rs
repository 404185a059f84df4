//! Accepting connections and finding their labels.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsFd;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use labelgate_control::{Proof, Protocol, Services};
use labelgate_mac::Context;
use labelgate_mac::selinux::{ForNext, Kind, peer_context};
use socket2::{Domain, SockRef, Socket, TcpKeepalive, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

use crate::audit::{Decision, Event, Record};
use crate::config::{Identities, Identity};
use crate::greeting::{Arrival, Reception};
use crate::label_table::LabelTable;
use crate::netlabel::identify;
use crate::rate::Rate;
use crate::refusal::Refusal;
use crate::worker::{Candidate, Login, Shared};

/// Connections that the kernel keeps for us, at most; a flood beyond is answered with cookies.
const BACKLOG: i32 = 4096;
/// A client that is gone without a word is noticed after 30 s + 3 * 10 s.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(30);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(10);
const KEEPALIVE_PROBES: u32 = 3;

/// How the label of those who connect to a listener is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entrance {
    /// By their address, or by what they prove in their login.
    Login,
    /// The network tells it.
    Labelled,
    /// Of clients of NFS: by their address, or by what they mount.
    Nfs,
    /// Of clients of NFS: the network tells it.
    NfsLabelled,
    /// It is not: they are told where NFS is, and nothing else.
    Portmap,
    /// The network tells it, and they are told where NFS is for such as them.
    PortmapLabelled,
}

/// Where a connection goes.
#[derive(Debug)]
enum Way {
    /// To the worker of this identity's own label.
    Worker(Arc<Identity>, Login),
    /// To a greeter, to speak this.
    Reception(Protocol),
}

/// Binds a listening socket, of this context if one is given. Must be called within a tokio
/// runtime.
pub fn bind(address: SocketAddr, context: Option<&Context>) -> io::Result<TcpListener> {
    let kind = (Type::STREAM, socket2::Protocol::TCP);
    let socket = make_socket(address, kind, context)?;
    socket.set_reuse_address(true)?;
    if address.is_ipv6() {
        // IPv4 has a listener of its own, or none because the configuration names none.
        socket.set_only_v6(true)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// Makes a socket for an address, of this context if one is given.
pub(crate) fn make_socket(
    address: SocketAddr,
    (kind, protocol): (Type, socket2::Protocol),
    context: Option<&Context>,
) -> io::Result<Socket> {
    let _of_context = context
        .map(|context| ForNext::make(Kind::Socket, context))
        .transpose()?;
    let domain = Domain::for_address(address);
    Socket::new(domain, kind, Some(protocol))
}

/// Decides who is let in.
#[derive(Debug)]
pub struct Door {
    shared: Arc<Shared>,
    labels: Arc<LabelTable>,
    reception: Arc<Reception>,
    /// Where clients of NFS are told to connect to.
    services: Services,
    /// Where those are whose label the network tells.
    labelled_services: Services,
    /// Connections let through to workers per second, over all listeners. The reception has a rate
    /// of its own: whoever has proved nothing waits there, in a fair line, and not in the kernel's
    /// behind everyone who came before.
    rate: Mutex<Rate>,
}

impl Door {
    /// A door to these labels.
    #[must_use]
    pub fn new(
        shared: Arc<Shared>,
        labels: Arc<LabelTable>,
        reception: Arc<Reception>,
        (services, labelled_services): (Services, Services),
    ) -> Self {
        let limits = shared.section.limits;
        let per_second = limits.accepts_per_second;
        Self {
            shared,
            labels,
            reception,
            services,
            labelled_services,
            rate: Mutex::new(Rate::new(per_second, per_second, Instant::now())),
        }
    }

    /// Accepts connections for ever.
    pub async fn keep(self: Arc<Self>, listener: TcpListener, entrance: Entrance) {
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => self.arrive(stream, peer, entrance).await,
                Err(error) => {
                    if let Some(pause) = pause_after(&error) {
                        tracing::error!("cannot accept connections: {error}");
                        sleep(pause).await;
                    }
                }
            }
        }
    }

    /// Nobody is let in, or looked at, while labels are not enforced.
    async fn arrive(&self, stream: TcpStream, peer: SocketAddr, entrance: Entrance) {
        if let Err(halted) = self.shared.serving.check() {
            return self.refuse(peer, None, &halted.into());
        }
        match entrance {
            Entrance::Login | Entrance::Nfs | Entrance::Portmap => {
                self.knock(stream, peer, entrance).await;
            }
            Entrance::Labelled | Entrance::NfsLabelled | Entrance::PortmapLabelled => {
                self.knock_labelled(stream, peer, entrance).await;
            }
        }
    }

    /// Lets a connection in, or closes it.
    async fn knock(&self, stream: TcpStream, peer: SocketAddr, entrance: Entrance) {
        let address = peer.ip().to_canonical();
        let identities = Arc::clone(&self.shared.identities.borrow());
        let known = identities.of(address).cloned();
        let marked = || self.shared.provider.mark_accepted(stream.as_fd());
        let admitted = admit(&identities, known.as_ref(), (address, entrance));
        if let Err(reason) = admitted.and_then(|()| marked().map_err(Refusal::System)) {
            return self.refuse(peer, known.as_ref(), &reason);
        }
        let peer = SocketAddr::new(address, peer.port());
        let has_room = |identity: &Identity| self.labels.room_for(&identity.label).is_ok();
        let let_in = match way(known.clone(), (entrance, self.services), has_room) {
            Way::Worker(identity, login) => self.to_worker(stream, peer, (identity, login)).await,
            Way::Reception(protocol) => self.to_reception(stream, peer, (known.clone(), protocol)),
        };
        if let Err(reason) = let_in {
            self.refuse(peer, known.as_ref(), &reason);
        }
    }

    /// Lets a connection in whose label the network tells, or closes it. Nothing else is taken for
    /// its proof.
    async fn knock_labelled(&self, stream: TcpStream, peer: SocketAddr, entrance: Entrance) {
        let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
        let identities = Arc::clone(&self.shared.identities.borrow());
        let source = identities.netlabel_source(peer.ip());
        let identity = match identify(peer_context(stream.as_fd()), source) {
            Ok(identity) => identities.dated(Arc::new(identity)),
            Err(reason) => return self.refuse(peer, None, &reason.into()),
        };
        if !identities.admit(&identity, peer.ip(), SystemTime::now()) {
            return self.refuse(peer, Some(&identity), &Refusal::NoLease);
        }
        let login = labelled_login(&identity, entrance, self.labelled_services);
        let whose = (Arc::clone(&identity), login);
        let let_in = self.to_worker(stream, peer, whose).await;
        if let Err(reason) = let_in {
            self.refuse(peer, Some(&identity), &reason);
        }
    }

    /// Hands a connection to the worker of its identity's own label.
    async fn to_worker(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        (identity, login): (Arc<Identity>, Login),
    ) -> Result<(), Refusal> {
        let sources = self.reception.sources();
        let source_place = sources.admit(peer.ip(), Instant::now())?;
        let label_place = self.labels.place(&identity.label)?;
        // A client that reset the connection meanwhile harms nobody.
        let local = prepare(&stream).map_err(Refusal::Gone)?;
        let candidate = Candidate {
            number: self.next_number(),
            stream: stream.into_std().map_err(Refusal::Gone)?,
            peer,
            local,
            label: identity.label.clone(),
            identity,
            login,
            places: (source_place, label_place),
        };
        self.wait_for_turn().await;
        let handed = self.labels.connect(candidate);
        handed.map_err(|_| Refusal::Busy("the label's service has too much to do"))
    }

    /// Hands a connection to the reception, which finds out who it is or what it wants.
    fn to_reception(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        (known, protocol): (Option<Arc<Identity>>, Protocol),
    ) -> Result<(), Refusal> {
        let sources = self.reception.sources();
        sources.arrive(peer.ip(), Instant::now())?;
        // A client that reset the connection meanwhile harms nobody.
        let local = prepare(&stream).map_err(Refusal::Gone)?;
        self.reception.receive(Arrival {
            number: self.next_number(),
            stream,
            peer,
            local,
            known,
            protocol,
        });
        Ok(())
    }

    fn next_number(&self) -> u64 {
        self.shared.next_connection.fetch_add(1, Ordering::Relaxed)
    }

    /// Waits until all connections together do not come too fast.
    async fn wait_for_turn(&self) {
        loop {
            let turn = self
                .rate
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(Instant::now());
            match turn {
                Ok(()) => return,
                Err(wait) => sleep(wait).await,
            }
        }
    }

    fn refuse(&self, peer: SocketAddr, identity: Option<&Arc<Identity>>, why: &Refusal) {
        let record = Record {
            peer: Some(peer),
            label: identity.map(|identity| &identity.label),
            identity: identity.map(|identity| identity.name.as_str()),
            ..Record::new(Event::Connection, Decision::Deny)
        };
        self.shared.metrics.refused(why.reason());
        let reason = why.to_string();
        self.shared.refusals.write(&record.reason(&reason));
    }
}

/// Whether anyone at this address may come in at all.
fn admit(
    identities: &Identities,
    known: Option<&Arc<Identity>>,
    (address, entrance): (IpAddr, Entrance),
) -> Result<(), Refusal> {
    let may_prove = match entrance {
        Entrance::Login => identities.use_chap(),
        Entrance::Nfs | Entrance::Portmap => identities.use_tokens(),
        // Nothing but what the network tells is taken for a proof there.
        Entrance::Labelled | Entrance::NfsLabelled | Entrance::PortmapLabelled => false,
    };
    match known {
        Some(identity) if identity.is_admitted(address, SystemTime::now()) => Ok(()),
        Some(_) => Err(Refusal::NoLease),
        None if may_prove => Ok(()),
        None => Err(Refusal::UnknownAddress),
    }
}

/// Where a connection goes of which it may be known by its address whose it is.
fn way(
    known: Option<Arc<Identity>>,
    (entrance, services): (Entrance, Services),
    has_room: impl Fn(&Identity) -> bool,
) -> Way {
    match (entrance, known) {
        (Entrance::Portmap, _) => Way::Reception(Protocol::Portmap(services)),
        // By NFS nobody is shown anything of another label than its own.
        (Entrance::Nfs, Some(identity)) => {
            let login = Login::nfs(&identity);
            Way::Worker(identity, login)
        }
        (Entrance::Nfs, None) => Way::Reception(Protocol::Rpc(services)),
        // By iSCSI somebody can be told that there is no room for its worker, but only by a greeter.
        (_, Some(identity)) if identity.grants.is_empty() && has_room(&identity) => {
            Way::Worker(identity, Login::Untouched)
        }
        (_, known) => {
            let proof = match known {
                Some(_) => Proof::Address,
                None => Proof::Chap,
            };
            Way::Reception(Protocol::Iscsi { proof })
        }
    }
}

/// What a connection is to speak of which the network tells whose it is. Its label's worker tells it
/// where NFS is, too: the port mapper that others ask does not hear it.
fn labelled_login(identity: &Identity, entrance: Entrance, services: Services) -> Login {
    let epoch = identity.epoch;
    match entrance {
        Entrance::NfsLabelled => Login::nfs(identity),
        Entrance::PortmapLabelled => Login::Rpc {
            epoch,
            ports: Some(services),
        },
        _ => Login::Untouched,
    }
}

/// Sets a connection up for block storage, and finds the address of ours that it reached.
fn prepare(stream: &TcpStream) -> io::Result<SocketAddr> {
    let local = stream.local_addr()?;
    stream.set_nodelay(true)?;
    let keepalive = TcpKeepalive::new()
        .with_time(KEEPALIVE_IDLE)
        .with_interval(KEEPALIVE_INTERVAL)
        .with_retries(KEEPALIVE_PROBES);
    SockRef::from(stream).set_tcp_keepalive(&keepalive)?;
    Ok(SocketAddr::new(local.ip().to_canonical(), local.port()))
}

/// How long to leave the listener alone after accept(2) has failed.
///
/// accept(2) also reports errors of the one connection it would have returned ("ECONNABORTED ...
/// the application should treat them like EAGAIN by retrying"): after these there is no pause.
/// What is left is a want of descriptors, memory or rights, which only time mends: the connection stays
/// in the kernel's queue, and without a pause this would be a busy loop.
fn pause_after(error: &io::Error) -> Option<Duration> {
    use rustix::io::Errno;
    let want = [
        Errno::MFILE,
        Errno::NFILE,
        Errno::NOBUFS,
        Errno::NOMEM,
        // A policy without labelgate's module: no connection was taken out of the queue.
        Errno::ACCESS,
    ];
    let errno = error.raw_os_error().map(Errno::from_raw_os_error);
    errno
        .is_some_and(|errno| want.contains(&errno))
        .then_some(Duration::from_millis(100))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{self, Grant};
    use labelgate_registry::MasterKey;

    #[test]
    fn only_a_want_of_resources_stops_accepting_for_a_while() {
        let pause = |errno: rustix::io::Errno| pause_after(&io::Error::from(errno));
        assert!(pause(rustix::io::Errno::MFILE).is_some());
        assert!(pause(rustix::io::Errno::NOBUFS).is_some());
        assert!(pause(rustix::io::Errno::ACCESS).is_some(), "SELinux");
        assert!(pause(rustix::io::Errno::CONNABORTED).is_none());
        assert!(pause(rustix::io::Errno::PROTO).is_none());
        assert!(
            pause(rustix::io::Errno::PERM).is_none(),
            "a firewall's refusal"
        );
    }

    const SERVICES: Services = Services {
        nfs_port: 2049,
        mount_port: 2049,
    };

    /// Somebody at an address, to whom a group's image is open if there is a grant.
    fn identity(grants: Vec<Grant>) -> Arc<Identity> {
        Arc::new(Identity {
            grants,
            epoch: 7,
            ..Identity::at("10.9.1.2".parse().unwrap(), "s0:c1,c2".parse().unwrap())
        })
    }

    #[test]
    fn an_address_that_is_somebodys_gets_its_nfs_connections_to_its_worker() {
        let granted = Grant {
            target: labelgate_control::Text::new("iqn.2026-11.io.labelgate:s.i").unwrap(),
            label: "s0:c7".parse().unwrap(),
        };
        for known in [identity(vec![]), identity(vec![granted])] {
            let way = way(Some(Arc::clone(&known)), (Entrance::Nfs, SERVICES), |_| {
                false
            });
            assert!(
                matches!(&way, Way::Worker(to, Login::Rpc { epoch: 7, ports: None }) if *to == known),
                "{way:?}"
            );
        }
    }

    #[test]
    fn what_the_network_labels_goes_to_its_labels_worker_whatever_it_asks() {
        let known = identity(vec![]);
        let login = |entrance| labelled_login(&known, entrance, SERVICES);
        assert!(matches!(login(Entrance::Labelled), Login::Untouched));
        let nfs = login(Entrance::NfsLabelled);
        let is_nfs = matches!(
            nfs,
            Login::Rpc {
                epoch: 7,
                ports: None
            }
        );
        assert!(is_nfs, "{nfs:?}");
        let told = login(Entrance::PortmapLabelled);
        assert!(
            matches!(&told, Login::Rpc { epoch: 7, ports: Some(services) } if *services == SERVICES),
            "{told:?}"
        );
    }

    #[test]
    fn what_a_greeter_is_to_speak_depends_on_the_listener() {
        let with = |known: Option<Arc<Identity>>, entrance, room| match way(
            known,
            (entrance, SERVICES),
            |_| room,
        ) {
            Way::Reception(protocol) => Some(protocol),
            Way::Worker(..) => None,
        };
        let protocol = |known, entrance| with(known, entrance, true);
        let known = || Some(identity(vec![]));
        let (rpc, portmap) = (Protocol::Rpc(SERVICES), Protocol::Portmap(SERVICES));
        assert_eq!(protocol(None, Entrance::Nfs), Some(rpc));
        assert_eq!(protocol(None, Entrance::Portmap), Some(portmap));
        assert_eq!(protocol(known(), Entrance::Portmap), Some(portmap));
        let proof = Proof::Chap;
        let iscsi = Protocol::Iscsi { proof };
        assert_eq!(protocol(None, Entrance::Login), Some(iscsi));
        assert_eq!(protocol(known(), Entrance::Login), None);
        let proof = Proof::Address;
        let refused = Some(Protocol::Iscsi { proof });
        assert_eq!(with(known(), Entrance::Login, false), refused);
    }

    #[test]
    fn strangers_may_come_where_they_can_prove_something() {
        let address: IpAddr = "10.9.1.9".parse().unwrap();
        let of = |proof| {
            let mut identities = Identities::default();
            let secret = Identity {
                proof,
                ..Identity::at("10.9.1.2".parse().unwrap(), "s0:c1,c2".parse().unwrap())
            };
            identities.insert(Arc::new(secret)).unwrap();
            [Entrance::Login, Entrance::Nfs, Entrance::Portmap]
                .map(|entrance| admit(&identities, None, (address, entrance)).is_ok())
        };
        let name = labelgate_control::Text::new("vm-a").unwrap();
        assert_eq!(of(config::Proof::Chap(name)), [true, false, false]);
        let digest = config::TokenDigest::of(&MasterKey::from_bytes([1; 32]), b"token");
        assert_eq!(of(config::Proof::Token(digest)), [false, true, true]);
    }
}
