//! Where secrets come from and where they go.

use std::path::{Path, PathBuf};

use clap::Args;
use labelgate_api::{ChapSecrets, Identity, Secret};

use crate::fault::Fault;
use crate::input;
use crate::output::Output;
use crate::private_file::PrivateFile;

/// Where secrets come from and go to.
#[derive(Debug, Args)]
pub(crate) struct Secrets {
    /// Take the secret from the first line of this file, or of standard input for -, instead of
    /// having one made.
    #[arg(long, value_name = "FILE")]
    pub(crate) secret_file: Option<PathBuf>,
    /// Take the gateway's own secret from the first line of this file instead of having one made.
    #[arg(long, value_name = "FILE")]
    pub(crate) reverse_secret_file: Option<PathBuf>,
    /// Make secrets of 16 characters, the most that Microsoft's initiator takes.
    #[arg(long)]
    pub(crate) short: bool,
    /// Write the secret to this new file, which only its owner can read, and do not show it. It
    /// has no line end, as QEMU and virsh want it. The gateway's own goes to FILE.reverse.
    #[arg(long, value_name = "FILE")]
    pub(crate) write_secret: Option<PathBuf>,
}

/// The files that secrets shall be kept in. They are made before a secret is, so that none is
/// made that then cannot be kept; those that are not needed are removed again.
#[derive(Debug, Default)]
pub(crate) struct Keeper {
    files: Option<(PrivateFile, PrivateFile)>,
}

impl Keeper {
    pub(crate) fn prepare(secrets: &Secrets) -> Result<Self, Fault> {
        let Some(path) = &secrets.write_secret else {
            return Ok(Self::default());
        };
        let file = PrivateFile::create(path)?;
        let reverse = PrivateFile::create(&reverse_path(path))?;
        Ok(Self {
            files: Some((file, reverse)),
        })
    }

    /// Writes the secrets, and says whether it did.
    pub(crate) fn keep(self, secrets: Option<&ChapSecrets>) -> Result<bool, Fault> {
        let (Some((mut file, mut reverse_file)), Some(secrets)) = (self.files, secrets) else {
            return Ok(false);
        };
        file.write(secrets.secret.expose().as_bytes())?;
        file.keep()?;
        if let Some(reverse) = &secrets.reverse_secret {
            reverse_file.write(reverse.expose().as_bytes())?;
            reverse_file.keep()?;
        }
        Ok(true)
    }
}

/// Where the gateway's own secret goes.
fn reverse_path(path: &Path) -> PathBuf {
    let mut reverse = path.as_os_str().to_owned();
    reverse.push(".reverse");
    reverse.into()
}

/// The answer as it came, but for the secrets that went to a file.
pub(crate) fn without_secrets(identity: &Identity) -> Result<(), Fault> {
    let mut output = Output::new();
    let answer = serde_json::json!({ "identity": identity });
    output.line(answer)?;
    Ok(output.flush()?)
}

pub(crate) fn brought(file: Option<&PathBuf>) -> Result<Option<Secret>, Fault> {
    file.map(|file| input::secret(file)).transpose()
}

pub(crate) fn show_secrets(
    output: &mut Output,
    secrets: Option<&ChapSecrets>,
    file: Option<&PathBuf>,
) -> std::io::Result<()> {
    let Some(secrets) = secrets else {
        return Ok(());
    };
    if let Some(file) = file {
        output.line(format_args!("The secret is in {}.", file.display()))?;
        if secrets.reverse_secret.is_some() {
            let reverse = reverse_path(file);
            output.line(format_args!(
                "The gateway's own is in {}.",
                reverse.display()
            ))?;
        }
        return Ok(());
    }
    output.line("The secret, which is never shown again:")?;
    output.line(format_args!("  {}", secrets.secret.expose()))?;
    if let Some(reverse) = &secrets.reverse_secret {
        output.line("The secret the gateway proves itself with:")?;
        output.line(format_args!("  {}", reverse.expose()))?;
    }
    Ok(())
}
