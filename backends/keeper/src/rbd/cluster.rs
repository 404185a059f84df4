//! Connections to clusters: one for each key.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use labelgate_control::RbdAnchor;
use labelgate_rbd::{Cluster, Credentials, Error, Limits};

/// The connections of this process.
#[derive(Debug)]
pub(super) struct Clusters {
    limits: Limits,
    known: Mutex<Vec<(Credentials, Cluster)>>,
}

impl Clusters {
    pub(super) fn new(connect: Duration) -> Self {
        let limits = Limits {
            connect,
            // A snapshot's number is the monitors' to give. One that was given up is not tried again: what came
            // of it is remembered, and told whoever asks for the same snapshot again.
            command: Duration::from_secs(60),
            // Our queue and its memory bound what is under way; nothing may wait in a call.
            in_flight: 0,
            in_flight_bytes: 0,
            ..Limits::default()
        };
        let known = Mutex::default();
        Self { limits, known }
    }

    /// The keys that it has connected with; none while it connects, which may take a while.
    pub(super) fn keys(&self) -> Vec<Credentials> {
        let Ok(known) = self.known.try_lock() else {
            return Vec::new();
        };
        known.iter().map(|(key, _)| key.clone()).collect()
    }

    /// The connection that an anchor wants; with what the cluster calls it, if it is new. Waits for
    /// the cluster, and for others that connect.
    pub(super) fn connect(&self, anchor: &RbdAnchor) -> Result<(Cluster, Option<String>), Error> {
        let wanted = Credentials {
            monitors: anchor.monitors.as_str().to_owned(),
            entity: anchor.entity.as_str().to_owned(),
            key: anchor.key.reveal().to_owned(),
        };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, cluster)) = known.iter().find(|(credentials, _)| *credentials == wanted) {
            return Ok((cluster.clone(), None));
        }
        let cluster = Cluster::connect(&wanted, &self.limits)?;
        let instance = cluster.instance()?;
        known.push((wanted, cluster.clone()));
        Ok((cluster, Some(instance)))
    }
}
