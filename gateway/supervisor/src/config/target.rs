//! Stores that are upstream iSCSI targets.

use std::path::PathBuf;

use labelgate_registry::{ChapName, ChapSecrets, Iscsi, IscsiName, Portal, Secret};
use toml::Spanned;

use super::key_file;
use super::problem::Collector;
use super::store::{Place, Target};
use super::written_store::{RawStore, checked};

/// The longest secret that libiscsi keeps, in bytes.
const LONGEST: usize = 254;

/// The target that was written, with what is wrong with it noted.
pub(super) fn check_target(raw: &RawStore, problems: &mut Collector<'_>) -> Option<Place> {
    let of = (&raw.name, "iscsi");
    let portal = checked::<Portal>("portal", raw.portal.as_ref(), of, problems);
    let target = checked::<IscsiName>("target", raw.target.as_ref(), of, problems);
    let initiator = checked::<IscsiName>("initiator", raw.initiator.as_ref(), of, problems);
    let keys = ("user", "secret_file");
    let own = check_proof(raw.user.as_ref(), raw.secret_file.as_ref(), keys, problems)?;
    let keys = ("target_user", "target_secret_file");
    let theirs = (raw.target_user.as_ref(), raw.target_secret_file.as_ref());
    let theirs = check_proof(theirs.0, theirs.1, keys, problems)?;
    let (user, secret) = own.unzip();
    let (target_user, target_secret) = theirs.unzip();
    let secrets = check_secrets(raw, (secret, target_secret), problems)?;
    let iscsi = Iscsi {
        portal: portal?,
        target: target?,
        initiator: initiator?,
        user,
        target_user,
        shared: raw.shared.as_ref().is_some_and(|shared| *shared.get_ref()),
    };
    Some(Place::Iscsi(Target { iscsi, secrets }))
}

/// A name and the secret that proves it, if there are both; none of them is anything alone.
#[expect(
    clippy::option_option,
    reason = "nothing is wrong, and there is nothing"
)]
fn check_proof(
    name: Option<&Spanned<String>>,
    file: Option<&Spanned<PathBuf>>,
    (name_key, file_key): (&str, &str),
    problems: &mut Collector<'_>,
) -> Option<Option<(ChapName, Secret)>> {
    let (name, file) = match (name, file) {
        (None, None) => return Some(None),
        (Some(name), Some(file)) => (name, file),
        (Some(name), None) => {
            let what = format_args!(
                "{name_key} needs {file_key}: a file with its secret, which its owner alone may read"
            );
            problems.at(&name.span(), what);
            return None;
        }
        (None, Some(file)) => {
            let what = format_args!("{file_key} needs {name_key}: whose secret it is");
            problems.at(&file.span(), what);
            return None;
        }
    };
    let named = name.get_ref().parse();
    let named = named.map_err(|why| problems.at(&name.span(), format_args!("{name_key}: {why}")));
    let line = |text: &str| text.trim_end_matches(['\r', '\n']).parse();
    let path = file.get_ref().display();
    let secret = key_file::read(file.get_ref(), line).map_err(|why| {
        problems.at(&file.span(), format_args!("{file_key} {path}: {why}"));
    });
    if secret
        .as_ref()
        .is_ok_and(|secret: &Secret| secret.expose().len() > LONGEST)
    {
        let what = format_args!("{file_key} {path}: the secret has more than {LONGEST} characters");
        problems.at(&file.span(), what);
        return None;
    }
    Some(Some((named.ok()?, secret.ok()?)))
}

#[expect(
    clippy::option_option,
    reason = "nothing is wrong, and there is nothing"
)]
fn check_secrets(
    raw: &RawStore,
    secrets: (Option<Secret>, Option<Secret>),
    problems: &mut Collector<'_>,
) -> Option<Option<ChapSecrets>> {
    let (own, theirs) = match secrets {
        (None, None) => return Some(None),
        (Some(own), theirs) => (own, theirs),
        (None, Some(_)) => {
            let what = "a target proves itself only to whom it has asked for a proof; add user and secret_file";
            problems.at(&raw.name.span(), what);
            return None;
        }
    };
    let both = ChapSecrets::new(own, theirs);
    if both.is_none() {
        let what = "secret_file and target_secret_file have the same secret, which proves nothing";
        problems.at(&raw.name.span(), what);
    }
    both.map(Some)
}
