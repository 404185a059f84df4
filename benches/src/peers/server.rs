//! The servers that stand side by side. All run at once, each with a copy of the same image on the
//! same medium; only one is used at a time.

use std::{
    ffi::OsStr,
    fmt::Debug,
    fs,
    net::Ipv4Addr,
    path::{Path, PathBuf},
    process::Command,
    rc::Rc,
    time::Duration,
};

use labelgate_fixtures::{
    Failure,
    cache::program,
    gateway::{Gateway, LABEL_A, Plan},
    loopback::loopback_address,
    peer::{Ganesha, Nbdkit, Tgt},
    process::{Service, command},
};

use crate::{case::Front, ceph::Cluster, gluster::OnVolume};

/// What a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// RFC 7143.
    Iscsi,
    /// NBD, which carries a third of the header and negotiates nothing per command.
    Nbd,
    /// RFC 1813.
    Nfs,
    /// Ceph's own, without a server between the client and the cluster.
    Rados,
    /// Gluster's own, in the same way.
    Gluster,
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    /// Its name in the report.
    pub name: &'static str,
    /// What it speaks.
    pub protocol: Protocol,
    /// Whether it is a labelgate.
    pub is_ours: bool,
    running: Running,
    /// What it stands on. It ends with the last that does.
    _stands_on: Option<Rc<dyn Debug>>,
}

#[derive(Debug)]
enum Running {
    Gateway(Box<Gateway>),
    Tgt(Tgt),
    Nbdkit(Nbdkit),
    Ganesha(Ganesha),
    Listed(Listed),
}

/// A running program of ours that says where it listens.
#[derive(Debug)]
struct Listed {
    service: Service,
    url: String,
}

/// The name of the image, for servers of files.
const FILE: &str = "bench.raw";

/// What servers without a configuration export. QEMU mounts nothing that has no name.
const EXPORT: &str = "bench";

impl Server {
    /// labelgated with the driver that its configuration calls `driver`.
    pub fn ours(driver: Driver, front: Front, master: &Path) -> Result<Self, Failure> {
        let (name, driver) = match driver {
            Driver::Ring => ("labelgate (ring)", "\"ring\""),
            Driver::Epoll => ("labelgate (epoll)", "\"epoll\""),
        };
        let plan = Plan::new()
            .image_from("bench", LABEL_A, master)
            .identity(Ipv4Addr::LOCALHOST.into(), LABEL_A)
            .setting("driver", driver);
        let (protocol, plan) = match front {
            Front::Block | Front::Ceph | Front::Gluster => (Protocol::Iscsi, plan),
            Front::Nfs => (Protocol::Nfs, plan.nfs()),
        };
        let running = Running::Gateway(Box::new(Gateway::start(plan)?));
        Ok(Self {
            is_ours: true,
            ..Self::other(name, protocol, running)
        })
    }

    /// labelgated with a store on a cluster.
    pub fn ours_on(cluster: &Rc<Cluster>) -> Result<Self, Failure> {
        Self::ours_above(Rc::<Cluster>::clone(cluster), cluster.plan()?)
    }

    /// labelgated with a store on a volume.
    pub fn ours_on_volume(volume: &Rc<OnVolume>) -> Result<Self, Failure> {
        Self::ours_above(Rc::<OnVolume>::clone(volume), volume.plan())
    }

    fn ours_above(stands_on: Rc<dyn Debug>, plan: Plan) -> Result<Self, Failure> {
        let gateway = Gateway::start(plan)?;
        let name = "labelgate (ring)";
        Ok(Self {
            is_ours: true,
            _stands_on: Some(stands_on),
            ..Self::other(name, Protocol::Iscsi, Running::Gateway(Box::new(gateway)))
        })
    }

    /// tgtd over librbd, with or without its cache.
    pub fn tgt_on(cluster: &Rc<Cluster>, cache: bool) -> Result<Self, Failure> {
        let (name, image) = match cache {
            true => ("tgt-rbd (cache)", "tgt-cache"),
            false => ("tgt-rbd", "tgt"),
        };
        let tgt = Tgt::start_on_ceph(&cluster.ceph, image, cache)?;
        Ok(Self {
            _stands_on: Some(Rc::<Cluster>::clone(cluster)),
            ..Self::other(name, Protocol::Iscsi, Running::Tgt(tgt))
        })
    }

    /// tgtd over libgfapi.
    pub fn tgt_on_volume(volume: &Rc<OnVolume>) -> Result<Self, Failure> {
        let tgt = Tgt::start_on_gluster(&volume.gluster, "tgt")?;
        Ok(Self {
            _stands_on: Some(Rc::<OnVolume>::clone(volume)),
            ..Self::other("tgt-glfs", Protocol::Iscsi, Running::Tgt(tgt))
        })
    }

    /// QEMU's own driver, which needs no server. The process that stands for one does nothing.
    pub fn none_on(cluster: &Rc<Cluster>) -> Result<Self, Failure> {
        let image = format!("{}/qemu", cluster.ceph.pool());
        let url = cluster.ceph.qemu_name(&image);
        let what = ("QEMU rbd", Protocol::Rados);
        Self::none_above(Rc::<Cluster>::clone(cluster), what, url)
    }

    /// The same of Gluster, by the name of a file on it.
    pub fn none_on_volume(
        volume: &Rc<OnVolume>,
        name: &'static str,
        url: String,
    ) -> Result<Self, Failure> {
        let what = (name, Protocol::Gluster);
        Self::none_above(Rc::<OnVolume>::clone(volume), what, url)
    }

    fn none_above(
        stands_on: Rc<dyn Debug>,
        (name, protocol): (&'static str, Protocol),
        url: String,
    ) -> Result<Self, Failure> {
        let service = Service::start(command("sleep").arg("infinity"))?;
        let running = Running::Listed(Listed { service, url });
        Ok(Self {
            _stands_on: Some(stands_on),
            ..Self::other(name, protocol, running)
        })
    }

    /// tgtd.
    pub fn tgt(master: &Path) -> Result<Self, Failure> {
        let running = Running::Tgt(Tgt::start(&copy(master, "tgt.raw")?)?);
        Ok(Self::other("tgt", Protocol::Iscsi, running))
    }

    /// nbdkit with its file plugin.
    pub fn nbdkit(master: &Path) -> Result<Self, Failure> {
        let running = Running::Nbdkit(Nbdkit::start(&copy(master, "nbdkit.raw")?)?);
        Ok(Self::other("nbdkit (NBD)", Protocol::Nbd, running))
    }

    /// nfs-ganesha with its FSAL_VFS.
    pub fn ganesha(master: &Path) -> Result<Self, Failure> {
        let directory = directory(master, "ganesha")?;
        let running = Running::Ganesha(Ganesha::start(&directory)?);
        Ok(Self::other("nfs-ganesha", Protocol::Nfs, running))
    }

    /// The crate `nfsserve`.
    pub fn nfsserve(master: &Path) -> Result<Self, Failure> {
        let directory = directory(master, "nfsserve")?;
        let mut start = command(program("nfsserve-directory")?);
        let address = loopback_address().to_string();
        start
            .arg(directory)
            .args(["--address", &address, "--export", EXPORT]);
        let service = ready(&mut start)?.0;
        let url = format!("nfs://{address}/{EXPORT}/{FILE}");
        let running = Running::Listed(Listed { service, url });
        Ok(Self::other("nfsserve", Protocol::Nfs, running))
    }

    const fn other(name: &'static str, protocol: Protocol, running: Running) -> Self {
        Self {
            name,
            protocol,
            is_ours: false,
            running,
            _stands_on: None,
        }
    }

    /// labelgate-floor, or labelgate-nfs-floor, with a disk of `size` bytes that no medium stands
    /// behind.
    pub fn floor(front: Front, size: u64) -> Result<Self, Failure> {
        let size = size.to_string();
        let (protocol, service, url) = match front {
            Front::Block | Front::Ceph | Front::Gluster => {
                let mut start = command(program("labelgate-floor")?);
                let (service, address) = ready(start.args(["--size", &size]))?;
                let url = format!("iscsi://{address}/iqn.2026-01.net.labelgate:floor/0");
                (Protocol::Iscsi, service, url)
            }
            Front::Nfs => {
                let address = loopback_address().to_string();
                let mut start = command(program("labelgate-nfs-floor")?);
                start.args(["--size", &size, "--address", &address]);
                let url = format!("nfs://{address}/{EXPORT}/{FILE}");
                (Protocol::Nfs, ready(&mut start)?.0, url)
            }
        };
        let running = Running::Listed(Listed { service, url });
        Ok(Self::other("floor", protocol, running))
    }

    /// Ends the server. A gateway that is dropped instead shows the last lines of its log.
    ///
    /// # Errors
    ///
    /// When a gateway does not end as it should.
    pub fn stop(self) -> Result<(), Failure> {
        match self.running {
            Running::Gateway(gateway) => gateway.stop(),
            Running::Tgt(_) | Running::Nbdkit(_) | Running::Ganesha(_) | Running::Listed(_) => {
                Ok(())
            }
        }
    }

    /// Where clients find the image.
    pub fn url(&self) -> String {
        match &self.running {
            Running::Gateway(gateway) if self.protocol == Protocol::Nfs => gateway.nfs_url("bench"),
            Running::Gateway(gateway) => gateway.url("bench"),
            Running::Tgt(tgt) => tgt.url(),
            Running::Nbdkit(nbdkit) => nbdkit.url(),
            Running::Ganesha(ganesha) => ganesha.url(FILE),
            Running::Listed(listed) => listed.url.clone(),
        }
    }

    /// A client of it: what runs where its URL is good.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        match &self.running {
            Running::Ganesha(ganesha) => ganesha.command(program),
            _ => command(program),
        }
    }

    /// The process whose descendants, with itself, are the server.
    pub fn root(&self) -> u32 {
        match &self.running {
            Running::Gateway(gateway) => gateway.pid(),
            Running::Tgt(tgt) => tgt.pid(),
            Running::Nbdkit(nbdkit) => nbdkit.pid(),
            Running::Ganesha(ganesha) => ganesha.pid(),
            Running::Listed(listed) => listed.service.pid(),
        }
    }
}

/// How a worker moves bytes.
#[derive(Debug, Clone, Copy)]
pub enum Driver {
    /// By io_uring.
    Ring,
    /// By readiness.
    Epoll,
}

/// Starts a program that says where it listens, and what it says.
fn ready(start: &mut Command) -> Result<(Service, String), Failure> {
    let mut service = Service::start(start)?;
    let mut address = None;
    service.wait_ready(Duration::from_secs(10), |log| {
        address = log.strip_prefix("listening on ").and_then(|rest| {
            rest.contains('\n')
                .then(|| rest.lines().next().unwrap_or_default().to_owned())
        });
        address.is_some()
    })?;
    Ok((service, address.unwrap_or_default()))
}

/// A directory with nothing but a copy of the image.
fn directory(master: &Path, name: &str) -> Result<PathBuf, Failure> {
    let path = master.with_file_name(name);
    fs::create_dir(&path).map_err(Failure::io(format!("making {}", path.display())))?;
    copy(master, &format!("{name}/{FILE}"))?;
    Ok(path)
}

fn copy(master: &Path, name: &str) -> Result<PathBuf, Failure> {
    let path = master.with_file_name(name);
    fs::copy(master, &path).map_err(Failure::io(format!("making {}", path.display())))?;
    Ok(path)
}
