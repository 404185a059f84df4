//! `[admin]`: who may ask the admin socket, and where it is.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use super::gateway::absolute;
use super::problem::Collector;

/// The longest path of a Unix socket, in bytes (unix(7): `sun_path` with the byte that ends it).
const LONGEST_SOCKET: usize = 107;
/// The longest name of a group, in bytes (useradd(8)).
const LONGEST_GROUP: usize = 32;

/// Who may ask the admin socket, and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminSection {
    /// The Unix socket.
    pub socket: PathBuf,
    /// Its members may do everything, like root.
    pub admin_group: String,
    /// Its members may look at everything but secrets.
    pub read_group: String,
}

/// `[admin]`, as written.
#[derive(Debug, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAdmin {
    socket: Option<Spanned<PathBuf>>,
    admin_group: Option<Spanned<String>>,
    read_group: Option<Spanned<String>>,
}

impl RawAdmin {
    pub(super) fn check(self, run_dir: &Path, problems: &mut Collector<'_>) -> AdminSection {
        if let Some(socket) = &self.socket {
            let length = socket.get_ref().as_os_str().len();
            if length > LONGEST_SOCKET {
                let what = format_args!(
                    "socket has {length} bytes; a Unix socket's path has at most {LONGEST_SOCKET}"
                );
                problems.at(&socket.span(), what);
            }
        }
        let socket = absolute("socket", self.socket, problems);
        AdminSection {
            socket: socket.unwrap_or_else(|| run_dir.join("admin.sock")),
            admin_group: group(self.admin_group, "labelgate-admin", problems),
            read_group: group(self.read_group, "labelgate-read", problems),
        }
    }
}

fn group(name: Option<Spanned<String>>, default: &str, problems: &mut Collector<'_>) -> String {
    let Some(name) = name else {
        return default.to_owned();
    };
    let plain = |c: char| c.is_ascii_graphic() && !":,/".contains(c);
    let text = name.get_ref();
    if text.is_empty() || text.len() > LONGEST_GROUP || !text.chars().all(plain) {
        let what = format_args!("{text:?} is no name of a group; write one of /etc/group");
        problems.at(&name.span(), what);
    }
    name.into_inner()
}
