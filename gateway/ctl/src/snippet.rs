//! What to paste into an initiator's configuration.
//!
//! A secret is in none of it: it is in a file that only its owner can read, so that neither the
//! arguments of a process nor a shell's history show it.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use labelgate_api::{ChapAlgorithm, Identity, Proof};
use serde_json::json;

/// Where initiators connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Portal {
    host: String,
    port: u16,
}

impl Portal {
    /// The first address that initiators could be told; if the gateway listens everywhere, only
    /// its port is known.
    pub(crate) fn of(portals: &[SocketAddr]) -> Self {
        let told = portals.iter().find(|portal| !portal.ip().is_unspecified());
        match (told, portals.first()) {
            (Some(portal), _) => Self {
                host: portal.ip().to_string(),
                port: portal.port(),
            },
            (None, portal) => Self {
                host: "GATEWAY".to_owned(),
                port: portal.map_or(3260, SocketAddr::port),
            },
        }
    }

    /// Its name or address alone: NFS clients ask it for the port.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// That, with IPv6 in brackets.
    pub(crate) fn bracketed(&self) -> String {
        match self.host.contains(':') {
            true => format!("[{}]", self.host),
            false => self.host.clone(),
        }
    }

    /// As URIs and iSCSI write it: IPv6 in brackets.
    fn written(&self) -> String {
        format!("{}:{}", self.bracketed(), self.port)
    }
}

impl FromStr for Portal {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let wrong = "write a portal as HOST:PORT, such as gateway.example.org:3260";
        let (host, port) = text.rsplit_once(':').ok_or(wrong)?;
        let port = port.parse().map_err(|_| wrong)?;
        let inner = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'));
        let host = match inner {
            Some(address) if address.parse::<std::net::Ipv6Addr>().is_ok() => address,
            Some(_) => return Err(wrong),
            None => host,
        };
        let letter = |c: char| c.is_ascii_alphanumeric() || "-.".contains(c);
        let plain = !host.is_empty() && host.chars().all(letter);
        match plain || inner.is_some() {
            true => Ok(Self {
                host: host.to_owned(),
                port,
            }),
            false => Err(wrong),
        }
    }
}

/// How the gateway speaks CHAP.
#[derive(Debug, Clone)]
pub(crate) struct GatewayChap {
    /// What it calls itself (CHAP_N).
    pub(crate) name: String,
    /// What it allows, the best first.
    pub(crate) algorithms: Vec<ChapAlgorithm>,
}

/// What to paste, for one disk.
#[derive(Debug)]
pub(crate) struct Snippet {
    pub(crate) identity: Identity,
    /// The gateway proves itself too.
    pub(crate) mutual: bool,
    pub(crate) gateway: GatewayChap,
    pub(crate) portal: Portal,
    pub(crate) target: String,
    /// Where the secret was written to.
    pub(crate) secret_file: Option<PathBuf>,
}

impl Snippet {
    fn is_chap(&self) -> bool {
        matches!(self.identity.proof, Proof::Chap { .. })
    }

    fn plain_name(&self) -> String {
        plain(self.identity.name.as_str())
    }

    fn secret_file(&self) -> String {
        match &self.secret_file {
            Some(file) => absolute(file),
            None => format!("/etc/labelgate/{}.secret", self.plain_name()),
        }
    }

    /// What the initiator calls itself: QEMU's and libvirt's own form.
    fn initiator(&self) -> String {
        let lower = self.plain_name().to_ascii_lowercase().replace('_', "-");
        format!("iqn.2008-11.org.linux-kvm:{lower}")
    }

    fn qemu(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut blockdev = json!({
            "driver": "iscsi",
            "node-name": "disk0",
            "transport": "tcp",
            "portal": self.portal.written(),
            "target": self.target,
            "lun": 0,
            "initiator-name": self.initiator(),
            "cache": { "direct": true },
        });
        writeln!(f, "\nQEMU:")?;
        if let (true, Some(options)) = (self.is_chap(), blockdev.as_object_mut()) {
            options.insert("user".to_owned(), self.identity.name.as_str().into());
            options.insert("password-secret".to_owned(), "labelgate0".into());
            let file = shell(&format!(
                "secret,id=labelgate0,file={}",
                // QEMU reads a comma in a value from two.
                self.secret_file().replace(',', ",,")
            ));
            writeln!(f, "  -object {file} \\")?;
        }
        writeln!(f, "  -blockdev {} \\", shell(&blockdev.to_string()))?;
        writeln!(f, "  -device virtio-blk-pci,drive=disk0")
    }

    fn libvirt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let usage = format!("labelgate-{}", self.plain_name());
        if self.is_chap() {
            writeln!(
                f,
                "\nlibvirt, the secret, once on each host, in secret.xml:"
            )?;
            writeln!(f, "  <secret ephemeral='no' private='yes'>")?;
            writeln!(
                f,
                "    <usage type='iscsi'><target>{usage}</target></usage>"
            )?;
            writeln!(f, "  </secret>")?;
            writeln!(f, "  virsh secret-define secret.xml")?;
            let file = shell(&self.secret_file());
            writeln!(
                f,
                "  virsh secret-set-value --plain --file {file} UUID-THAT-IT-PRINTED"
            )?;
        }
        writeln!(f, "\nlibvirt, the disk:")?;
        writeln!(f, "  <disk type='network' device='disk'>")?;
        writeln!(f, "    <driver name='qemu' type='raw' cache='none'/>")?;
        let target = xml(&self.target);
        writeln!(f, "    <source protocol='iscsi' name='{target}/0'>")?;
        let Portal { host, port } = &self.portal;
        writeln!(f, "      <host name='{}' port='{port}'/>", xml(host))?;
        if self.is_chap() {
            let name = xml(self.identity.name.as_str());
            writeln!(f, "      <auth username='{name}'>")?;
            writeln!(f, "        <secret type='iscsi' usage='{usage}'/>")?;
            writeln!(f, "      </auth>")?;
        }
        writeln!(
            f,
            "      <initiator><iqn name='{}'/></initiator>",
            self.initiator()
        )?;
        writeln!(f, "    </source>")?;
        writeln!(f, "    <target dev='vda' bus='virtio'/>")?;
        writeln!(f, "  </disk>")
    }

    /// What open-iscsi shall offer, the best first: without this it offers MD5 alone. What is
    /// weaker than SHA-256 only where the gateway allows nothing else.
    fn algorithms(&self) -> String {
        let strong = |algorithm: &&ChapAlgorithm| {
            matches!(algorithm, ChapAlgorithm::Sha3_256 | ChapAlgorithm::Sha256)
        };
        let mut offered: Vec<_> = self.gateway.algorithms.iter().filter(strong).collect();
        if offered.is_empty() {
            offered.extend(&self.gateway.algorithms);
        }
        let named = offered.into_iter().map(|algorithm| match algorithm {
            ChapAlgorithm::Sha3_256 => "SHA3-256",
            ChapAlgorithm::Sha256 => "SHA256",
            ChapAlgorithm::Sha1 => "SHA1",
            ChapAlgorithm::Md5 => "MD5",
        });
        named.collect::<Vec<_>>().join(",")
    }

    fn open_iscsi(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.identity.name.as_str();
        writeln!(f, "\nopen-iscsi:")?;
        if self.is_chap() {
            writeln!(
                f,
                "  in /etc/iscsi/iscsid.conf, which only root may read (chmod 600), before the commands:"
            )?;
            writeln!(f, "    node.session.auth.authmethod = CHAP")?;
            writeln!(f, "    node.session.auth.chap_algs = {}", self.algorithms())?;
            writeln!(f, "    node.session.auth.username = {name}")?;
            writeln!(f, "    node.session.auth.password = THE SECRET")?;
        }
        if self.mutual {
            let its_name = &self.gateway.name;
            writeln!(f, "    node.session.auth.username_in = {its_name}")?;
            writeln!(
                f,
                "    node.session.auth.password_in = THE GATEWAY'S OWN SECRET"
            )?;
        }
        let (target, portal) = (shell(&self.target), shell(&self.portal.written()));
        writeln!(f, "  iscsiadm -m node -T {target} -p {portal} -o new")?;
        writeln!(f, "  iscsiadm -m node -T {target} -p {portal} --login")
    }
}

impl fmt::Display for Snippet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nTo use {}:", self.target)?;
        if self.is_chap() && self.secret_file.is_none() {
            let file = shell(&self.secret_file());
            writeln!(
                f,
                "\nThe secret goes into a file on the hypervisor, without a line end. Paste it when this waits:"
            )?;
            writeln!(
                f,
                "  (umask 077; IFS= read -rs S; printf %s \"$S\" > {file})"
            )?;
        }
        if self.mutual {
            writeln!(
                f,
                "\nQEMU and libvirt do not ask the gateway to prove itself; open-iscsi does."
            )?;
        }
        self.qemu(f)?;
        self.libvirt(f)?;
        self.open_iscsi(f)
    }
}

/// A name in letters that mean nothing to QEMU, a shell or a file system.
pub(crate) fn plain(name: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || "-.".contains(c) {
            c
        } else {
            '_'
        }
    };
    name.chars().map(plain).collect()
}

/// A file as it is found from everywhere: QEMU and virsh are started elsewhere.
pub(crate) fn absolute(file: &Path) -> String {
    match std::path::absolute(file) {
        Ok(file) => file.display().to_string(),
        Err(_) => file.display().to_string(),
    }
}

/// A text as one word of a POSIX shell.
pub(crate) fn shell(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A text within an attribute's quotes (XML 1.0 2.4).
pub(crate) fn xml(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('\'', "&apos;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests;
