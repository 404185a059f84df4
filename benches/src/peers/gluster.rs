//! A volume of Gluster's, and what reaches images on it.

use std::{net::Ipv4Addr, path::Path, rc::Rc, time::Duration};

use labelgate_fixtures::{
    Failure,
    gateway::{LABEL_A, Plan, STORE},
    peer::Gluster,
    process::{command, run},
};

use crate::server::Server;

/// A client of QEMU's takes ten seconds to leave.
const LIMIT: Duration = Duration::from_secs(120);

/// A volume, with a copy of the image for each that reaches it.
#[derive(Debug)]
pub struct OnVolume {
    /// The volume.
    pub gluster: Gluster,
}

/// All ways to an image on one volume, each with a copy of `master`. Its brick is on the medium.
pub fn start(master: &Path, ours: bool) -> Result<Vec<Server>, Failure> {
    let volume = Rc::new(OnVolume {
        gluster: Gluster::start()?,
    });
    for name in ["bench", "tgt", "qemu"] {
        let mut copy = command("qemu-img");
        copy.args(["convert", "-f", "raw", "-O", "raw"]);
        copy.arg(master).arg(volume.gluster.qemu_name(name));
        run(&mut copy, LIMIT)?.succeeded()?;
    }
    let mut servers = Vec::new();
    if ours {
        servers.push(Server::ours_on_volume(&volume)?);
    }
    servers.push(Server::none_on_volume(&volume)?);
    servers.push(Server::tgt_on_volume(&volume)?);
    Ok(servers)
}

impl OnVolume {
    /// A gateway whose store is this volume, with one image that was there before.
    pub fn plan(&self) -> Plan {
        let store = format!(
            "name = \"{STORE}\"\nkind = \"gluster\"\nservers = \"{}\"\nvolume = \"{}\"",
            self.gluster.address(),
            self.gluster.volume()
        );
        let image = format!(
            "name = \"bench\"\nstore = \"{STORE}\"\nfile = \"bench\"\nlabel = \"{LABEL_A}\""
        );
        let plan = Plan::new().without_store().section("[store]", &store);
        let plan = plan.section("[image]", &image);
        plan.identity(Ipv4Addr::LOCALHOST.into(), LABEL_A)
    }
}
