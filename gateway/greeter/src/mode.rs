//! What a greeter is started for.

use std::ffi::OsString;

use labelgate_mac::confinement::Identity;

use crate::Fault;

/// The supervisor has no privileges, so it has not given this process a UID of its own.
const UNPRIVILEGED: &str = "--unprivileged";
/// [`Mode::Portmap`].
const PORTMAP: &str = "--portmap";

/// What a greeter is started for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// One connection, after which it ends.
    Connection,
    /// Datagrams, or another port mapper, for as long as the supervisor wants.
    Portmap,
}

/// What the command line says: what it is for, and whose UID it has. Each is said at most once.
pub(crate) fn parse(arguments: impl Iterator<Item = OsString>) -> Result<(Mode, Identity), Fault> {
    let (mut mode, mut identity) = (Mode::Connection, Identity::Own);
    for argument in arguments {
        if argument == PORTMAP && mode == Mode::Connection {
            mode = Mode::Portmap;
        } else if argument == UNPRIVILEGED && identity == Identity::Own {
            identity = Identity::Shared;
        } else {
            return Err(Fault::Arguments);
        }
    }
    Ok((mode, identity))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Option<(Mode, Identity)> {
        parse(arguments.iter().map(OsString::from)).ok()
    }

    #[test]
    fn it_greets_a_connection_unless_it_is_told_otherwise() {
        assert_eq!(parsed(&[]), Some((Mode::Connection, Identity::Own)));
        assert_eq!(parsed(&["--portmap"]), Some((Mode::Portmap, Identity::Own)));
        let shared = Some((Mode::Portmap, Identity::Shared));
        assert_eq!(parsed(&["--portmap", "--unprivileged"]), shared);
        assert_eq!(parsed(&["--unprivileged", "--portmap"]), shared);
    }

    #[test]
    fn nothing_else_is_an_argument() {
        for wrong in [
            &["--portmap", "--portmap"][..],
            &["--unprivileged"; 2],
            &[""],
            &["x"],
        ] {
            assert_eq!(parsed(wrong), None);
        }
    }
}
