//! The gateway as a whole: from a configuration to an orderly end.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use labelgate_control::Handed;
use labelgate_registry::Registry;
use rustix::process::{Resource, Rlimit, geteuid, getrlimit, setrlimit};
use sd_notify::NotifyState;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::admin::{DoorError as AdminDoorError, keep_followers};
use crate::assignment::{Assignment, Own};
use crate::audit::{self, Decision, Event, OpenError, Record, Throttle};
use crate::cgroups::Cgroups;
use crate::config::Config;
use crate::greeting::{Authority, Launch, Pool, Reception};
use crate::import::sweep;
use crate::kept::{Anchors, Counts, Forge, Keysmiths, Names, Traces, Withheld};
use crate::label_table::LabelTable;
use crate::listener::{Door, Entrance};
use crate::metrics::{self, Metrics};
use crate::poison::{PoisonMarks, Settling, announce};
use crate::portmap::{EnterError, map_ports};
use crate::program::Program;
use crate::provider::{self, MayServe, Provider, SelinuxError};
use crate::reload::reload;
use crate::reservations::Reservations;
use crate::run_lock::{RunLock, RunLockError};
use crate::sockets::{Listeners, Sockets};
use crate::state::{
    InForce, State, StateError, announce_certificates, combine, end_expired_leases, open_registry,
};
use crate::uid::Uids;
use crate::worker::{Room, Shared};

/// Where packages put the programs.
const INSTALLED: &str = "/usr/libexec/labelgate";
/// Audit records of refused connections: so many per second, and at once.
const REFUSALS_PER_SECOND: u32 = 20;
const REFUSALS_AT_ONCE: u32 = 200;
/// Beyond its clients' time to leave, a worker gets this long to end or be killed and reaped.
const END_PATIENCE: Duration = Duration::from_secs(15);

/// Why the gateway does not run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// What is to enforce labels cannot.
    #[error(transparent)]
    Provider(#[from] SelinuxError),
    /// Another gateway has the run directory, or it cannot be used.
    #[error(transparent)]
    RunLock(#[from] RunLockError),
    /// The audit trail cannot be kept, so nothing may be decided.
    #[error(transparent)]
    Audit(#[from] OpenError),
    /// Which images are poisoned cannot be found out.
    #[error("{path}: {error}: without the marks of poisoned images none may be served")]
    PoisonMarks {
        /// The state directory.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Whom images are reserved for cannot be found out.
    #[error("{path}: {error}: without the reservations that last no image may be served")]
    Reservations {
        /// The state directory.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The registry cannot be used, or clashes with the configuration.
    #[error("{0}")]
    State(#[from] StateError),
    /// The admin socket cannot be made.
    #[error(transparent)]
    Admin(#[from] AdminDoorError),
    /// An address cannot be listened on.
    #[error("cannot listen on {address}: {error}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        error: io::Error,
    },
    /// NFS cannot be entered with the system's port mapper.
    #[error("NFS cannot be entered with the system's port mapper (portmap = \"system\"): {0}")]
    Enter(EnterError),
    /// Another port mapper has the port, and takes no entries.
    #[error(
        "the port mapper cannot listen on {address} ({listen}), and NFS cannot be entered with \
         another one either: {enter}; stop what runs there, or remove portmap"
    )]
    PortTaken {
        /// The address.
        address: SocketAddr,
        /// Why it cannot be listened on.
        listen: io::Error,
        /// Why it cannot be entered.
        enter: EnterError,
    },
    /// The system refused something else.
    #[error("{0}")]
    System(#[from] io::Error),
}

/// Runs the gateway until it is told to stop (SIGTERM, SIGINT).
pub async fn run(config: Config, file: &Path) -> Result<(), RunError> {
    run_assigned(config, file, Own).await
}

/// Runs the gateway with another assignment of connections and images to workers than everybody's
/// own.
pub async fn run_assigned(
    config: Config,
    file: &Path,
    assignment: impl Assignment + 'static,
) -> Result<(), RunError> {
    let provider = Provider::start(&config.gateway)?;
    let _lock = RunLock::take(&config.gateway.run_dir)?;
    let _audit = audit::start(&config.audit)?;
    let state_dir = &config.gateway.state_dir;
    let registry = open_registry(state_dir).map_err(StateError::from)?;
    let (poison, reservations) = remember(state_dir)?;
    let in_force = combine(config, &*registry)?;
    announce(&poison, in_force.images.all());
    sweep_stores(&in_force, &provider);
    let mut signals = Signals::new()?;
    raise_descriptor_limit();
    let mut sockets = Sockets::open(&in_force.config, &provider)?;

    let shared = Arc::new(share(
        &in_force,
        (poison, reservations),
        provider,
        Box::new(assignment),
        &registry,
    )?);
    let labels = Arc::new(LabelTable::new(Arc::clone(&shared)));
    let launch = Arc::new(launch(&shared)?);
    let reception = receive(&shared, &labels, &launch, &registry)?;
    let services = (Arc::clone(&shared), Arc::clone(&labels));
    let state = State::new(file, registry, in_force, services, sockets.portals());
    let of_nfs = [Entrance::Nfs, Entrance::NfsLabelled].map(|at| sockets.services(at));
    let door = Arc::new(Door::new(
        Arc::clone(&shared),
        Arc::clone(&labels),
        Arc::clone(&reception),
        of_nfs.into(),
    ));
    let mut tasks = JoinSet::new();
    tasks.spawn(reception.keep());
    let ports = map_ports(&mut sockets, (&shared, &launch), &mut tasks).await?;
    keep_state(&state, &mut tasks).await;
    let (stop_admins, stop) = watch::channel(false);
    let admins = sockets.admins.serve(Arc::clone(&state), stop);
    let admins = tokio::spawn(admins);
    keep_doors(&mut tasks, &door, sockets.doors);
    if let Some((address, listener)) = sockets.metrics {
        tracing::info!("metrics at http://{address}/metrics");
        tasks.spawn(metrics::serve(listener, Arc::clone(&shared)));
    }
    // To the very end: what is left to be said to clients is said under the same conditions.
    let watch = provider::watch(Arc::clone(&shared), Arc::clone(&labels));
    let watch = tokio::spawn(watch);
    tasks.spawn(flush_refusals(Arc::clone(&shared)));
    notify(&[NotifyState::Ready, NotifyState::Status("serving")]);

    signals.obey(&state).await?;
    say_that_it_stops();
    stop_admins.send_replace(true);
    // Nobody is to look for what is about to go.
    ports.stop().await;
    tasks.shutdown().await;
    stop_workers(&labels, &shared).await;
    watch.abort();
    // It ends in time by itself.
    let _ = admins.await;
    shared.refusals.flush();
    Ok(())
}

/// Sees to what changes by itself of what is in force.
async fn keep_state(state: &Arc<State>, tasks: &mut JoinSet<()>) {
    // No machine starts before the files of images that follow one have been looked at.
    let first = state.turn().await;
    tasks.spawn(keep_followers(Arc::clone(state), first));
    tasks.spawn(end_expired_leases(Arc::clone(state)));
    tasks.spawn(announce_certificates(Arc::clone(state)));
}

/// What earlier gateways have left to be known of images.
fn remember(state_dir: &Path) -> Result<(PoisonMarks, Reservations), RunError> {
    let path = || state_dir.to_owned();
    let poison = PoisonMarks::open(state_dir);
    let poison = poison.map_err(|error| RunError::PoisonMarks {
        path: path(),
        error,
    })?;
    let reservations = Reservations::open(state_dir);
    let reservations = reservations.map_err(|error| RunError::Reservations {
        path: path(),
        error,
    })?;
    Ok((poison, reservations))
}

/// Accepts connections from now on.
fn keep_doors(tasks: &mut JoinSet<()>, door: &Arc<Door>, doors: [(Entrance, Listeners); 6]) {
    for (entrance, listeners) in doors {
        let whom = match entrance {
            Entrance::Login => "",
            Entrance::Labelled => " for those whose label the network tells",
            Entrance::Nfs => " for NFS",
            Entrance::NfsLabelled => " for NFS, for those whose label the network tells",
            Entrance::Portmap => " for those who look for NFS",
            Entrance::PortmapLabelled => {
                " for those who look for NFS and whose label the network tells"
            }
        };
        for (address, listener) in listeners {
            tracing::info!("listening on {address}{whom}");
            tasks.spawn(Arc::clone(door).keep(listener, entrance));
        }
    }
}

async fn stop_workers(labels: &LabelTable, shared: &Shared) {
    if !labels.stop(shared.section.drain + END_PATIENCE).await {
        tracing::error!("some workers have not ended and are left to the kernel");
    }
}

fn say_that_it_stops() {
    notify(&[
        NotifyState::Stopping,
        NotifyState::Status("waiting for clients to leave"),
    ]);
    tracing::info!("stopping");
    Record::new(Event::GatewayStop, Decision::Note).write();
}

/// Removes what imports have left that an earlier gateway was killed in.
fn sweep_stores(in_force: &InForce, provider: &Provider) {
    let handed = match provider {
        Provider::Selinux(_) => Handed::Path,
        Provider::Landlock => Handed::Opened,
    };
    for (store, _) in in_force.stores.values() {
        let Some(path) = store.directory().map(Path::to_owned) else {
            continue;
        };
        // A store that hangs must not keep the gateway from starting.
        tokio::task::spawn_blocking(move || {
            if let Err(error) = sweep(&path, handed) {
                tracing::warn!("{}: looking for incomplete images: {error}", path.display());
            }
        });
    }
}

fn share(
    in_force: &InForce,
    (poison, reservations): (PoisonMarks, Reservations),
    provider: Provider,
    assignment: Box<dyn Assignment>,
    registry: &Arc<dyn Registry>,
) -> io::Result<Shared> {
    let section = in_force.config.gateway.clone();
    let uids = if geteuid().is_root() {
        Some(Arc::new(Uids::new(section.uid_base)))
    } else {
        tracing::warn!(
            "not started as root: all workers run under this user's UID, and nothing but their \
             confinement keeps one from another; this is weaker, for trying things out only"
        );
        None
    };
    let cgroups = match Cgroups::take(section.limits.worker_memory) {
        Ok(cgroups) => Some(Arc::new(cgroups)),
        Err(why) => {
            tracing::warn!("workers have no cgroups, only resource limits: {why}");
            None
        }
    };
    let program = find(section.worker.as_ref(), "labelgate-worker")?;
    let importer = find(section.importer.as_ref(), "labelgate-importer")?;
    let metrics = Arc::new(Metrics::new().map_err(io::Error::other)?);
    let provider = Arc::new(provider);
    let keeper = find(section.keeper.as_ref(), "labelgate-keeper")?;
    let keysmith = find(section.keysmith.as_ref(), "labelgate-keysmith")?;
    Ok(Shared {
        nfs: in_force.config.nfs.clone(),
        assignment,
        serving: MayServe::default(),
        own: Program::new(std::env::current_exe()?),
        program,
        importer,
        keeper,
        keysmiths: Keysmiths::new(Forge {
            program: keysmith,
            registry: Arc::clone(registry),
            names: Names::of(&registry.master_key().map_err(io::Error::other)?),
            uids: uids.clone(),
            provider: Arc::clone(&provider),
            cgroups: cgroups.clone(),
            metrics: Arc::clone(&metrics),
        }),
        anchors: Anchors::open(&section.state_dir)?,
        traces: Traces::new(&section.state_dir),
        counts: Counts::new(&section.state_dir),
        provider,
        uids,
        room: Room::new(&section.limits, cgroups.as_deref()),
        cgroups,
        identities: watch::Sender::new(Arc::clone(&in_force.identities)),
        images: watch::Sender::new(Arc::clone(&in_force.images)),
        poison: Arc::new(poison),
        withheld: Withheld::default(),
        reservations: Arc::new(reservations),
        settling: Settling::default(),
        refusals: Throttle::new(REFUSALS_PER_SECOND, REFUSALS_AT_ONCE),
        next_connection: AtomicU64::new(1),
        metrics,
        section,
    })
}

/// What greeters are started with.
fn launch(shared: &Shared) -> io::Result<Launch> {
    let program = find(shared.section.greeter.as_ref(), "labelgate-greeter")?;
    Ok(Launch::new(program, shared))
}

/// The reception for connections whose label their address does not tell.
fn receive(
    shared: &Arc<Shared>,
    labels: &Arc<LabelTable>,
    launch: &Arc<Launch>,
    registry: &Arc<dyn Registry>,
) -> io::Result<Arc<Reception>> {
    let section = &shared.section;
    let authority = Authority::new(section.chap.clone(), Arc::clone(registry));
    let authority = authority.map_err(io::Error::other)?;
    let pool = Arc::new(Pool::new(Arc::clone(launch), section.login.ready));
    let (shared, labels) = (Arc::clone(shared), Arc::clone(labels));
    Ok(Arc::new(Reception::new(shared, labels, pool, authority)))
}

/// A program: the configured one, the one beside ours, the installed one.
fn find(configured: Option<&PathBuf>, name: &str) -> io::Result<Program> {
    if let Some(program) = configured {
        return Ok(Program::new(program.clone()));
    }
    let beside = std::env::current_exe()?.with_file_name(name);
    Ok(Program::new(if beside.is_file() {
        beside
    } else {
        Path::new(INSTALLED).join(name)
    }))
}

/// Takes as many descriptors as the system allows: one for each connection and each image.
fn raise_descriptor_limit() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => tracing::debug!("descriptors: {:?}", limit.maximum),
        Err(error) => tracing::warn!("cannot raise the limit of descriptors: {error}"),
    }
}

/// Writes down, once a second, how many refusals were too many to be written singly.
async fn flush_refusals(shared: Arc<Shared>) {
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        shared.refusals.flush();
    }
}

/// What the gateway was told by a signal.
enum Told {
    Reload,
    Stop,
}

struct Signals {
    reload: Signal,
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            reload: signal(SignalKind::hangup())?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Does what the signals say, until they say that the gateway is to stop.
    async fn obey(&mut self, state: &Arc<State>) -> io::Result<()> {
        while let Told::Reload = self.next().await {
            let now = NotifyState::monotonic_usec_now()?;
            notify(&[NotifyState::Reloading, now]);
            tokio::select! {
                () = reload(state) => notify(&[NotifyState::Ready]),
                () = self.stop() => break,
            }
        }
        Ok(())
    }

    async fn next(&mut self) -> Told {
        tokio::select! {
            _ = self.terminate.recv() => Told::Stop,
            _ = self.interrupt.recv() => Told::Stop,
            _ = self.reload.recv() => Told::Reload,
        }
    }

    /// Waits for the signal to stop.
    async fn stop(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Tells systemd, if it is there.
fn notify(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!("cannot notify systemd: {error}");
    }
}
