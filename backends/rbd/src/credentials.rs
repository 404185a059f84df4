//! How a cluster is found, and how long is waited for it.

use std::fmt;
use std::time::Duration;

/// Whose connection it is, and where to.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The monitors' addresses, as Ceph writes them: `v2:192.0.2.1:3300/0,…` or `192.0.2.1`.
    pub monitors: String,
    /// The entity's name, without `client.` before it.
    pub entity: String,
    /// Its key, in base64.
    pub key: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("monitors", &self.monitors)
            .field("entity", &self.entity)
            .finish_non_exhaustive()
    }
}

/// How long is waited, and how much is sent at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For the monitors, when it connects.
    pub connect: Duration,
    /// For the monitors, for each command.
    pub command: Duration,
    /// For each operation on an object; none means that it waits until the cluster can do it, however
    /// long that takes, which is what an image wants: one that was given up may still land later.
    pub operation: Option<Duration>,
    /// Operations on objects that are under way at a time; 0 for any number. Whoever begins one more waits, which may
    /// be the caller of [`crate::Image::read`].
    pub in_flight: u32,
    /// Bytes of them; 0 for any number.
    pub in_flight_bytes: u64,
}

impl Default for Limits {
    /// 10 seconds for the monitors, no end to operations, Ceph's own 1024 at a time and 100 MiB.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            command: Duration::from_secs(10),
            operation: None,
            in_flight: 1024,
            in_flight_bytes: 100 << 20,
        }
    }
}

/// What is set for every connection. There is no configuration file, and nobody's keyring is read.
pub(crate) const OPTIONS: &[(&str, &str)] = &[
    // Both sides prove who they are, or there is no connection.
    ("auth_client_required", "cephx"),
    ("keyring", ""),
    // Nothing acknowledged is in this process alone.
    ("rbd_cache", "false"),
    // A library of ours says nothing anywhere by itself.
    ("log_file", ""),
    ("log_to_file", "false"),
    ("log_to_stderr", "false"),
    ("err_to_stderr", "false"),
    ("log_to_syslog", "false"),
    ("err_to_syslog", "false"),
    ("admin_socket", ""),
    // It looks for no library to load later, when the process is confined.
    ("rbd_plugins", ""),
    ("rbd_parent_cache_enabled", "false"),
    // An operation is begun by who asks for it, and not by another thread: nothing in it waits, as the number of what is under
    // way is not bounded here.
    ("rbd_non_blocking_aio", "false"),
    // A connection is one label's: a second thread mostly wakes and contends with the first.
    ("librados_thread_count", "1"),
    // In bytes: several small answers come in by one call.
    ("ms_tcp_prefetch_max_size", "65536"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_not_printed() {
        let credentials = Credentials {
            monitors: "192.0.2.1".into(),
            entity: "vm".into(),
            key: "AQsecret==".into(),
        };
        assert!(!format!("{credentials:?}").contains("secret"));
    }
}
