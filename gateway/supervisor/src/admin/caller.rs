//! Who asks.
//!
//! The kernel says who is at the other end (SO_PEERCRED: as it was at connect(2)). Which groups
//! that user is in is looked up by the UID in the system's own database, as login would: what
//! /proc says of the process could be of another one that has its number by now. The group the
//! peer was connecting with counts as well, because the kernel vouches for that. Who is taken out
//! of a group is out with the next connection, whatever processes of his still run.
//!
//! Over the network it is a host that asks, whose certificate was verified: who that is, and what it
//! may do, the registry says, to each of its requests anew.
//!
//! Where SELinux enforces labels, the kernel also says which context the peer connected from
//! (SO_PEERSEC), for the policy to decide about each of its requests. Of a host it knows nothing:
//! the policy is asked with the context of the host's role.

use std::ffi::CString;
use std::fmt;
use std::net::IpAddr;
use std::os::fd::AsFd;
use std::time::Duration;

use jiff::Timestamp;
use labelgate_mac::Context;
use labelgate_mac::selinux::peer_context;
use labelgate_registry::{Fingerprint, Host, HostId, HostRole, Machines, Snapshot};
use nix::unistd::{Gid, Group, Uid, User, getgrouplist};
use tokio::net::UnixStream;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::config::AdminSection;
use crate::provider::{Provider, RemotePart};
use crate::state::State;

/// A directory of users that is asked over a network may not answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a caller may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Role {
    /// Everything.
    Admin,
    /// Look.
    Reader,
    /// Nothing.
    Stranger,
    /// Everything but what secrets come out of, or go into, as a whole: a host.
    RemoteAdmin,
    /// Say where these machines run, on itself: a host.
    Hypervisor(Machines),
    /// Look: a host.
    Monitor,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Caller {
    /// What it may do.
    pub role: Role,
    who: Who,
    context: Option<Context>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Who {
    /// A user of this machine.
    User { uid: u32, name: Option<String> },
    /// A host that asks over the network.
    Host {
        name: HostId,
        fingerprint: Fingerprint,
        address: IpAddr,
    },
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.who {
            Who::User { uid, name: None } => write!(f, "uid {uid}")?,
            Who::User {
                uid,
                name: Some(name),
            } => write!(f, "uid {uid} ({name})")?,
            // The context of its role says no more.
            Who::Host { name, address, .. } => return write!(f, "host {name} at {address}"),
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
                Self::user(own_role(uid).unwrap_or(Role::Stranger), uid, None)
            }
        };
        Ok(Self { context, ..caller })
    }

    fn user(role: Role, uid: Uid, name: Option<String>) -> Self {
        let uid = uid.as_raw();
        Self {
            role,
            who: Who::User { uid, name },
            context: None,
        }
    }

    /// A host that asks from this address, which has proved itself by a certificate.
    pub(super) fn host(host: &Host, address: IpAddr, provider: &Provider) -> Self {
        let (role, part) = match &host.role {
            HostRole::Admin => (Role::RemoteAdmin, RemotePart::Admin),
            HostRole::Hypervisor(machines) => {
                (Role::Hypervisor(machines.clone()), RemotePart::Hypervisor)
            }
            HostRole::Monitor => (Role::Monitor, RemotePart::Monitor),
        };
        let selinux = provider.selinux();
        Self {
            role,
            who: Who::Host {
                name: host.name.clone(),
                fingerprint: host.fingerprint,
                address,
            },
            context: selinux.map(|selinux| selinux.domains().remote(part)),
        }
    }

    /// The same caller as it is now; `None` if it is a host that may ask no more.
    pub(super) fn now(&self, state: &State) -> Option<Self> {
        let Who::Host {
            name,
            fingerprint,
            address,
        } = &self.who
        else {
            return Some(self.clone());
        };
        let in_force = state.in_force();
        let host = known(&in_force.snapshot, *fingerprint, Timestamp::now())?;
        let same = host.name == *name;
        same.then(|| Self::host(host, *address, &state.shared().provider))
    }

    /// The host that asks, if it is one.
    pub(super) const fn host_name(&self) -> Option<&HostId> {
        match &self.who {
            Who::Host { name, .. } => Some(name),
            Who::User { .. } => None,
        }
    }

    /// The hypervisor that asks, if it is one.
    pub(super) fn hypervisor(&self) -> Option<(&HostId, &Machines)> {
        match (&self.who, &self.role) {
            (Who::Host { name, .. }, Role::Hypervisor(machines)) => Some((name, machines)),
            _ => None,
        }
    }

    /// The context it connected from, or that of its role, where that counts and is known.
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
    Caller::user(role, uid, user.map(|user| user.name))
}

/// The host that a certificate proves, unless its time is over.
pub(super) fn known(
    snapshot: &Snapshot,
    fingerprint: Fingerprint,
    now: Timestamp,
) -> Option<&Host> {
    let host = snapshot.host_of(fingerprint);
    host.filter(|host| now < host.expires)
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

    #[test]
    fn a_host_is_who_its_certificate_proves_until_that_expires() {
        let second = |second| Timestamp::from_second(second).unwrap();
        let host = Host {
            name: "kvm-1".parse().unwrap(),
            role: HostRole::Hypervisor(Machines::Any),
            addresses: None,
            fingerprint: Fingerprint::new([1; 32]),
            expires: second(2000),
            since: second(1000),
        };
        let mut snapshot = Snapshot::default();
        snapshot.hosts.insert(host.name.clone(), host.clone());
        let at = |fingerprint, now| known(&snapshot, Fingerprint::new(fingerprint), second(now));
        assert_eq!(at([1; 32], 1999), Some(&host));
        assert_eq!(at([1; 32], 2000), None);
        assert_eq!(at([2; 32], 1999), None);

        let caller = Caller::host(&host, [10, 0, 0, 5].into(), &Provider::Landlock);
        assert_eq!(caller.to_string(), "host kvm-1 at 10.0.0.5");
        assert_eq!(caller.hypervisor(), Some((&host.name, &Machines::Any)));
        let monitor = Host {
            role: HostRole::Monitor,
            ..host
        };
        let monitor = Caller::host(&monitor, [10, 0, 0, 5].into(), &Provider::Landlock);
        assert_eq!(monitor.role, Role::Monitor);
        assert_eq!(monitor.hypervisor(), None);
    }
}
