//! `labelgate reload`, `backup` and `restore`.

use std::io::{self, IsTerminal};
use std::path::PathBuf;

use clap::Args;
use labelgate_api::Nothing;
use labelgate_api::endpoints::{PostBackup, PostReload, PutRestore};
use labelgate_client::Answers;

use crate::ask::Ask;
use crate::fault::Fault;
use crate::input;
use crate::output::Output;
use crate::private_file::PrivateFile;
use crate::progress::Bar;
use crate::upload::Upload;

/// Has the configuration file read again.
pub(crate) async fn reload(ask: &Ask) -> Result<(), Fault> {
    let nothing = Nothing {};
    ask.show::<PostReload>(&nothing, &nothing, &nothing, |output, reloaded| {
        output.revocation("Reloaded", &reloaded.revocation)
    })
    .await
}

/// Write a backup of the registry to a file. It holds every secret.
#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// A new file, which only its owner can read, or - for standard output.
    file: PathBuf,
}

impl Backup {
    pub(crate) async fn run(self, ask: &Ask) -> Result<(), Fault> {
        if input::is_standard(&self.file) && io::stdout().is_terminal() {
            return Err(Fault::Usage(
                "a backup holds every secret and is not shown on a terminal; name a file",
            ));
        }
        let nothing = Nothing {};
        let request = ask
            .client
            .stream::<PostBackup>(&nothing, &nothing, &nothing);
        if input::is_standard(&self.file) {
            return to_output(request.await?).await;
        }
        let mut file = PrivateFile::create(&self.file)?;
        let mut answers = request.await?;
        while let Some(bytes) = answers.bytes().await? {
            file.write(&bytes)?;
        }
        file.keep()
    }
}

async fn to_output(mut answers: Answers) -> Result<(), Fault> {
    let mut output = Output::new();
    while let Some(bytes) = answers.bytes().await? {
        output.bytes(&bytes)?;
    }
    Ok(output.flush()?)
}

/// Replace the registry by that of a backup.
///
/// What the backup does not have is ended before the answer. What the configuration file declares
/// is not touched.
#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The backup, or - for standard input.
    file: PathBuf,
}

impl Restore {
    pub(crate) async fn run(self, ask: &Ask) -> Result<(), Fault> {
        let upload = Upload::open(&self.file)?;
        let question = "Replace all stores, images, identities, levels and leases of the registry?";
        if !input::is_standard(&self.file) {
            ask.confirm(question).await?;
        }
        let bar = Bar::new(upload.total);
        let answer = ask
            .client
            .upload::<PutRestore>(&Nothing {}, upload.body())
            .await?;
        drop(bar);
        ask.present(&answer, |output, restored: labelgate_api::Restored| {
            output.line(format_args!(
                "The registry is at revision {}.",
                restored.revision
            ))?;
            output.revocation("Restored", &restored.revocation)
        })
    }
}
