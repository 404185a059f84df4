//! `labelgate image snapshot`.

use std::fmt;
use std::str::FromStr;

use clap::Subcommand;
use labelgate_api::endpoints::{DeleteSnapshot, ListSnapshots, PostRollback, PostSnapshot};
use labelgate_api::{CreateSnapshot, Nothing, RollBack, SnapshotName, SnapshotPath, Snapshots};

use crate::ask::Ask;
use crate::fault::Fault;
use crate::image_argument::{ImageArgument, ImageArgumentError};
use crate::output::Output;
use crate::size;
use crate::table::Table;

/// A snapshot as it is written: `STORE/IMAGE@SNAPSHOT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SnapshotArgument {
    pub(crate) image: ImageArgument,
    pub(crate) snapshot: SnapshotName,
}

/// Why a text is no snapshot.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SnapshotArgumentError {
    #[error("write a snapshot as STORE/IMAGE@SNAPSHOT, such as ceph/web-1@before-upgrade")]
    Form,
    #[error(transparent)]
    Image(#[from] ImageArgumentError),
    #[error(transparent)]
    Name(#[from] labelgate_api::NameError),
}

impl FromStr for SnapshotArgument {
    type Err = SnapshotArgumentError;

    fn from_str(text: &str) -> Result<Self, SnapshotArgumentError> {
        let (image, snapshot) = text.split_once('@').ok_or(SnapshotArgumentError::Form)?;
        Ok(Self {
            image: image.parse()?,
            snapshot: snapshot.parse()?,
        })
    }
}

impl fmt::Display for SnapshotArgument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.image, self.snapshot)
    }
}

impl From<SnapshotArgument> for SnapshotPath {
    fn from(SnapshotArgument { image, snapshot }: SnapshotArgument) -> Self {
        Self {
            store: image.store,
            image: image.image,
            snapshot,
        }
    }
}

/// Snapshots of images in pools: what an image held at one moment.
#[derive(Debug, Subcommand)]
pub(crate) enum SnapshotCommand {
    /// Make a snapshot, while the image is served.
    ///
    /// All that was answered to a client before is in it, and nothing that is begun after the command. A
    /// file system that was not told is as after a power failure: have the guest flush first, or freeze.
    Create {
        /// The snapshot: STORE/IMAGE@SNAPSHOT.
        snapshot: SnapshotArgument,
    },
    /// List the snapshots of an image.
    List {
        /// The image: STORE/IMAGE.
        image: ImageArgument,
    },
    /// Remove a snapshot that no image is a clone of.
    Rm {
        /// The snapshot: STORE/IMAGE@SNAPSHOT.
        snapshot: SnapshotArgument,
    },
    /// Have an image hold again what it held then. What it holds now is lost.
    ///
    /// Nobody is served the image meanwhile. It keeps its size: what the snapshot had less reads as zeros.
    Rollback {
        /// The snapshot: STORE/IMAGE@SNAPSHOT.
        snapshot: SnapshotArgument,
        /// Although there are sessions on it: end them.
        #[arg(long)]
        force: bool,
    },
}

impl SnapshotCommand {
    pub(crate) async fn run(self, ask: &Ask) -> Result<(), Fault> {
        let nothing = Nothing {};
        match self {
            Self::Create { snapshot } => {
                let name = snapshot.snapshot.clone();
                let body = CreateSnapshot { name };
                let path = snapshot.image.clone().into();
                ask.show::<PostSnapshot>(&path, &nothing, &body, |output, _| {
                    output.line(format_args!("Made {snapshot}."))
                })
                .await
            }
            Self::List { image } => {
                ask.show::<ListSnapshots>(&image.into(), &nothing, &nothing, list)
                    .await
            }
            Self::Rm { snapshot } => {
                ask.confirm(&format!("Remove {snapshot}?")).await?;
                let done = format!("Removed {snapshot}.");
                let path = snapshot.into();
                ask.show::<DeleteSnapshot>(&path, &nothing, &nothing, |output, _| output.line(done))
                    .await
            }
            Self::Rollback { snapshot, force } => {
                let question = format!(
                    "Lose what {} holds now, and go back to {snapshot}?",
                    snapshot.image
                );
                ask.confirm(&question).await?;
                let body = RollBack { force };
                ask.show::<PostRollback>(&snapshot.into(), &nothing, &body, |output, revocation| {
                    output.revocation("Rolled back", &revocation)
                })
                .await
            }
        }
    }
}

fn list(output: &mut Output, snapshots: Snapshots) -> std::io::Result<()> {
    let mut table = Table::new(&["SNAPSHOT", "SIZE", "CREATED"]);
    for snapshot in snapshots.snapshots {
        table.row([
            snapshot.name.to_string(),
            size::show(snapshot.size),
            snapshot.created.to_string(),
        ]);
    }
    let empty = "There is none. Make one: labelgate image snapshot create STORE/IMAGE@SNAPSHOT";
    output.table(&table, empty)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_is_its_image_and_its_name() {
        let snapshot: SnapshotArgument = "ceph/web-1@Before_1.2".parse().unwrap();
        assert_eq!(snapshot.to_string(), "ceph/web-1@Before_1.2");
        for wrong in [
            "",
            "ceph/web-1",
            "ceph/web-1@",
            "web@a",
            "ceph/web@a@b",
            "ceph/web@a/b",
        ] {
            assert!(wrong.parse::<SnapshotArgument>().is_err(), "{wrong}");
        }
    }
}
