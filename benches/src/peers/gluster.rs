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
    volume.make_plain()?;
    let (cached, plain) = (volume.gluster.qemu_name("qemu"), volume.on_plain());
    let (ours_on, tgts) = (
        volume.gluster.qemu_name("bench"),
        volume.gluster.qemu_name("tgt"),
    );
    for name in [&ours_on, &tgts, &cached, &plain] {
        let mut copy = command("qemu-img");
        copy.args(["convert", "-f", "raw", "-O", "raw"]);
        copy.arg(master).arg(name);
        run(&mut copy, LIMIT)?.succeeded()?;
    }
    let mut servers = Vec::new();
    if ours {
        servers.push(Server::ours_on_volume(&volume)?);
    }
    servers.push(Server::none_on_volume(&volume, "QEMU gluster", cached)?);
    let name = "QEMU gluster (no caches)";
    servers.push(Server::none_on_volume(&volume, name, plain)?);
    servers.push(Server::tgt_on_volume(&volume)?);
    Ok(servers)
}

/// A volume whose clients answer nothing themselves.
const PLAIN: &str = "plain";

/// What answers before the brick has, or instead of it.
const CACHES: [&str; 6] = [
    "write-behind",
    "read-ahead",
    "io-cache",
    "quick-read",
    "open-behind",
    "stat-prefetch",
];

impl OnVolume {
    /// Makes a second volume, on which QEMU's driver promises what the gateway does.
    fn make_plain(&self) -> Result<(), Failure> {
        self.gluster.create_volume(PLAIN, 1)?;
        for cache in CACHES {
            let option = format!("performance.{cache}");
            self.gluster
                .gluster(&["volume", "set", PLAIN, &option, "off"])?;
        }
        Ok(())
    }

    fn on_plain(&self) -> String {
        self.gluster.qemu_name_on(PLAIN, "qemu")
    }

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
