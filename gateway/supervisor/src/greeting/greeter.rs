//! One greeter process.

use std::io;
use std::sync::Arc;

use labelgate_control::{FromGreeter, ToGreeter};

use super::launch::Launch;
use super::process::Process;

/// A process that is confined and waits for its one connection. It is killed and reaped when this
/// is dropped.
pub type Greeter = Process<ToGreeter>;

impl Greeter {
    /// Starts one and waits until it is ready.
    pub async fn greet(launch: &Arc<Launch>) -> io::Result<Self> {
        let is_ready = |said: &FromGreeter| matches!(said, FromGreeter::Ready { .. });
        Self::start(launch, is_ready).await
    }
}
