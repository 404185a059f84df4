//! What there is of a label's service at the moment, for an admin.

use std::sync::Arc;
use std::time::{Duration, Instant};

use labelgate_control::Text;
use labelgate_mac::Label;

use super::images::{ImageState, Served};
use super::service::{Seat, Service};
use super::state::Phase;
use crate::config::Image;

/// What there is of a label's service.
#[derive(Debug, Clone)]
pub struct Description {
    /// The label.
    pub label: Label,
    /// Its worker, if there is one.
    pub worker: Option<WorkerDescription>,
    /// The connections that its worker serves.
    pub clients: Vec<ClientDescription>,
    /// The images that its worker was given, or shall be given.
    pub images: Vec<ImageDescription>,
    /// Connections that wait for a worker.
    pub waiting: usize,
    /// Whether the last I/O of its earlier workers has ended.
    pub settled: bool,
    /// What went wrong last, if the next worker has not come up since.
    pub trouble: Option<String>,
}

/// A worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkerDescription {
    /// Its process number.
    pub pid: u32,
    /// Where it stands.
    pub phase: Phase,
    /// How long it has run.
    pub age: Duration,
}

/// A connection.
#[derive(Debug, Clone)]
pub struct ClientDescription {
    /// Whose it is.
    pub identity: Text<256>,
    /// The target it is logged in to, as its worker says.
    pub target: Option<Text<223>>,
}

/// An image, as a label's worker has it.
#[derive(Debug, Clone)]
pub struct ImageDescription {
    /// Which.
    pub image: Arc<Image>,
    /// Whether clients can have it.
    pub standing: Standing,
}

/// Whether clients can have an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is being opened, or is being given up.
    Between,
    /// It is served.
    Served,
    /// It was refused, here or by the worker.
    Refused,
}

impl Service {
    /// What there is at the moment.
    pub(super) fn describe(&mut self) -> Description {
        let worker = match &self.seat {
            Seat::Taken(process) => Some(WorkerDescription {
                pid: process.pid(),
                phase: process.phase,
                age: Instant::now().saturating_duration_since(process.started()),
            }),
            Seat::Vacant(_) | Seat::Changing => None,
        };
        let clients = self.connections.iter().map(|live| ClientDescription {
            identity: live.candidate.identity.name.clone(),
            target: live.target.clone(),
        });
        Description {
            label: self.label.clone(),
            worker,
            clients: clients.collect(),
            images: self.images.iter().map(describe_image).collect(),
            waiting: self.queue.len(),
            settled: self.departing.is_empty() && !self.slots.owe(),
            trouble: self.trouble.clone(),
        }
    }
}

fn describe_image(served: &Served) -> ImageDescription {
    ImageDescription {
        image: Arc::clone(&served.image),
        standing: match served.state {
            ImageState::Open(_) => Standing::Served,
            ImageState::Refused { .. } => Standing::Refused,
            _ => Standing::Between,
        },
    }
}
