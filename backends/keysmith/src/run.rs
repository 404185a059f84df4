//! A keysmith's life.

use std::sync::Arc;

use labelgate_control::{
    ConfigureKeysmith, FromKeysmith, Incoming, KeysmithEnd, KeysmithRefusal, List, Text, ToKeysmith,
};
use labelgate_mac::confinement::{Identity, Profile, Report, confine};
use labelgate_mac::selinux::own_context;

use crate::look::look;
use crate::work::{Workshop, say};
use crate::{Fault, Refused, Smith};

/// A keysmith's life: takes its store and its key from standard input, loads the library, confines the
/// process, connects, and does what it is told until the supervisor closes the control socket.
///
/// To be called first thing in `main`, while the process has one thread. Afterwards the process ends
/// by [`labelgate_rbd::exit_process`].
///
/// # Errors
///
/// Why it could not do its work; the supervisor has been told, if it could be.
pub fn run() -> Result<(), Fault> {
    let control = Arc::new(KeysmithEnd::from_stdin().map_err(Fault::Stdin)?);
    let did = match next(&control)? {
        Some(ToKeysmith::Configure(configure)) => begin(&configure).map(Some),
        Some(ToKeysmith::Look(asked)) => look(&asked).and_then(|seen| {
            say(&control, &seen)?;
            // Who it is, the supervisor asks the kernel while it is there, and lets it go then.
            while next(&control)?.is_some() {}
            Ok(None)
        }),
        _ => return Err(Fault::NotConfigured),
    };
    match did {
        Ok(Some((smith, report))) => serve(&control, smith, &report),
        Ok(None) => Ok(()),
        Err(fault) => {
            let (why, reason) = match &fault {
                Fault::Cluster(refused) => refused.said(),
                Fault::Confinement(_) | Fault::Context { .. } => {
                    let reason = Text::clean(&fault.to_string());
                    (KeysmithRefusal::Confinement, reason)
                }
                // There is nobody to be told.
                _ => return Err(fault),
            };
            say(&control, &FromKeysmith::Failed { why, reason })?;
            Err(fault)
        }
    }
}

fn begin(configure: &ConfigureKeysmith) -> Result<(Smith, Report), Fault> {
    check_context(configure.context.as_ref())?;
    // While files can be mapped that are executed.
    labelgate_rbd::load().map_err(Refused::from)?;
    let report = confine(&profile(configure.unprivileged))?;
    let smith = Smith::connect(configure)?;
    Ok((smith, report))
}

pub(crate) fn profile(unprivileged: bool) -> Profile<'static> {
    let mut profile = Profile::keysmith();
    if unprivileged {
        profile.identity = Identity::Shared;
    }
    profile
}

fn serve(control: &Arc<KeysmithEnd>, smith: Smith, report: &Report) -> Result<(), Fault> {
    let cluster = smith.cluster().uuid().map_err(Refused::from)?;
    let instance = smith.cluster().instance().map_err(Refused::from)?;
    let smith = Arc::new(smith);
    let workshop = Workshop::open(&smith, control).map_err(Fault::Thread)?;
    let ready = FromKeysmith::Ready {
        confinement: words(report),
        cluster: Text::clean(&cluster),
        instance: Text::clean(&instance),
    };
    say(control, &ready)?;
    while let Some(message) = next(control)? {
        match message {
            ToKeysmith::Request { request, task } => workshop.take(request, task),
            ToKeysmith::Configure(_) | ToKeysmith::Look(_) => return Err(Fault::NotConfigured),
        }
    }
    // What is under way is not waited for: whoever wanted it is gone, and can ask again.
    Ok(())
}

/// The next message; none when the supervisor has closed the socket.
fn next(control: &KeysmithEnd) -> Result<Option<ToKeysmith>, Fault> {
    match control.receive_blocking()? {
        Incoming::Message(message) | Incoming::Withheld(message) => Ok(Some(message)),
        Incoming::Nothing => Err(Fault::Abandoned),
        Incoming::Closed => Ok(None),
    }
}

/// Whether this process runs as it must, where that is what confines it.
pub(crate) fn check_context(expected: Option<&Text<1536>>) -> Result<(), Fault> {
    let Some(expected) = expected else {
        return Ok(());
    };
    let is = own_context();
    if is.as_ref().is_ok_and(|is| is.to_string() == **expected) {
        return Ok(());
    }
    let (is, expected) = (Box::new(is), expected.clone());
    Err(Fault::Context { is, expected })
}

pub(crate) fn words(report: &Report) -> List<Text<128>, 16> {
    let entries = report.entries().iter().take(Report::MAX_ENTRIES);
    let words: Vec<Text<128>> = entries.map(|entry| Text::clean(entry)).collect();
    List::try_from(words).unwrap_or_default()
}
