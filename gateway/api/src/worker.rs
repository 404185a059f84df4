//! Workers.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::Label;

/// What a worker is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WorkerPhase {
    /// It is being started, or confines itself.
    Starting,
    /// It serves.
    Running,
    /// It was told to leave.
    Leaving,
    /// It died, and is started again after a while.
    BackingOff,
    /// A phase that this version does not know. Never sent.
    #[serde(other)]
    Unknown,
}

/// The worker of a label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Worker {
    /// The label it is confined to.
    pub label: Label,
    /// Its process, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// The SELinux context that it runs as, as the kernel says, where that is what confines it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(examples("system_u:system_r:labelgate_worker_t:s0:c12,c34"))]
    pub context: Option<String>,
    /// What it is doing.
    pub phase: WorkerPhase,
    /// Since when it is in that phase.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// Connections it has.
    pub connections: u64,
    /// Images it has.
    pub images: u64,
    /// Bytes of memory that are resident, if it has a process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resident: Option<u64>,
}

/// All workers, by label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Workers {
    /// The workers.
    pub workers: Vec<Worker>,
}

/// Which worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct WorkerPath {
    /// The worker's label.
    pub label: Label,
}
