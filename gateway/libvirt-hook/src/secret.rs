//! `labelgate-libvirt-hook secret`: a new secret for a machine that is about to start here, for libvirt.
//!
//! It comes from the gateway over TLS and goes out on standard output, into a pipe: it is in no argument,
//! no environment and no file of ours.

use std::io::{self, IsTerminal, Write};

use labelgate_api::endpoints::PostMachineSecret;
use labelgate_api::{IdentityName, MachinePath, NewMachineSecret, Nothing};
use uuid::Uuid;

use crate::hook::{Fault, run};
use crate::settings::Settings;

/// Asks for it, and writes it without a line's end: libvirt takes all that it is given.
pub(crate) fn hand_out(vm: &str, identity: &str, settings: &Settings) -> Result<(), Fault> {
    let vm: Uuid = vm.parse().map_err(|_| Fault::Usage("that is no UUID"))?;
    let identity: IdentityName = identity
        .parse()
        .map_err(|_| Fault::Usage("that is no name of an identity"))?;
    let mut out = io::stdout().lock();
    if out.is_terminal() {
        return Err(Fault::Usage(
            "the secret is for a pipe, not for a terminal: | virsh secret-set-value UUID --plain --file /dev/stdin",
        ));
    }
    let made = run(settings, async |client| {
        let body = NewMachineSecret { identity };
        let path = MachinePath { vm };
        Ok(client
            .ask::<PostMachineSecret>(&path, &Nothing {}, &body)
            .await?)
    })?;
    out.write_all(made.secret.expose().as_bytes())
        .and_then(|()| out.flush())
        .map_err(Fault::Output)
}
