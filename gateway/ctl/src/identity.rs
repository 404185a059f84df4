//! `labelgate identity`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use labelgate_api::endpoints::{
    DeleteIdentity, GetStatus, ListIdentities, ListImages, PostIdentity, PostRotation,
};
use labelgate_api::{
    AddIdentity, AddedIdentity, ChapSecrets, Identities, Identity, IdentityName, IdentityPath,
    Image, ImagesQuery, Label, LabelChoice, Network, NewProof, Nothing, Proof, RotateIdentity,
    Rotated,
};
use uuid::Uuid;

use crate::ask::{Ask, decode};
use crate::fault::Fault;
use crate::image_argument::ImageArgument;
use crate::input;
use crate::output::{Output, or_dash, yes};
use crate::private_file::PrivateFile;
use crate::snippet::{Portal, Snippet};
use crate::store::declared_in;
use crate::table::Table;

/// Identities: how connections prove who they are.
#[derive(Debug, Subcommand)]
pub(crate) enum IdentityCommand {
    /// Add an identity, and print what to paste into QEMU, libvirt or open-iscsi.
    Add(Box<Add>),
    /// List identities. Their secrets are never listed.
    List,
    /// Give an identity new secrets. Sessions that are logged in go on.
    Rotate {
        /// The identity.
        name: IdentityName,
        /// Let the gateway prove itself too, from now on.
        #[arg(long)]
        mutual: bool,
        #[command(flatten)]
        secrets: Secrets,
    },
    /// Remove an identity. Its sessions end first.
    Rm {
        /// The identity.
        name: IdentityName,
    },
}

/// Where secrets come from and go to.
#[derive(Debug, Args)]
pub(crate) struct Secrets {
    /// Take the secret from the first line of this file, or of standard input for -, instead of
    /// having one made.
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// Take the gateway's own secret from the first line of this file instead of having one made.
    #[arg(long, value_name = "FILE")]
    reverse_secret_file: Option<PathBuf>,
    /// Make secrets of 16 characters, the most that Microsoft's initiator takes.
    #[arg(long)]
    short: bool,
    /// Write the secret to this new file, which only its owner can read, and do not show it. It
    /// has no line end, as QEMU and virsh want it. The gateway's own goes to FILE.reverse.
    #[arg(long, value_name = "FILE")]
    write_secret: Option<PathBuf>,
}

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

impl IdentityCommand {
    pub(crate) async fn run(self, ask: &Ask) -> Result<(), Fault> {
        let nothing = Nothing {};
        match self {
            Self::Add(add) => add.run(ask).await,
            Self::List => {
                ask.show::<ListIdentities>(&nothing, &nothing, &nothing, list)
                    .await
            }
            Self::Rotate {
                name,
                mutual,
                secrets,
            } => rotate(ask, name, mutual, secrets).await,
            Self::Rm { name } => {
                let question = format!("Remove identity {name} and end its sessions?");
                let path = IdentityPath { identity: name };
                ask.revoke::<DeleteIdentity>(&question, &path, &nothing)
                    .await
            }
        }
    }
}

impl Add {
    async fn run(self, ask: &Ask) -> Result<(), Fault> {
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

async fn rotate(
    ask: &Ask,
    name: IdentityName,
    mutual: bool,
    secrets: Secrets,
) -> Result<(), Fault> {
    let keeper = Keeper::prepare(&secrets)?;
    let body = RotateIdentity {
        secret: brought(secrets.secret_file.as_ref())?,
        mutual: (mutual || secrets.reverse_secret_file.is_some()).then_some(true),
        reverse_secret: brought(secrets.reverse_secret_file.as_ref())?,
        short: secrets.short,
    };
    let path = IdentityPath { identity: name };
    let answer = ask
        .client
        .call::<PostRotation>(&path, &Nothing {}, &body)
        .await?;
    let rotated: Rotated = decode(&answer)?;
    let wrote = keeper.keep(Some(&rotated.secrets))?;
    if ask.json && !wrote {
        return ask.present(&answer, |_, _: Rotated| Ok(()));
    }
    if ask.json {
        return without_secrets(&rotated.identity);
    }
    let mut output = Output::new();
    show_secrets(
        &mut output,
        Some(&rotated.secrets),
        secrets.write_secret.as_ref(),
    )?;
    output.line("Sessions that are logged in go on. The next login needs the new secret.")?;
    Ok(output.flush()?)
}

/// The answer as it came, but for the secrets that went to a file.
fn without_secrets(identity: &Identity) -> Result<(), Fault> {
    let mut output = Output::new();
    let answer = serde_json::json!({ "identity": identity });
    output.line(answer)?;
    Ok(output.flush()?)
}

fn brought(file: Option<&PathBuf>) -> Result<Option<labelgate_api::Secret>, Fault> {
    file.map(|file| input::secret(file)).transpose()
}

/// The files that secrets shall be kept in. They are made before a secret is, so that none is
/// made that then cannot be kept; those that are not needed are removed again.
#[derive(Debug, Default)]
struct Keeper {
    files: Option<(PrivateFile, PrivateFile)>,
}

impl Keeper {
    fn prepare(secrets: &Secrets) -> Result<Self, Fault> {
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
    fn keep(self, secrets: Option<&ChapSecrets>) -> Result<bool, Fault> {
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
fn reverse_path(path: &std::path::Path) -> PathBuf {
    let mut reverse = path.as_os_str().to_owned();
    reverse.push(".reverse");
    reverse.into()
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

fn show_secrets(
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

fn proof(proof: Proof) -> String {
    match proof {
        Proof::Address { network } => network.to_string(),
        Proof::Chap { mutual: false } => "CHAP".to_owned(),
        Proof::Chap { mutual: true } => "mutual CHAP".to_owned(),
    }
}

fn show(output: &mut Output, identity: &Identity) -> std::io::Result<()> {
    output.fields(&[
        ("identity", identity.name.to_string()),
        ("proof", proof(identity.proof)),
        ("label", identity.label.to_string()),
        ("vm", or_dash(identity.vm)),
        ("needs a lease", yes(identity.needs_lease)),
    ])
}

fn list(output: &mut Output, identities: Identities) -> std::io::Result<()> {
    let headings = [
        "IDENTITY",
        "PROOF",
        "LABEL",
        "GROUPS",
        "VM",
        "NEEDS LEASE",
        "CONNECTIONS",
        "DECLARED IN",
    ];
    let mut table = Table::new(&headings);
    for identity in identities.identities {
        let groups: Vec<String> = identity.groups.iter().map(Label::to_string).collect();
        table.row([
            identity.name.to_string(),
            proof(identity.proof),
            identity.label.to_string(),
            groups.join(" "),
            or_dash(identity.vm),
            yes(identity.needs_lease),
            identity.connections.to_string(),
            declared_in(identity.source),
        ]);
    }
    output.table(
        &table,
        "There is no identity, so nobody can connect. Add one: labelgate identity add NAME --label LABEL",
    )
}
