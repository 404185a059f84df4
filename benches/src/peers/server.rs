//! The servers that stand side by side. All run at once, each with a copy of the same image on the
//! same medium; only one is used at a time.

use std::{fs, net::Ipv4Addr, path::Path, time::Duration};

use labelgate_fixtures::{
    Failure,
    cache::program,
    gateway::{Gateway, LABEL_A, Plan},
    peer::{Nbdkit, Tgt},
    process::{Service, command},
};

/// What a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// RFC 7143.
    Iscsi,
    /// NBD, which carries a third of the header and negotiates nothing per command.
    Nbd,
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
}

#[derive(Debug)]
enum Running {
    Gateway(Box<Gateway>),
    Tgt(Tgt),
    Nbdkit(Nbdkit),
    Floor(Floor),
}

/// A running labelgate-floor.
#[derive(Debug)]
struct Floor {
    service: Service,
    address: String,
}

impl Server {
    /// labelgated with the driver that its configuration calls `driver`.
    pub fn ours(name: &'static str, driver: &str, master: &Path) -> Result<Self, Failure> {
        let plan = Plan::new()
            .image_from("bench", LABEL_A, master)
            .identity(Ipv4Addr::LOCALHOST.into(), LABEL_A)
            .setting("driver", &format!("\"{driver}\""));
        let running = Running::Gateway(Box::new(Gateway::start(plan)?));
        Ok(Self {
            name,
            protocol: Protocol::Iscsi,
            is_ours: true,
            running,
        })
    }

    /// tgtd.
    pub fn tgt(master: &Path) -> Result<Self, Failure> {
        let running = Running::Tgt(Tgt::start(&copy(master, "tgt")?)?);
        Ok(Self {
            name: "tgt",
            protocol: Protocol::Iscsi,
            is_ours: false,
            running,
        })
    }

    /// nbdkit with its file plugin.
    pub fn nbdkit(master: &Path) -> Result<Self, Failure> {
        let running = Running::Nbdkit(Nbdkit::start(&copy(master, "nbdkit")?)?);
        Ok(Self {
            name: "nbdkit (NBD)",
            protocol: Protocol::Nbd,
            is_ours: false,
            running,
        })
    }

    /// labelgate-floor with a disk of `size` bytes that no medium stands behind.
    pub fn floor(size: u64) -> Result<Self, Failure> {
        let running = Running::Floor(Floor::start(size)?);
        Ok(Self {
            name: "floor",
            protocol: Protocol::Iscsi,
            is_ours: false,
            running,
        })
    }

    /// Ends the server. A gateway that is dropped instead shows the last lines of its log.
    ///
    /// # Errors
    ///
    /// When a gateway does not end as it should.
    pub fn stop(self) -> Result<(), Failure> {
        match self.running {
            Running::Gateway(gateway) => gateway.stop(),
            Running::Tgt(_) | Running::Nbdkit(_) | Running::Floor(_) => Ok(()),
        }
    }

    /// Where clients find the image.
    pub fn url(&self) -> String {
        match &self.running {
            Running::Gateway(gateway) => gateway.url("bench"),
            Running::Tgt(tgt) => tgt.url(),
            Running::Nbdkit(nbdkit) => nbdkit.url(),
            Running::Floor(floor) => {
                format!(
                    "iscsi://{}/iqn.2026-01.net.labelgate:floor/0",
                    floor.address
                )
            }
        }
    }

    /// The process whose descendants, with itself, are the server.
    pub fn root(&self) -> u32 {
        match &self.running {
            Running::Gateway(gateway) => gateway.pid(),
            Running::Tgt(tgt) => tgt.pid(),
            Running::Nbdkit(nbdkit) => nbdkit.pid(),
            Running::Floor(floor) => floor.service.pid(),
        }
    }
}

impl Floor {
    fn start(size: u64) -> Result<Self, Failure> {
        let mut start = command(program("labelgate-floor")?);
        start.args(["--size", &size.to_string()]);
        let mut service = Service::start(&mut start)?;
        let mut address = None;
        service.wait_ready(Duration::from_secs(10), |log| {
            address = log.strip_prefix("listening on ").and_then(|rest| {
                rest.contains('\n')
                    .then(|| rest.lines().next().unwrap_or_default().to_owned())
            });
            address.is_some()
        })?;
        Ok(Self {
            service,
            address: address.unwrap_or_default(),
        })
    }
}

fn copy(master: &Path, name: &str) -> Result<std::path::PathBuf, Failure> {
    let path = master.with_file_name(format!("{name}.raw"));
    fs::copy(master, &path).map_err(Failure::io(format!("making {}", path.display())))?;
    Ok(path)
}
