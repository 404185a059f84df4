//! The audit trail of this gateway: every decision, with its reason.
//!
//! The words are [`labelgate_audit`]'s; here is where the trail goes.

pub use labelgate_audit::{Decision, Event, OpenError, Record, Throttle};
use labelgate_audit::{FileSettings, Installed, Settings, Trail, install};

use crate::config::AuditSection;

/// Opens the trail, makes it the one of this process, and says that the gateway starts. The trail
/// is closed when what is returned goes.
pub fn start(section: &AuditSection) -> Result<Installed, OpenError> {
    let files = section.dir.as_ref().map(|dir| FileSettings {
        dir: dir.clone(),
        max_bytes: section.file_bytes,
        keep: section.files,
    });
    let trail = Trail::open(&Settings {
        files,
        stdout: section.stdout,
        journald: section.journald,
    })?;
    let installed = install(trail);
    Record::new(Event::GatewayStart, Decision::Note).write();
    Ok(installed)
}
