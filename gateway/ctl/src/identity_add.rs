//! `labelgate identity add`.

use std::path::PathBuf;

use clap::Args;
use labelgate_api::endpoints::{GetStatus, ListImages, PostIdentity};
use labelgate_api::{
    AddIdentity, AddedIdentity, IdentityName, Image, ImagesQuery, Label, LabelChoice, Network,
    NewProof, Nothing, Proof,
};
use uuid::Uuid;

use crate::ask::{Ask, decode};
use crate::fault::Fault;
use crate::identity::show;
use crate::image_argument::ImageArgument;
use crate::nfs_snippet::{NfsSnippet, file_names};
use crate::output::Output;
use crate::secret_files::{Keeper, Secrets, Told, brought, show_told, without_secrets};
use crate::snippet::{GatewayChap, Portal, Snippet};

/// Add an identity, and print what to paste into QEMU, libvirt or another client.
///
/// Without --address and --token it proves itself by CHAP (iSCSI), with its name and a secret. With
/// --token it proves itself by a token in the path that it mounts (NFS). The secret or the token is
/// shown this once.
#[derive(Debug, Args)]
pub(crate) struct Add {
    /// What it shall be called; with CHAP this is the user name.
    name: IdentityName,
    /// The label it shall be served under, or auto for a new one.
    #[arg(long)]
    label: LabelChoice,
    /// It is whoever connects from this address or network, instead of proving itself by CHAP.
    #[arg(long, value_name = "NETWORK",
          conflicts_with_all = ["token", "mutual", "secret_file", "reverse_secret_file", "short", "write_secret"])]
    address: Option<Network>,
    /// It proves itself by a token, as NFS clients do: nfs://GATEWAY/TOKEN/IMAGE. --secret-file and
    /// --write-secret are for the token then.
    #[arg(long, conflicts_with_all = ["mutual", "reverse_secret_file", "short"])]
    token: bool,
    /// Let the gateway prove itself too, with a second secret.
    #[arg(long)]
    mutual: bool,
    #[command(flatten)]
    secrets: Secrets,
    /// The UUID of the VM it belongs to.
    #[arg(long)]
    vm: Option<Uuid>,
    /// Admit it only while there is a lease on its label.
    #[arg(long)]
    needs_lease: bool,
    /// The image the snippets are for. [default: the images of its label]
    #[arg(long, value_name = "STORE/IMAGE")]
    image: Option<ImageArgument>,
    /// What the snippets call the gateway: HOST:PORT, of which NFS clients are told the host alone.
    /// [default: where it listens]
    #[arg(long)]
    portal: Option<Portal>,
}

impl Add {
    pub(crate) async fn run(self, ask: &Ask) -> Result<(), Fault> {
        let keeper = Keeper::prepare(&self.secrets)?;
        let proof = match self.address {
            Some(network) => NewProof::Address { network },
            None if self.token => NewProof::Token {
                token: brought(self.secrets.secret_file.as_ref())?,
            },
            None => NewProof::Chap {
                secret: brought(self.secrets.secret_file.as_ref())?,
                mutual: self.mutual || self.secrets.reverse_secret_file.is_some(),
                reverse_secret: brought(self.secrets.reverse_secret_file.as_ref())?,
                short: self.secrets.short,
            },
        };
        let body = AddIdentity {
            name: self.name,
            proof,
            label: self.label,
            vm: self.vm,
            needs_lease: self.needs_lease,
        };
        let nothing = Nothing {};
        let answer = ask
            .client
            .call::<PostIdentity>(&nothing, &nothing, &body)
            .await?;
        let added: AddedIdentity = decode(&answer)?;
        let told = Told::of(added.secrets.as_ref(), added.token.as_ref());
        let wrote = keeper.keep(told)?;
        if ask.json && !wrote {
            return ask.present(&answer, |_, _: AddedIdentity| Ok(()));
        }
        if ask.json {
            return without_secrets(&added.identity);
        }
        let mut output = Output::new();
        show(&mut output, &added.identity)?;
        show_told(&mut output, told, self.secrets.write_secret.as_ref())?;
        // The secret is out before anything else can fail: it is shown this once.
        output.flush()?;
        let file = self.secrets.write_secret;
        let snippets = match added.identity.proof {
            Proof::Token => nfs_snippets(ask, &added, self.image, self.portal, file).await?,
            _ => snippets(ask, &added, self.image, self.portal, file).await?,
        };
        for snippet in snippets {
            output.text(&snippet)?;
        }
        Ok(output.flush()?)
    }
}

/// Snippets for NFS, for the images the identity can open.
async fn nfs_snippets(
    ask: &Ask,
    added: &AddedIdentity,
    image: Option<ImageArgument>,
    portal: Option<Portal>,
    token_file: Option<PathBuf>,
) -> Result<Vec<String>, Fault> {
    let portal = match portal {
        Some(portal) => portal,
        None => Portal::of(&ask.get::<GetStatus>(&Nothing {}).await?.portals),
    };
    let query = ImagesQuery {
        store: None,
        label: None,
    };
    let images = ask.get::<ListImages>(&query).await?.images;
    let names = file_names(&images, &added.identity.label);
    let wanted = |(listed, _): &&(&Image, String)| match &image {
        Some(image) => listed.store == image.store && listed.name == image.image,
        None => !listed.content,
    };
    let wanted = names.iter().filter(wanted);
    let mut files: Vec<String> = wanted
        .map(|(_, file)| file.clone())
        .take(SNIPPETS)
        .collect();
    if files.is_empty() {
        files.push(image.map_or_else(|| "IMAGE".to_owned(), |image| image.image.to_string()));
    }
    let made = files.into_iter().map(|file| NfsSnippet {
        identity: added.identity.name.to_string(),
        portal: portal.clone(),
        file,
        token_file: token_file.clone(),
    });
    Ok(made.map(|snippet| snippet.to_string()).collect())
}

/// Snippets for iSCSI, for the images the identity can open.
async fn snippets(
    ask: &Ask,
    added: &AddedIdentity,
    image: Option<ImageArgument>,
    portal: Option<Portal>,
    secret_file: Option<PathBuf>,
) -> Result<Vec<String>, Fault> {
    let status = ask.get::<GetStatus>(&Nothing {}).await?;
    let portal = portal.unwrap_or_else(|| Portal::of(&status.portals));
    let targets = match image {
        Some(image) => vec![format!(
            "{}:{}.{}",
            status.target_prefix, image.store, image.image
        )],
        None => targets(ask, &added.identity.label).await?,
    };
    let targets = match targets.is_empty() {
        true => vec![format!("{}:STORE.IMAGE", status.target_prefix)],
        false => targets,
    };
    let gateway = GatewayChap {
        name: status.chap_name,
        algorithms: status.chap_algorithms,
    };
    let made = targets.into_iter().map(|target| Snippet {
        identity: added.identity.clone(),
        mutual: added
            .secrets
            .as_ref()
            .is_some_and(|secrets| secrets.reverse_secret.is_some()),
        gateway: gateway.clone(),
        portal: portal.clone(),
        target,
        secret_file: secret_file.clone(),
    });
    Ok(made.map(|snippet| snippet.to_string()).collect())
}

/// How many images snippets are printed for, unless one is asked for.
const SNIPPETS: usize = 2;

async fn targets(ask: &Ask, label: &Label) -> Result<Vec<String>, Fault> {
    let query = ImagesQuery {
        store: None,
        label: Some(label.clone()),
    };
    let images = ask.get::<ListImages>(&query).await?.images.into_iter();
    let targets = images.map(|Image { target, .. }| target);
    Ok(targets.take(SNIPPETS).collect())
}
