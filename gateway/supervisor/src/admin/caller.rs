//! Who asks.
//!
//! The kernel says who is at the other end (SO_PEERCRED: as it was at connect(2)). Which groups
//! that user is in is looked up by the UID in the system's own database, as login would: what
//! /proc says of the process could be of another one that has its number by now. The group the
//! peer was connecting with counts as well, because the kernel vouches for that. Who is taken out
//! of a group is out with the next connection, whatever processes of his still run.
//!
//! Where SELinux enforces labels, the kernel also says which context the peer connected from
//! (SO_PEERSEC), for the policy to decide about each of its requests.

use std::ffi::CString;
use std::fmt;
use std::os::fd::AsFd;
use std::time::Duration;

use labelgate_mac::Context;
use labelgate_mac::selinux::peer_context;
use nix::unistd::{Gid, Group, Uid, User, getgrouplist};
use tokio::net::UnixStream;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::config::AdminSection;
use crate::provider::Provider;

/// A directory of users that is asked over a network may not answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a caller may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Everything.
    Admin,
    /// Look.
    Reader,
    /// Nothing.
    Stranger,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Caller {
    /// What it may do.
    pub role: Role,
    uid: u32,
    name: Option<String>,
    context: Option<Context>,
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "uid {} ({name})", self.uid)?,
            None => write!(f, "uid {}", self.uid)?,
        }
        match &self.context {
            Some(context) => write!(f, " as {context}"),
            None => Ok(()),
        }
    }
}

impl Caller {
    /// Finds out who is at the other end. Whatever cannot be found out gives no right.
    pub(super) async fn of(
        stream: &UnixStream,
        section: &AdminSection,
        provider: &Provider,
    ) -> std::io::Result<Self> {
        let peer = stream.peer_cred()?;
        let context = provider.selinux().and_then(|_| {
            let asked = peer_context(stream.as_fd());
            let warn = |error| tracing::warn!("who asks on the admin socket: {error}");
            asked.map_err(warn).ok().flatten()
        });
        let (uid, gid) = (Uid::from_raw(peer.uid()), Gid::from_raw(peer.gid()));
        let names = [section.admin_group.clone(), section.read_group.clone()];
        let looked = spawn_blocking(move || look_up(uid, gid, &names));
        let caller = match timeout(PATIENCE, looked).await {
            Ok(Ok(caller)) => caller,
            _ => {
                tracing::warn!("the groups of uid {uid} cannot be found out in time");
                Self {
                    role: own_role(uid).unwrap_or(Role::Stranger),
                    uid: uid.as_raw(),
                    name: None,
                    context: None,
                }
            }
        };
        Ok(Self { context, ..caller })
    }

    /// The context it connected from, where that counts and is known.
    pub(super) const fn context(&self) -> Option<&Context> {
        self.context.as_ref()
    }
}

/// Root may everything, and so may the user that the gateway itself runs as.
fn own_role(uid: Uid) -> Option<Role> {
    (uid.is_root() || uid == Uid::effective()).then_some(Role::Admin)
}

fn look_up(uid: Uid, gid: Gid, [admin, read]: &[String; 2]) -> Caller {
    let user = User::from_uid(uid).ok().flatten();
    let role = own_role(uid).unwrap_or_else(|| {
        let groups = groups_of(user.as_ref(), gid);
        let is_in = |name: &str| group(name).is_some_and(|group| groups.contains(&group));
        match (is_in(admin), is_in(read)) {
            (true, _) => Role::Admin,
            (false, true) => Role::Reader,
            (false, false) => Role::Stranger,
        }
    });
    Caller {
        role,
        uid: uid.as_raw(),
        name: user.map(|user| user.name),
        context: None,
    }
}

fn groups_of(user: Option<&User>, gid: Gid) -> Vec<Gid> {
    let named = user.and_then(|user| {
        let name = CString::new(user.name.as_str()).ok()?;
        getgrouplist(&name, user.gid).ok()
    });
    let mut groups = named.unwrap_or_default();
    groups.push(gid);
    groups
}

/// A group by its name. One that is not there has no members.
pub(super) fn group(name: &str) -> Option<Gid> {
    Group::from_name(name).ok().flatten().map(|group| group.gid)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(uid: u32, gid: u32, groups: [&str; 2]) -> Role {
        let groups = groups.map(str::to_owned);
        look_up(Uid::from_raw(uid), Gid::from_raw(gid), &groups).role
    }

    #[test]
    fn a_group_gives_what_it_is_for_and_one_that_is_not_there_nothing() {
        let daemon = group("daemon").unwrap().as_raw();
        assert_eq!(role(0, 0, ["no-such", "no-such"]), Role::Admin);
        assert_eq!(role(4_000_000, daemon, ["daemon", "bin"]), Role::Admin);
        assert_eq!(role(4_000_000, daemon, ["bin", "daemon"]), Role::Reader);
        assert_eq!(
            role(4_000_000, 4_000_000, ["daemon", "bin"]),
            Role::Stranger
        );
        assert_eq!(
            role(4_000_000, daemon, ["no-such", "no-such"]),
            Role::Stranger
        );
    }

    #[test]
    fn a_user_is_found_in_its_groups_by_its_uid_alone() {
        let daemon = User::from_name("daemon").unwrap().unwrap();
        let caller = look_up(
            daemon.uid,
            Gid::from_raw(4_000_000),
            &["daemon".into(), "x".into()],
        );
        assert_eq!(caller.role, Role::Admin);
        assert_eq!(caller.to_string(), format!("uid {} (daemon)", daemon.uid));
    }
}
