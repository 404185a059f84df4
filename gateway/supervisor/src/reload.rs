//! Taking in a changed configuration, because a signal says so.

use std::sync::Arc;

use crate::audit::{Decision, Event, Record};
use crate::state::State;

/// Reads the configuration again and puts it into force. A configuration with anything wrong in
/// it changes nothing.
pub async fn reload(state: &Arc<State>) {
    match state.turn().await.reload().await {
        Ok(_) => {
            Record::new(Event::Reload, Decision::Allow).write();
            tracing::info!("the configuration is in force");
        }
        Err(error) => {
            let reason = error.to_string();
            let record = Record::new(Event::Reload, Decision::Deny);
            record.reason(&reason).write();
            tracing::error!("the configuration stays as it was:\n{reason}");
        }
    }
}
