//! What to paste into an NFS client's configuration.
//!
//! QEMU's NFS client keeps no secret apart: the token is a part of the path it is given. So the
//! path is in a file that only its owner can read, wherever QEMU can read it from one; and where it
//! cannot, that is said.

use std::fmt;
use std::path::PathBuf;

use labelgate_api::{Image, Label};
use serde_json::json;

use crate::snippet::{Portal, absolute, plain, shell, xml};

/// Stands for the token, which no snippet holds.
const TOKEN: &str = "TOKEN";

/// What to paste, for one image of an identity that is proved by a token.
#[derive(Debug)]
pub(crate) struct NfsSnippet {
    /// The identity's name.
    pub(crate) identity: String,
    pub(crate) portal: Portal,
    /// The image's file in what the label is shown.
    pub(crate) file: String,
    /// Where the token was written to.
    pub(crate) token_file: Option<PathBuf>,
}

/// What images are called in the directory that a label mounts: by their names, and by those of
/// their stores, too, where two stores have one of that name.
pub(crate) fn file_names<'a>(images: &'a [Image], label: &Label) -> Vec<(&'a Image, String)> {
    let shown = |image: &&Image| image.content || image.label.as_ref() == Some(label);
    let shown: Vec<&Image> = images.iter().filter(shown).collect();
    let named = |image: &&'a Image| {
        let same = |other: &&&Image| other.name == image.name;
        let file = match shown.iter().filter(same).count() {
            ..=1 => image.name.to_string(),
            _ => format!("{}.{}", image.store, image.name),
        };
        (*image, file)
    };
    shown.iter().map(named).collect()
}

impl NfsSnippet {
    fn path(&self) -> String {
        format!("/{TOKEN}/{}", self.file)
    }

    /// The file that QEMU reads the drive from.
    fn config_file(&self) -> String {
        format!("/etc/labelgate/{}.cfg", plain(&self.identity))
    }

    /// Makes that file of the token, which is no argument of any process by that.
    fn config(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let drive = format!(
            "[drive \"disk0\"]\\n  if = \"none\"\\n  format = \"raw\"\\n  cache = \"none\"\\n  \
             file.driver = \"nfs\"\\n  file.server.type = \"inet\"\\n  file.server.host = \"{}\"\\n  \
             file.path = \"/%s/{}\"\\n",
            self.portal.host(),
            self.file
        );
        let read = match &self.token_file {
            Some(file) => format!("T=$(cat {})", shell(&absolute(file))),
            None => "IFS= read -rs T".to_owned(),
        };
        if self.token_file.is_none() {
            writeln!(f, "  Paste the token when this waits:")?;
        }
        let (drive, file) = (shell(&drive), shell(&self.config_file()));
        writeln!(f, "  (umask 077; {read}; printf {drive} \"$T\" > {file})")
    }

    fn qemu(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "\nQEMU reads the path, with the token in it, from a file on the hypervisor:"
        )?;
        self.config(f)?;
        writeln!(f, "  -readconfig {} \\", shell(&self.config_file()))?;
        writeln!(f, "  -device virtio-blk-pci,drive=disk0")?;
        writeln!(
            f,
            "\nQEMU and qemu-img, where nobody else sees the arguments of processes, among which the token is:"
        )?;
        let host = self.portal.host();
        match host.contains(':') {
            // QEMU takes no IPv6 address in an NFS URL.
            true => {
                let options = format!(
                    "driver=raw,file.driver=nfs,file.server.type=inet,file.server.host={host},file.path={}",
                    self.path()
                );
                writeln!(f, "  -drive if=virtio,cache=none,{options}")?;
                writeln!(f, "  qemu-img info --image-opts {options}")
            }
            false => {
                let url = format!("nfs://{host}{}", self.path());
                writeln!(f, "  -drive file={url},format=raw,if=virtio,cache=none")?;
                writeln!(f, "  qemu-img info {url}")
            }
        }
    }

    fn qmp(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let command = json!({
            "execute": "blockdev-add",
            "arguments": {
                "driver": "raw",
                "node-name": "disk0",
                "cache": { "direct": true },
                "file": {
                    "driver": "nfs",
                    "server": { "type": "inet", "host": self.portal.host() },
                    "path": self.path(),
                },
            },
        });
        writeln!(f, "\nQMP, which shows the token to nobody else:")?;
        writeln!(f, "  {command}")
    }

    fn libvirt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "\nlibvirt, which gives QEMU the token as an argument and has it in the domain's XML:"
        )?;
        writeln!(f, "  <disk type='network' device='disk'>")?;
        writeln!(f, "    <driver name='qemu' type='raw' cache='none'/>")?;
        let (path, host) = (xml(&self.path()), xml(self.portal.host()));
        writeln!(f, "    <source protocol='nfs' name='{path}'>")?;
        writeln!(f, "      <host name='{host}'/>")?;
        writeln!(f, "    </source>")?;
        writeln!(f, "    <target dev='vda' bus='virtio'/>")?;
        writeln!(f, "  </disk>")
    }

    fn linux(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.portal.bracketed();
        writeln!(
            f,
            "\nLinux, in whose /proc/mounts the token is, for everyone on that machine to see:"
        )?;
        writeln!(
            f,
            "  mount -t nfs -o vers=3,proto=tcp,mountproto=tcp,nolock {host}:/{TOKEN} /mnt"
        )
    }
}

impl fmt::Display for NfsSnippet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "\nTo use {}, with the token in place of {TOKEN}:",
            self.file
        )?;
        self.qemu(f)?;
        self.qmp(f)?;
        self.libvirt(f)?;
        self.linux(f)
    }
}

#[cfg(test)]
mod tests;
