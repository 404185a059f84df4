//! `labelgate store key`.

use std::path::{Path, PathBuf};

use clap::Args;
use labelgate_api::endpoints::PostStoreKey;
use labelgate_api::{Nothing, RekeyStore, StoreKey, StoreName, StorePath};

use crate::ask::Ask;
use crate::fault::Fault;
use crate::input;
use crate::store_iscsi::SecretFiles;

/// Give a store that is a pool another key, or one that is a target other secrets. Keepers that run go on
/// with what they have.
#[derive(Debug, Args)]
pub(crate) struct Key {
    /// The store.
    name: StoreName,
    /// The file with the key of its entity, or its keyring; - for standard input.
    #[arg(
        long,
        value_name = "FILE",
        required_unless_present = "secret_file",
        conflicts_with = "secret_file"
    )]
    key_file: Option<PathBuf>,
    #[command(flatten)]
    secrets: SecretFiles,
}

impl Key {
    pub(crate) async fn run(self, ask: &Ask) -> Result<(), Fault> {
        let path = StorePath { store: self.name };
        let body = RekeyStore {
            key: self.key_file.as_deref().map(key).transpose()?,
            secrets: self.secrets.read()?,
        };
        ask.show::<PostStoreKey>(&path, &Nothing {}, &body, |output, store| {
            output.line(format_args!("Store {} has another key.", store.name))
        })
        .await
    }
}

/// A key is never an argument: arguments are seen by every user of the machine.
pub(crate) fn key(file: &Path) -> Result<StoreKey, Fault> {
    let text = input::secret_text(file)?;
    StoreKey::of_file(&text).map_err(|why| Fault::Content {
        what: "the key that was brought",
        why: why.to_string(),
    })
}
