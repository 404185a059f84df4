//! What is done of all this at the start of the gateway.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::answering::Answering;
use super::entering::{Entered, Entering, entries};
use crate::gateway::RunError;
use crate::greeting::Launch;
use crate::listener::Entrance;
use crate::sockets::{Mapping, Sockets};
use crate::worker::Shared;

/// Has clients told where NFS is, over UDP or by the system's own port mapper.
///
/// # Errors
/// It is to be entered with that, and cannot be.
pub async fn map_ports(
    sockets: &mut Sockets,
    (shared, launch): (&Arc<Shared>, &Arc<Launch>),
    tasks: &mut JoinSet<()>,
) -> Result<Entering, RunError> {
    let launch = Arc::new(launch.as_port_mapper(shared));
    let services = sockets.services(Entrance::Nfs);
    let shared = Arc::clone(shared);
    let entries = entries(sockets.addresses(Entrance::Nfs));
    match std::mem::take(&mut sockets.portmap) {
        Mapping::Own(datagrams) => {
            tasks.spawn(Answering::new(shared, launch, datagrams, services).keep());
            Ok(Entering::default())
        }
        Mapping::System => {
            let entered = Entered::new(shared, launch, entries).await;
            Ok(Entering::start(entered.map_err(RunError::Enter)?))
        }
        Mapping::Taken { address, listen } => {
            tracing::info!(
                "{address} is taken ({listen}): NFS is to be entered with the port mapper there"
            );
            let entered = Entered::new(shared, launch, entries).await;
            let entered = entered.map_err(|enter| RunError::PortTaken {
                address,
                listen,
                enter,
            })?;
            Ok(Entering::start(entered))
        }
    }
}
