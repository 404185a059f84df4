//! A cluster, and what reaches images in it.

use std::{fs, net::Ipv4Addr, os::unix::fs::PermissionsExt, path::Path, rc::Rc};

use labelgate_fixtures::{
    Failure,
    gateway::{LABEL_A, Plan, STORE},
    peer::{Ceph, Layout},
    scratch::Scratch,
};

use crate::server::Server;

/// What the gateway's entity is called.
const ENTITY: &str = "labelgate";

/// A cluster, with a copy of the image for each that reaches it.
#[derive(Debug)]
pub struct Cluster {
    /// The cluster.
    pub ceph: Ceph,
    scratch: Scratch,
}

/// All ways to an image in one cluster, each with a copy of `master`.
pub fn start(master: &Path, in_memory: bool, ours: bool) -> Result<Vec<Server>, Failure> {
    let layout = if in_memory {
        Layout::memory()
    } else {
        Layout::disk()
    };
    let cluster = Rc::new(Cluster {
        ceph: Ceph::start(layout)?,
        scratch: Scratch::new("peers-ceph")?,
    });
    let master = master.display().to_string();
    for name in ["bench", "tgt", "tgt-cache", "qemu"] {
        let place = format!("{}/{name}", cluster.ceph.pool());
        cluster
            .ceph
            .rbd(&["import", "--no-progress", &master, &place])?;
    }
    let mut servers = Vec::new();
    if ours {
        servers.push(Server::ours_on(&cluster)?);
    }
    servers.push(Server::none_on(&cluster)?);
    servers.extend([
        Server::tgt_on(&cluster, false)?,
        Server::tgt_on(&cluster, true)?,
    ]);
    Ok(servers)
}

impl Cluster {
    /// A gateway whose store is this cluster, with one image that was there before.
    pub fn plan(&self) -> Result<Plan, Failure> {
        let key = self.ceph.make_gateway_key(ENTITY)?;
        let file = self.scratch.join("gateway.key");
        fs::write(&file, key).map_err(Failure::io("writing a key"))?;
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600))
            .map_err(Failure::io("protecting a key"))?;
        let store = format!(
            "name = \"{STORE}\"\nkind = \"rbd\"\nmonitors = \"{}\"\npool = \"{}\"\n\
             entity = \"client.{ENTITY}\"\nkey_file = \"{}\"",
            self.ceph.monitors(),
            self.ceph.pool(),
            file.display()
        );
        let image = format!(
            "name = \"bench\"\nstore = \"{STORE}\"\nfile = \"bench\"\nlabel = \"{LABEL_A}\""
        );
        let plan = Plan::new().without_store().section("[store]", &store);
        let plan = plan.section("[image]", &image);
        Ok(plan.identity(Ipv4Addr::LOCALHOST.into(), LABEL_A))
    }
}
