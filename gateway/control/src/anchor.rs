//! What an anchor says: where an image is that is no file here, and what opens it.

use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

use crate::{GlusterVolume, Secret, Text};

/// The longest anchor, in bytes.
pub const MAX_ANCHOR: usize = 4096;

/// An anchor: the content of the small file that stands for an image of a store that is reached over
/// the network. The supervisor writes it, as TOML; a keeper of the image's label alone reads it.
///
/// What is not known is refused: a keeper that overlooked a word would open something else than
/// whoever wrote it meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "backend", rename_all = "lowercase")]
pub enum Anchor {
    /// An image of Ceph's RBD.
    Rbd(RbdAnchor),
    /// A file of a Gluster volume.
    Gluster(GlusterAnchor),
    /// A logical unit of an upstream iSCSI target.
    Iscsi(IscsiAnchor),
    /// A file of an upstream NFS server.
    Nfs(NfsAnchor),
}

/// Where an RBD image is, and what opens it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RbdAnchor {
    /// The addresses of the cluster's monitors, as `mon_host` has them.
    pub monitors: Text<1024>,
    /// The pool.
    pub pool: Text<128>,
    /// The namespace within the pool; empty for the one without a name.
    pub namespace: Text<128>,
    /// The image's name.
    pub image: Text<256>,
    /// Who opens it: the entity's name without `client.`.
    pub entity: Text<128>,
    /// The entity's key, in base64.
    pub key: Secret<128>,
}

/// Where a file of a Gluster volume is. Nothing opens it but being able to reach the volume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GlusterAnchor {
    /// The servers of its volume, as in [`GlusterVolume`].
    pub servers: Text<1024>,
    /// Its volume.
    pub volume: Text<128>,
    /// The directory on the volume that images are beneath.
    pub directory: Text<256>,
    /// Its path beneath that.
    pub path: Text<256>,
    /// The SELinux context that it has on the volume.
    pub context: Text<1024>,
    /// Whether it is made if it is not there.
    pub make: bool,
}

impl GlusterAnchor {
    /// The volume that a keeper has to be connected to.
    #[must_use]
    pub fn on(&self) -> GlusterVolume {
        GlusterVolume {
            servers: self.servers.clone(),
            volume: self.volume.clone(),
            directory: self.directory.clone(),
        }
    }
}

/// Where a logical unit of an upstream target is, and what opens it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IscsiAnchor {
    /// The target's portal: an IP address and a port. No name: a keeper asks nobody for addresses.
    pub portal: SocketAddr,
    /// The target's name.
    pub target: Text<223>,
    /// The number of the logical unit.
    pub lun: u16,
    /// The initiator's name.
    pub initiator: Text<223>,
    /// The initiator's name for CHAP; empty for none.
    pub user: Text<254>,
    /// The secret that proves it; empty for none.
    pub secret: Secret<254>,
    /// The name that the target proves by CHAP; empty if it need not.
    pub target_user: Text<254>,
    /// The secret that proves it; empty if it need not.
    pub target_secret: Secret<254>,
    /// The key that the unit is reserved by, so that nobody else writes to it; 0 for no reservation, and
    /// below 2^63, which is where TOML's numbers end. The upper 32 bits are the gateway's own for this
    /// unit; the lower 32 count its keepers: each takes the unit over from those before it.
    pub reservation: u64,
    /// Whether each write is stable when it is answered, as far as the unit can do that.
    pub write_through: bool,
    /// Whether the credentials may open more than this unit. Otherwise a keeper to whom they open more
    /// serves nothing.
    pub shared: bool,
}

/// Where a file of an upstream NFS server is, and as whom it is opened. The server believes that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NfsAnchor {
    /// The server's IP address. No name: a keeper asks nobody for addresses.
    pub server: IpAddr,
    /// The port of its NFS; 0 to ask its port mapper.
    pub nfs_port: u16,
    /// The port of its MOUNT; 0 to ask its port mapper.
    pub mount_port: u16,
    /// The directory that it exports.
    pub export: Text<1024>,
    /// The file in that directory: plain names with `/` between.
    pub path: Text<1024>,
    /// The user's number on the server.
    pub uid: u32,
    /// The group's number on the server.
    pub gid: u32,
    /// Whether each write is stable when it is answered. Otherwise a server that is restarted over what
    /// was not flushed makes the image fail until it is opened anew.
    pub write_through: bool,
}

/// Why text is no anchor. The text itself is not shown: there is a key in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AnchorError {
    /// It is longer than any anchor.
    #[error("an anchor has at most {MAX_ANCHOR} bytes")]
    TooLong,
    /// It is no TOML, a field is missing, unknown or too long, or no such backend is known.
    #[error("it does not say what an anchor says")]
    Malformed,
    /// A field that must say something is empty.
    #[error("an anchor's {0} must not be empty")]
    Empty(&'static str),
}

impl Anchor {
    /// Reads an anchor.
    ///
    /// # Errors
    /// [`AnchorError`]
    pub fn parse(text: &str) -> Result<Self, AnchorError> {
        if text.len() > MAX_ANCHOR {
            return Err(AnchorError::TooLong);
        }
        let anchor: Self = toml::from_str(text).map_err(|_| AnchorError::Malformed)?;
        anchor.check()?;
        Ok(anchor)
    }

    /// The anchor as it stands in its file.
    ///
    /// # Errors
    /// It could not be read again.
    pub fn to_text(&self) -> Result<String, AnchorError> {
        self.check()?;
        let text = toml::to_string(self).map_err(|_| AnchorError::Malformed)?;
        match text.len() {
            0..=MAX_ANCHOR => Ok(text),
            _ => Err(AnchorError::TooLong),
        }
    }

    fn check(&self) -> Result<(), AnchorError> {
        let empty = match self {
            Self::Rbd(anchor) => anchor.lacks(),
            Self::Gluster(anchor) => anchor.lacks(),
            Self::Iscsi(anchor) => anchor.lacks(),
            Self::Nfs(anchor) => anchor.lacks(),
        };
        match empty {
            Some(name) => Err(AnchorError::Empty(name)),
            None => Ok(()),
        }
    }
}

/// The name of a field that says nothing and must.
fn empty<const N: usize>(fields: [(&'static str, &str); N]) -> Option<&'static str> {
    let found = fields.into_iter().find(|(_, value)| value.is_empty());
    found.map(|(name, _)| name)
}

fn proof<'a>(name: &'a Text<254>, secret: &'a Secret<254>) -> Option<(&'a str, &'a str)> {
    (!name.is_empty()).then(|| (name.as_str(), secret.reveal()))
}

impl RbdAnchor {
    fn lacks(&self) -> Option<&'static str> {
        empty([
            ("monitors", &self.monitors),
            ("pool", &self.pool),
            ("image", &self.image),
            ("entity", &self.entity),
            ("key", self.key.reveal()),
        ])
    }
}

impl GlusterAnchor {
    fn lacks(&self) -> Option<&'static str> {
        empty([
            ("servers", &self.servers),
            ("volume", &self.volume),
            ("path", &self.path),
            ("context", &self.context),
        ])
    }
}

impl IscsiAnchor {
    /// The name and the secret that the initiator proves itself with, if it does.
    #[must_use]
    pub fn own_proof(&self) -> Option<(&str, &str)> {
        proof(&self.user, &self.secret)
    }

    /// The name and the secret that the target has to prove itself with, if it has to.
    #[must_use]
    pub fn target_proof(&self) -> Option<(&str, &str)> {
        proof(&self.target_user, &self.target_secret)
    }

    fn lacks(&self) -> Option<&'static str> {
        // A name without a secret proves nothing, and a secret without a name is nobody's; a target that
        // proves itself does so to whom it has asked for a proof.
        let named = |name: &str, other: &str| other.is_empty() || !name.is_empty();
        let (secret, target_secret) = (self.secret.reveal(), self.target_secret.reveal());
        let pairs = [
            ("secret", named(secret, &self.user)),
            ("user", named(&self.user, secret)),
            ("target_secret", named(target_secret, &self.target_user)),
            ("target_user", named(&self.target_user, target_secret)),
            ("user", named(&self.user, &self.target_user)),
        ];
        let lone = pairs.into_iter().find(|(_, whole)| !whole);
        lone.map(|(name, _)| name)
            .or_else(|| empty([("target", &self.target), ("initiator", &self.initiator)]))
    }
}

impl NfsAnchor {
    fn lacks(&self) -> Option<&'static str> {
        empty([("export", &self.export), ("path", &self.path)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
        backend = "rbd"
        monitors = "[v2:192.0.2.1:3300,v1:192.0.2.1:6789]"
        pool = "vms"
        namespace = ""
        image = "web-1"
        entity = "labelgate.c1-c2"
        key = "AQBqc2VjcmV0"
    "#;

    const GLUSTER: &str = r#"
        backend = "gluster"
        servers = "10.0.0.1,10.0.0.2"
        volume = "vms"
        directory = ""
        path = "labelgate-01234567-s0-c1-c2/web-1"
        context = "system_u:object_r:labelgate_image_t:s0:c1,c2"
        make = true
    "#;

    fn anchor() -> Anchor {
        Anchor::parse(TEXT).unwrap()
    }

    #[test]
    fn an_anchor_is_read_as_it_was_written() {
        assert_eq!(Anchor::parse(&anchor().to_text().unwrap()), Ok(anchor()));
        let gluster = Anchor::parse(GLUSTER).unwrap();
        assert_eq!(Anchor::parse(&gluster.to_text().unwrap()), Ok(gluster));
        let nowhere = GLUSTER.replace("\"vms\"", "\"\"");
        assert_eq!(Anchor::parse(&nowhere), Err(AnchorError::Empty("volume")));
    }

    #[test]
    fn what_is_unknown_or_missing_is_refused() {
        let wrong = [
            TEXT.replace("rbd", "gluster"),
            TEXT.replace("rbd", "floppy"),
            format!("{GLUSTER}\nkey = \"x\""),
            GLUSTER.replace("make", "fake"),
            TEXT.replace("pool", "puddle"),
            format!("{TEXT}\nsnapshot = \"x\""),
            format!("{TEXT}\npool = \"twice\""),
            TEXT.replace("\"vms\"", "7"),
            TEXT.replace("\"vms\"", "\"a\\nb\""),
            String::new(),
        ];
        for text in wrong {
            assert_eq!(Anchor::parse(&text), Err(AnchorError::Malformed), "{text}");
        }
        let empty = TEXT.replace("\"web-1\"", "\"\"");
        assert_eq!(Anchor::parse(&empty), Err(AnchorError::Empty("image")));
        let long = format!("{TEXT}{}", " ".repeat(MAX_ANCHOR));
        assert_eq!(Anchor::parse(&long), Err(AnchorError::TooLong));
    }

    const UNIT: &str = r#"
        backend = "iscsi"
        portal = "192.0.2.1:3260"
        target = "iqn.2026-11.org.example:store"
        lun = 7
        initiator = "iqn.2026-11.io.labelgate:gateway"
        user = "gateway"
        secret = "AQBqc2VjcmV0"
        target_user = ""
        target_secret = ""
        reservation = 4711
        write_through = true
        shared = false
    "#;

    #[test]
    fn an_anchor_of_a_unit_is_whole() {
        let anchor = Anchor::parse(UNIT).unwrap();
        assert_eq!(
            Anchor::parse(&anchor.to_text().unwrap()),
            Ok(anchor.clone())
        );
        assert!(!format!("{anchor:?}").contains("AQBqc2VjcmV0"));
        let secret = UNIT.replace("AQBqc2VjcmV0", "");
        assert_eq!(Anchor::parse(&secret), Err(AnchorError::Empty("secret")));
        let user = UNIT.replace("user = \"gateway\"", "user = \"\"");
        assert_eq!(Anchor::parse(&user), Err(AnchorError::Empty("user")));
        for wrong in [
            UNIT.replace("192.0.2.1", "store.example.org"),
            UNIT.replace("lun = 7", "lun = 70000"),
            UNIT.replace("reservation", "reserved"),
        ] {
            assert_eq!(
                Anchor::parse(&wrong),
                Err(AnchorError::Malformed),
                "{wrong}"
            );
        }
    }

    const FILE: &str = r#"
        backend = "nfs"
        server = "192.0.2.1"
        nfs_port = 2049
        mount_port = 0
        export = "/export/disks"
        path = "vms/web-1.raw"
        uid = 107
        gid = 64
        write_through = true
    "#;

    #[test]
    fn an_anchor_of_a_file_is_whole() {
        let anchor = Anchor::parse(FILE).unwrap();
        assert_eq!(Anchor::parse(&anchor.to_text().unwrap()), Ok(anchor));
        let nowhere = FILE.replace("vms/web-1.raw", "");
        assert_eq!(Anchor::parse(&nowhere), Err(AnchorError::Empty("path")));
        for wrong in [
            FILE.replace("192.0.2.1", "store.example.org"),
            FILE.replace("nfs_port = 2049", "nfs_port = 70000"),
            FILE.replace("uid = 107", "uid = -1"),
            FILE.replace("gid = 64", ""),
        ] {
            let refused = Anchor::parse(&wrong);
            assert_eq!(refused, Err(AnchorError::Malformed), "{wrong}");
        }
    }

    #[test]
    fn its_key_is_not_shown() {
        assert!(!format!("{:?}", anchor()).contains("AQBqc2VjcmV0"));
    }
}
