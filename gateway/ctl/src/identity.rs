//! `labelgate identity`.

use clap::Subcommand;
use labelgate_api::endpoints::{DeleteIdentity, GetIdentity, ListIdentities, PostRotation};
use labelgate_api::{
    Identities, Identity, IdentityName, IdentityPath, Label, Nothing, Proof, RotateIdentity,
    Rotated,
};

use crate::ask::{Ask, decode};
use crate::fault::Fault;
use crate::identity_add::Add;
use crate::output::{Output, or_dash, yes};
use crate::secret_files::{Keeper, Secrets, Told, brought, show_told, without_secrets};
use crate::store::declared_in;
use crate::table::Table;

/// Identities: how connections prove who they are.
#[derive(Debug, Subcommand)]
pub(crate) enum IdentityCommand {
    /// Add an identity, and print what to paste into QEMU, libvirt or another client.
    Add(Box<Add>),
    /// List identities. Their secrets and tokens are never listed.
    List,
    /// Give an identity new secrets, or a new token. Sessions that are logged in, and connections
    /// that are open, go on.
    Rotate {
        /// The identity.
        name: IdentityName,
        /// Let the gateway prove itself too, from now on. Not for tokens.
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

async fn rotate(
    ask: &Ask,
    name: IdentityName,
    mutual: bool,
    secrets: Secrets,
) -> Result<(), Fault> {
    let keeper = Keeper::prepare(&secrets)?;
    let file = secrets.secret_file.as_ref();
    let path = IdentityPath { identity: name };
    let (secret, token) = match file.is_some() && is_token(ask, &path).await? {
        true => (None, brought(file)?),
        false => (brought(file)?, None),
    };
    let body = RotateIdentity {
        secret,
        token,
        mutual: (mutual || secrets.reverse_secret_file.is_some()).then_some(true),
        reverse_secret: brought(secrets.reverse_secret_file.as_ref())?,
        short: secrets.short,
    };
    let answer = ask
        .client
        .call::<PostRotation>(&path, &Nothing {}, &body)
        .await?;
    let rotated: Rotated = decode(&answer)?;
    let told = Told::of(rotated.secrets.as_ref(), rotated.token.as_ref());
    let wrote = keeper.keep(told)?;
    if ask.json && !wrote {
        return ask.present(&answer, |_, _: Rotated| Ok(()));
    }
    if ask.json {
        return without_secrets(&rotated.identity);
    }
    let mut output = Output::new();
    show_told(&mut output, told, secrets.write_secret.as_ref())?;
    output.line(match told {
        Told::Token(_) => {
            "Connections that are open go on. A new one needs the new token: for it, file handles \
             that were given for the old one are stale."
        }
        _ => "Sessions that are logged in go on. The next login needs the new secret.",
    })?;
    Ok(output.flush()?)
}

/// Whether an identity is proved by a token: what is brought for it is one then.
async fn is_token(ask: &Ask, path: &IdentityPath) -> Result<bool, Fault> {
    let nothing = Nothing {};
    let answer = ask
        .client
        .call::<GetIdentity>(path, &nothing, &nothing)
        .await?;
    let identity: Identity = decode(&answer)?;
    Ok(identity.proof == Proof::Token)
}

fn proof(proof: Proof) -> String {
    match proof {
        Proof::Address { network } => network.to_string(),
        Proof::Chap { mutual: false } => "CHAP".to_owned(),
        Proof::Chap { mutual: true } => "mutual CHAP".to_owned(),
        Proof::Token => "token".to_owned(),
    }
}

/// Shows one identity.
pub(crate) fn show(output: &mut Output, identity: &Identity) -> std::io::Result<()> {
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
