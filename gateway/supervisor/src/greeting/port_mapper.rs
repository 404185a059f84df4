//! One port mapper process.

use std::io;
use std::sync::Arc;

use labelgate_control::{FromPortmap, ToPortmap};

use super::launch::Launch;
use super::process::Process;

/// A process that is confined and waits for sockets to answer on, or for what it is to enter. It is
/// killed and reaped when this is dropped.
pub type PortMapper = Process<ToPortmap>;

impl PortMapper {
    /// Starts one and waits until it is ready.
    pub async fn map_ports(launch: &Arc<Launch>) -> io::Result<Self> {
        let is_ready = |said: &FromPortmap| matches!(said, FromPortmap::Ready { .. });
        Self::start(launch, is_ready).await
    }
}
