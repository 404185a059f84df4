//! Taking connections of hosts: what the admin socket is on this machine, over TLS 1.3.
//!
//! Who has no certificate of the gateway's own authority gets no further than the handshake, which
//! rustls and webpki do. Then the registry has to know the certificate: a host that was removed is
//! refused at once, and its connections end.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::{Extension, Router};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use jiff::Timestamp;
use labelgate_certificates::{Authority, CertificateError, ServerName, fingerprint, server_config};
use labelgate_registry::{Fingerprint, MasterKey};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::caller::{Caller, known};
use super::operation::record;
use super::server::{PAUSE, http, stopped};
use crate::audit::{Decision, Event, Record, Throttle};
use crate::state::State;

/// Handshakes at a time. More wait in the kernel.
const HANDSHAKES: usize = 32;
/// Handshakes at a time from one address.
const HANDSHAKES_PER_ADDRESS: usize = 8;
/// How long a handshake may take.
const HANDSHAKE_PATIENCE: Duration = Duration::from_secs(5);
/// Connections of hosts at a time, and of one host.
const CONNECTIONS: usize = 512;
const CONNECTIONS_PER_HOST: usize = 32;
/// Records of connections that were refused: so many per second, and at once.
const REFUSALS: (u32, u32) = (5, 50);

/// What connections of hosts are taken with.
#[derive(Debug)]
pub(super) struct Gate {
    names: Vec<ServerName<'static>>,
    router: Router,
    state: Arc<State>,
    stop: watch::Receiver<bool>,
    trust: Mutex<Option<Trust>>,
    handshakes: Arc<Semaphore>,
    arriving: Arc<Places<IpAddr>>,
    connections: Arc<Semaphore>,
    hosts: Arc<Places<Fingerprint>>,
    refusals: Throttle,
}

/// What the gateway proves itself with, and verifies hosts with: both come from the master key,
/// which a backup that is restored may bring.
struct Trust {
    key: Arc<MasterKey>,
    acceptor: TlsAcceptor,
}

impl std::fmt::Debug for Trust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trust").finish_non_exhaustive()
    }
}

/// A host that got through the handshake.
struct Arrived {
    stream: TlsStream<TcpStream>,
    fingerprint: Fingerprint,
    caller: Caller,
}

impl Gate {
    /// Those who come in ask what `router` answers.
    pub(super) fn new(
        names: Vec<ServerName<'static>>,
        router: Router,
        state: Arc<State>,
        stop: watch::Receiver<bool>,
    ) -> Arc<Self> {
        Arc::new(Self {
            names,
            router,
            state,
            stop,
            trust: Mutex::default(),
            handshakes: Arc::new(Semaphore::new(HANDSHAKES)),
            arriving: Arc::default(),
            connections: Arc::new(Semaphore::new(CONNECTIONS)),
            hosts: Arc::default(),
            refusals: Throttle::new(REFUSALS.0, REFUSALS.1),
        })
    }

    /// Takes connections until the gateway stops, and ends when the last of them has.
    pub(super) async fn keep(self: Arc<Self>, listener: TcpListener) {
        let mut stop = self.stop.clone();
        let mut taken = JoinSet::new();
        loop {
            while taken.try_join_next().is_some() {}
            let accepted = tokio::select! {
                () = stopped(&mut stop) => break,
                accepted = self.accept(&listener) => accepted,
            };
            if let Some((stream, address, place)) = accepted {
                taken.spawn(Arc::clone(&self).converse(stream, address, place));
            }
        }
        while taken.join_next().await.is_some() {}
    }

    async fn accept(
        &self,
        listener: &TcpListener,
    ) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
        let handshakes = Arc::clone(&self.handshakes);
        let place = handshakes.acquire_owned().await.ok()?;
        match listener.accept().await {
            Ok((stream, address)) => Some((stream, address, place)),
            Err(error) => {
                tracing::error!("cannot accept connections of hosts: {error}");
                sleep(PAUSE).await;
                None
            }
        }
    }

    /// One connection, from its handshake to its end.
    async fn converse(
        self: Arc<Self>,
        stream: TcpStream,
        peer: SocketAddr,
        handshake: OwnedSemaphorePermit,
    ) {
        let arrived = self.let_in(stream, peer).await;
        drop(handshake);
        let arrived = match arrived {
            Ok(arrived) => arrived,
            Err(why) => return self.refuse(peer, &why),
        };
        let host = arrived.caller.to_string();
        let place = self.hosts.take(arrived.fingerprint, CONNECTIONS_PER_HOST);
        let connection = Arc::clone(&self.connections).try_acquire_owned();
        let (Some(_place), Ok(_connection)) = (place, connection) else {
            return self.refuse(
                peer,
                &format!("{host} has too many connections, or all have"),
            );
        };
        let Arrived {
            stream,
            fingerprint,
            caller,
        } = arrived;
        tokio::select! {
            () = self.answer(stream, caller) => {}
            // Whatever is under way for it is done all the same, and on record.
            () = self.unknown(fingerprint) => self.refuse(peer, &format!("{host} is known no more")),
        }
    }

    async fn let_in(&self, stream: TcpStream, peer: SocketAddr) -> Result<Arrived, String> {
        let address = peer.ip().to_canonical();
        let Some(_place) = self.arriving.take(address, HANDSHAKES_PER_ADDRESS) else {
            return Err("too many handshakes at a time from this address".to_owned());
        };
        let acceptor = self.acceptor();
        let acceptor =
            acceptor.map_err(|error| format!("the gateway has no certificate: {error}"))?;
        let shaken = timeout(HANDSHAKE_PATIENCE, acceptor.accept(stream)).await;
        let stream = match shaken {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(format!("TLS: {error}")),
            Err(_) => return Err("TLS: the handshake took too long".to_owned()),
        };
        let certificates = stream.get_ref().1.peer_certificates();
        let certificate = certificates
            .and_then(<[_]>::first)
            .ok_or("no certificate")?;
        let fingerprint = Fingerprint::new(fingerprint(certificate));
        let in_force = self.state.in_force();
        let host = known(&in_force.snapshot, fingerprint, Timestamp::now());
        let host = host.ok_or_else(|| {
            format!("no host has the certificate with the SHA-256 hash {fingerprint}")
        })?;
        let caller = Caller::host(host, address, &self.state.shared().provider);
        Ok(Arrived {
            stream,
            fingerprint,
            caller,
        })
    }

    /// What handshakes are done with, made anew when the master key is another.
    fn acceptor(&self) -> Result<TlsAcceptor, CertificateError> {
        let in_force = self.state.in_force();
        let key = in_force.tokens.key();
        let mut trust = self.trust.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(trust) = trust.as_ref().filter(|trust| trust.key == *key) {
            return Ok(trust.acceptor.clone());
        }
        let authority = Authority::of(key.expose())?;
        let config = server_config(&authority, authority.server(&self.names)?)?;
        let acceptor = TlsAcceptor::from(Arc::new(config));
        *trust = Some(Trust {
            key: Arc::clone(key),
            acceptor: acceptor.clone(),
        });
        Ok(acceptor)
    }

    async fn answer(&self, stream: TlsStream<TcpStream>, caller: Caller) {
        let service = TowerToHyperService::new(self.router.clone().layer(Extension(caller)));
        let connection = http().serve_connection(TokioIo::new(stream), service);
        tokio::pin!(connection);
        let mut stop = self.stop.clone();
        let ended = tokio::select! {
            ended = &mut connection => ended,
            () = stopped(&mut stop) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!("a connection of a host: {error}");
        }
    }

    /// Waits until no host has this certificate.
    async fn unknown(&self, fingerprint: Fingerprint) {
        let mut watched = self.state.watch();
        // If nobody can say so any more, the gateway is gone.
        let _ = watched
            .wait_for(|in_force| in_force.snapshot.host_of(fingerprint).is_none())
            .await;
    }

    fn refuse(&self, peer: SocketAddr, why: &str) {
        let asked_by = format!("a host at {}", peer.ip().to_canonical());
        let refused = Record {
            decision: Decision::Deny,
            peer: Some(peer),
            ..record(Event::Admin, &asked_by)
        };
        self.refusals.write(&refused.reason(why));
    }
}

/// How many each has of something.
#[derive(Debug)]
struct Places<K>(Mutex<HashMap<K, usize>>);

impl<K> Default for Places<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

/// One of somebody's places, given back when it is dropped.
struct Place<K: std::hash::Hash + Eq + Copy> {
    places: Arc<Places<K>>,
    whose: K,
}

impl<K: std::hash::Hash + Eq + Copy> Places<K> {
    /// One more, unless somebody has so many.
    fn take(self: &Arc<Self>, whose: K, most: usize) -> Option<Place<K>> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(whose).or_default();
        (*count < most).then(|| {
            *count += 1;
            let places = Arc::clone(self);
            Place { places, whose }
        })
    }
}

impl<K: std::hash::Hash + Eq + Copy> Drop for Place<K> {
    fn drop(&mut self) {
        let mut counts = self.places.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.whose) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.whose);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_for_each_and_given_back() {
        let places: Arc<Places<u8>> = Arc::default();
        let first = places.take(1, 2).unwrap();
        let second = places.take(1, 2).unwrap();
        assert!(places.take(1, 2).is_none());
        assert!(places.take(2, 2).is_some());
        drop(first);
        assert!(places.take(1, 2).is_some());
        drop(second);
        assert!(places.0.lock().unwrap().is_empty(), "nothing of them stays");
    }
}
