//! Starting a program in a domain of its own, and being sure that it is there.

use std::io;

use labelgate_mac::Context;
use labelgate_mac::selinux::{ContextError, ForNext, Kind, process_context};
use tokio::process::{Child, Command};

/// A process does not run as what it was started as.
#[derive(Debug, thiserror::Error)]
pub enum WrongContext {
    /// Nobody knows what it runs as.
    #[error("it must run as {expected}: {error}")]
    Unknown {
        /// What it must run as.
        expected: Box<Context>,
        /// Why it is not known.
        error: ContextError,
    },
    /// It runs as something else.
    #[error(
        "it runs as {is} and must run as {expected}; look at the labels of labelgate's programs (restorecon -Rv /usr/libexec/labelgate)"
    )]
    Other {
        /// What it runs as.
        is: Box<Context>,
        /// What it must run as.
        expected: Box<Context>,
    },
}

/// Starts a program in this context, or in the one that the policy gives it by itself.
///
/// # Errors
/// The program cannot be started, or not in this context.
pub fn spawn(command: &mut Command, context: Option<&Context>) -> io::Result<Child> {
    let Some(context) = context else {
        return command.spawn();
    };
    let refused = |error: io::Error| {
        let text = format!(
            "cannot be started as {context}: {error}; the kernel's reason: ausearch -m avc,selinux_err -ts recent"
        );
        io::Error::new(error.kind(), text)
    };
    // The child is made by this thread and inherits its choice; nothing waits in between, so this
    // thread starts nothing else meanwhile.
    let chosen = ForNext::make(Kind::Program, context).map_err(refused)?;
    let spawned = command.spawn();
    drop(chosen);
    spawned.map_err(|error| match error.kind() {
        io::ErrorKind::PermissionDenied => refused(error),
        _ => error,
    })
}

/// Asks the kernel whether a child that has executed its program runs as it must.
///
/// # Errors
/// [`WrongContext`]: then it must be given nothing.
pub fn confirm(pid: u32, expected: Option<&Context>) -> Result<(), WrongContext> {
    let Some(expected) = expected else {
        return Ok(());
    };
    let is = process_context(pid).map_err(|error| WrongContext::Unknown {
        expected: Box::new(expected.clone()),
        error,
    })?;
    if is == *expected {
        return Ok(());
    }
    let (is, expected) = (Box::new(is), Box::new(expected.clone()));
    Err(WrongContext::Other { is, expected })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worker() -> Context {
        "system_u:system_r:labelgate_worker_t:s0:c1,c2"
            .parse()
            .unwrap()
    }

    #[test]
    fn a_process_that_is_not_in_its_domain_is_found_out() {
        // This one never is.
        let error = confirm(std::process::id(), Some(&worker())).unwrap_err();
        assert!(
            error.to_string().contains("labelgate_worker_t:s0:c1,c2"),
            "{error}"
        );
        confirm(std::process::id(), None).unwrap();
    }

    #[tokio::test]
    async fn nothing_is_started_where_its_domain_cannot_be_had() {
        let mut command = Command::new("/bin/true");
        let error = spawn(&mut command, Some(&worker())).unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("cannot be started as system_u:system_r:labelgate_worker_t"),
            "{text}"
        );

        let mut child = spawn(&mut command, None).unwrap();
        assert!(child.wait().await.unwrap().success());
    }
}
