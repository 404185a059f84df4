//! Taking connections on the admin socket, and hosts' beside it.

use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use labelgate_certificates::ServerName;
use tokio::net::{TcpListener, UnixListener, UnixStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::caller::{Caller, group};
use super::operation::Office;
use super::remote::Gate;
use super::{access_list, routes};
use crate::config::AdminSection;
use crate::state::State;

/// Connections at a time. More wait in the kernel.
const CONNECTIONS: usize = 64;
/// How long the head of a request may take, and how long a connection may be idle.
const HEAD_PATIENCE: Duration = Duration::from_secs(10);
/// The longest head of a request, in bytes.
const HEAD_BYTES: usize = 16 << 10;
/// How many header fields it may have.
const HEAD_FIELDS: usize = 64;
/// How long answers that are under way may take when the gateway stops.
const END_PATIENCE: Duration = Duration::from_secs(5);
/// How long to leave the socket alone after accept(2) has failed.
pub(super) const PAUSE: Duration = Duration::from_millis(100);

/// The admin socket, and where hosts connect to, bound.
#[derive(Debug)]
pub struct Door {
    listener: UnixListener,
    section: Arc<AdminSection>,
    remote: Vec<(SocketAddr, TcpListener)>,
    /// What hosts call the gateway.
    names: Vec<ServerName<'static>>,
}

/// The admin socket cannot be made.
#[derive(Debug, thiserror::Error)]
#[error("the admin socket {path} cannot be made: {error}", path = path.display())]
pub struct DoorError {
    path: PathBuf,
    error: io::Error,
}

impl Door {
    /// Makes the socket. What an earlier gateway left there is removed: that it has ended is known
    /// by the lock of the run directory.
    ///
    /// # Errors
    /// It cannot be made, or something else is in its place.
    pub fn bind(section: &AdminSection) -> Result<Self, DoorError> {
        let path = &section.socket;
        let listener = bind(section).map_err(|error| DoorError {
            path: path.clone(),
            error,
        })?;
        Ok(Self {
            listener,
            section: Arc::new(section.clone()),
            remote: Vec::new(),
            names: Vec::new(),
        })
    }

    /// With these listeners for hosts, which call the gateway by these names.
    #[must_use]
    pub fn with_remote(
        self,
        remote: Vec<(SocketAddr, TcpListener)>,
        names: Vec<ServerName<'static>>,
    ) -> Self {
        Self {
            remote,
            names,
            ..self
        }
    }

    /// Serves until `stop` says otherwise or is gone; then ends what is under way in order.
    pub async fn serve(self, state: Arc<State>, stop: watch::Receiver<bool>) {
        let router = routes::all(Office::new(Arc::clone(&state), stop.clone()));
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        let mut connections = JoinSet::new();
        let gate = Gate::new(self.names, router.clone(), Arc::clone(&state), stop.clone());
        for (address, listener) in self.remote {
            tracing::info!("listening on {address} for hosts");
            connections.spawn(Arc::clone(&gate).keep(listener));
        }
        let mut stopping = stop.clone();
        loop {
            while connections.try_join_next().is_some() {}
            let accepted = tokio::select! {
                () = stopped(&mut stopping) => break,
                accepted = accept(&self.listener, &places) => accepted,
            };
            let Some((stream, place)) = accepted else {
                continue;
            };
            let (router, section) = (router.clone(), Arc::clone(&self.section));
            let (state, stop) = (Arc::clone(&state), stop.clone());
            connections.spawn(async move {
                let _place = place;
                converse(stream, router, &section, &state, stop).await;
            });
        }
        let ended = async { while connections.join_next().await.is_some() {} };
        if timeout(END_PATIENCE, ended).await.is_err() {
            tracing::warn!("requests of admins were cut off, because the gateway stops");
        }
        // A file that leads nowhere helps nobody.
        let _ = std::fs::remove_file(&self.section.socket);
    }
}

/// Waits until the gateway stops.
pub(super) async fn stopped(stop: &mut watch::Receiver<bool>) {
    // Who would say so may be gone, which says the same.
    let _ = stop.wait_for(|stop| *stop).await;
}

async fn accept(
    listener: &UnixListener,
    places: &Arc<Semaphore>,
) -> Option<(UnixStream, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => Some((stream, place)),
        Err(error) => {
            tracing::error!("cannot accept connections on the admin socket: {error}");
            sleep(PAUSE).await;
            None
        }
    }
}

/// HTTP as it is spoken with whoever asks: bounded.
pub(super) fn http() -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD_PATIENCE)
        .max_buf_size(HEAD_BYTES)
        .max_headers(HEAD_FIELDS);
    http
}

/// One connection, from who it is to its end.
async fn converse(
    stream: UnixStream,
    router: Router,
    section: &AdminSection,
    state: &State,
    mut stop: watch::Receiver<bool>,
) {
    let Ok(caller) = Caller::of(&stream, section, &state.shared().provider).await else {
        return;
    };
    let service = TowerToHyperService::new(router.layer(Extension(caller)));
    let connection = http().serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = stopped(&mut stop) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!("a connection to the admin socket: {error}");
    }
}

fn bind(section: &AdminSection) -> io::Result<UnixListener> {
    let path = &section.socket;
    if let Some(directory) = path.parent() {
        let mut make = std::fs::DirBuilder::new();
        make.recursive(true).mode(0o755).create(directory)?;
    }
    match std::fs::symlink_metadata(path) {
        Ok(there) if there.file_type().is_socket() => std::fs::remove_file(path)?,
        Ok(_) => {
            return Err(io::Error::other(
                "something else is there, which is no socket",
            ));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let listener = UnixListener::bind(path)?;
    restrict(path, section)?;
    Ok(listener)
}

/// Lets root and the two groups connect. On a file system without access control lists only root
/// can, and the log says so.
fn restrict(path: &Path, section: &AdminSection) -> io::Result<()> {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    let mut groups = Vec::new();
    for name in [&section.admin_group, &section.read_group] {
        match group(name) {
            Some(group) => groups.push(group.as_raw()),
            None => tracing::info!("there is no group {name:?}, so nobody is in it"),
        }
    }
    if !groups.is_empty()
        && let Err(error) = access_list::admit(path, &groups)
    {
        tracing::warn!(
            "only root can connect to {}: its file system has no access control lists: {error}",
            path.display()
        );
    }
    Ok(())
}
