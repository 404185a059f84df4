//! `labelgate identity add`.

use clap::Args;
use labelgate_api::endpoints::{GetStatus, ListImages, PostIdentity};
use labelgate_api::{
    AddIdentity, AddedIdentity, IdentityName, Image, ImagesQuery, Label, LabelChoice, Network,
    NewProof, Nothing,
};
use uuid::Uuid;

use crate::ask::{Ask, decode};
use crate::fault::Fault;
use crate::identity::show;
use crate::image_argument::ImageArgument;
use crate::output::Output;
use crate::secret_files::{Keeper, Secrets, brought, show_secrets, without_secrets};
use crate::snippet::{Portal, Snippet};

/// Add an identity, and print what to paste into QEMU, libvirt or open-iscsi.
///
/// Without --address it proves itself by CHAP, with its name and a secret. The secret is shown
/// this once.
#[derive(Debug, Args)]
pub(crate) struct Add {
    /// What it shall be called; with CHAP this is the user name.
    name: IdentityName,
    /// The label it shall be served under, or auto for a new one.
    #[arg(long)]
    label: LabelChoice,
    /// It is whoever connects from this address or network, instead of proving itself by CHAP.
    #[arg(long, value_name = "NETWORK",
          conflicts_with_all = ["mutual", "secret_file", "reverse_secret_file", "short", "write_secret"])]
    address: Option<Network>,
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
    /// What the snippets call the gateway: HOST:PORT. [default: where it listens]
    #[arg(long)]
    portal: Option<Portal>,
}

impl Add {
    pub(crate) async fn run(self, ask: &Ask) -> Result<(), Fault> {
        let keeper = Keeper::prepare(&self.secrets)?;
        let proof = match self.address {
            Some(network) => NewProof::Address { network },
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
        let wrote = keeper.keep(added.secrets.as_ref())?;
        if ask.json && !wrote {
            return ask.present(&answer, |_, _: AddedIdentity| Ok(()));
        }
        if ask.json {
            return without_secrets(&added.identity);
        }
        let mut output = Output::new();
        show(&mut output, &added.identity)?;
        show_secrets(
            &mut output,
            added.secrets.as_ref(),
            self.secrets.write_secret.as_ref(),
        )?;
        // The secret is out before anything else can fail: it is shown this once.
        output.flush()?;
        let snippets = snippets(ask, &added, self.image, self.portal, &self.secrets).await?;
        for snippet in snippets {
            output.text(&snippet.to_string())?;
        }
        Ok(output.flush()?)
    }
}

/// Snippets for the images the identity can open.
async fn snippets(
    ask: &Ask,
    added: &AddedIdentity,
    image: Option<ImageArgument>,
    portal: Option<Portal>,
    secrets: &Secrets,
) -> Result<Vec<Snippet>, Fault> {
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
    let made = targets.into_iter().map(|target| Snippet {
        identity: added.identity.clone(),
        mutual: added
            .secrets
            .as_ref()
            .is_some_and(|secrets| secrets.reverse_secret.is_some()),
        portal: portal.clone(),
        target,
        secret_file: secrets.write_secret.clone(),
    });
    Ok(made.collect())
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
