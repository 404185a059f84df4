//! Stores that are upstream iSCSI targets, as they are said on the command line.

use std::path::PathBuf;

use clap::Args;
use labelgate_api::{Backend, TargetSecrets};

use crate::fault::Fault;
use crate::secret_files::brought;

/// What it means that credentials are shared.
pub(crate) const SHARED: &str = "Its credentials may open other disks, too: whoever takes over the keeper of \
    one label reaches all that they open.";

/// An upstream iSCSI target.
#[derive(Debug, Args)]
pub(crate) struct IscsiStore {
    /// Add an upstream iSCSI target, whose logical units are served.
    #[arg(long, requires_all = ["portal", "target", "initiator"], conflicts_with_all = ["rbd", "gluster"])]
    pub(crate) iscsi: bool,
    /// Where the target is: an IP address, and a port if that is not 3260.
    #[arg(long, requires = "iscsi", value_name = "ADDRESS")]
    portal: Option<String>,
    /// The target's name.
    #[arg(long, requires = "iscsi", value_name = "NAME")]
    target: Option<String>,
    /// The name that the gateway logs in with, such as iqn.2026-11.io.labelgate:gateway.
    #[arg(long, requires = "iscsi", value_name = "NAME")]
    initiator: Option<String>,
    /// The name that the gateway proves by CHAP, if the target wants a proof.
    #[arg(long, requires_all = ["iscsi", "secret_file"], value_name = "NAME")]
    user: Option<String>,
    /// The name that the target has to prove by CHAP, if it has to.
    #[arg(long, requires_all = ["user", "target_secret_file"], value_name = "NAME")]
    target_user: Option<String>,
    #[command(flatten)]
    files: SecretFiles,
    /// Take credentials that open more than one logical unit. Whoever takes over the keeper of one label
    /// then reaches all that they open.
    #[arg(long, requires = "iscsi")]
    shared: bool,
}

/// Where the secrets of a target are. A secret is never an argument: arguments are seen by every user of
/// the machine.
#[derive(Debug, Args)]
pub(crate) struct SecretFiles {
    /// The file with the gateway's secret in its first line; - for standard input.
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// The file with the target's secret in its first line.
    #[arg(long, requires = "secret_file", value_name = "FILE")]
    target_secret_file: Option<PathBuf>,
}

impl SecretFiles {
    /// What is in them.
    pub(crate) fn read(&self) -> Result<Option<TargetSecrets>, Fault> {
        let target_secret = brought(self.target_secret_file.as_ref())?;
        let secret = brought(self.secret_file.as_ref())?;
        Ok(secret.map(|secret| TargetSecrets {
            secret,
            target_secret,
        }))
    }
}

impl IscsiStore {
    /// Whether files with secrets were named.
    pub(crate) const fn has_files(&self) -> bool {
        self.files.secret_file.is_some()
    }

    pub(crate) fn backend(self) -> Result<(Backend, Option<TargetSecrets>), Fault> {
        let secrets = self.files.read()?;
        let backend = Backend::Iscsi {
            portal: self.portal.unwrap_or_default(),
            target: self.target.unwrap_or_default(),
            initiator: self.initiator.unwrap_or_default(),
            user: self.user,
            target_user: self.target_user,
            shared: self.shared,
        };
        Ok((backend, secrets))
    }
}
