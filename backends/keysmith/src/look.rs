//! What a credential opens on an upstream iSCSI target.

use std::time::Duration;

use labelgate_control::{FromKeysmith, IscsiAnchor, KeysmithRefusal, LookAtTarget, Text};
use labelgate_initiator::{Chap, Credentials, Error, Kind, sight};
use labelgate_mac::confinement::confine;

use crate::run::{check_context, profile, words};
use crate::{Fault, Refused};

/// Looks, confined, and gives what is to be said of it.
pub(crate) fn look(asked: &LookAtTarget) -> Result<FromKeysmith, Fault> {
    check_context(asked.context.as_ref())?;
    // While files can be mapped that are executed.
    labelgate_initiator::load().map_err(refused)?;
    let report = confine(&profile(asked.unprivileged))?;
    let limit = Duration::from_millis(asked.milliseconds.into());
    let target = &asked.target;
    let at = (target.portal, target.target.as_str());
    let seen = sight(at, &credentials(target), limit).map_err(refused)?;
    Ok(FromKeysmith::Seen {
        confinement: words(&report),
        single: seen.is_single(),
        what: Text::clean(&seen.to_string()),
    })
}

fn credentials(target: &IscsiAnchor) -> Credentials {
    let chap = |(name, secret): (&str, &str)| Chap {
        name: name.to_owned(),
        secret: secret.to_owned(),
    };
    Credentials {
        initiator: target.initiator.as_str().to_owned(),
        chap: target.own_proof().map(chap),
        target_chap: target.target_proof().map(chap),
    }
}

fn refused(error: Error) -> Refused {
    let why = match (&error, error.kind()) {
        (Error::Library(_), _) => KeysmithRefusal::Library,
        (_, Kind::Permission | Kind::Impostor) => KeysmithRefusal::Permission,
        (_, Kind::NotFound) => KeysmithRefusal::NotFound,
        (_, Kind::NotReady | Kind::Resources) => KeysmithRefusal::NotReady,
        _ => KeysmithRefusal::Unfit,
    };
    Refused::new(why, error.to_string())
}
