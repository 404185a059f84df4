//! What a keeper takes, with one image and with twenty.

use std::fs;
use std::thread;
use std::time::Duration;

use labelgate_fixtures::{
    Failure,
    behind::{Backend, Behind},
    gateway::Plan,
    procfs,
};

use crate::figures::{Figure, mebibytes};

/// What has keepers, and what it is called.
const BACKENDS: [(Backend, &str); 4] = [
    (Backend::CephInMemory, "Ceph"),
    (Backend::Brick, "Gluster"),
    (Backend::Target, "iSCSI"),
    (Backend::Export, "NFS"),
];
/// How many images.
const IMAGES: [u32; 2] = [1, 20];
/// A thread that an image needed for its opening stays for ten seconds.
const SETTLED: Duration = Duration::from_secs(12);

/// Measures all kinds.
pub fn measure(figures: &mut Vec<Figure>) -> Result<(), Failure> {
    for (backend, name) in BACKENDS {
        let mut taken = Vec::new();
        backend.with(Plan::new(), |behind| {
            taken = fill(behind)?;
            Ok(())
        })?;
        for (images, memory, threads) in taken {
            let of = format!("of a keeper of {name} with {images} images");
            figures.push(figure(format!("memory (PSS) {of}"), memory, "MiB"));
            figures.push(figure(format!("threads {of}"), threads, ""));
        }
    }
    Ok(())
}

fn figure(name: String, value: f64, unit: &'static str) -> Figure {
    Figure {
        name,
        value,
        unit,
        observations: 1,
    }
}

/// Opens images and writes each of them; images, mebibytes, threads.
fn fill(behind: &Behind<'_>) -> Result<Vec<(u32, f64, f64)>, Failure> {
    let house = &behind.house;
    let label = house.level("a")?;
    let who = house.identity("vm-a", &label)?;
    let (mut sessions, mut taken) = (Vec::new(), Vec::new());
    for number in 1..=20 {
        let image = behind.image(number, &label)?;
        let mut session = house.session(&who, &image)?;
        session.write(0, &[1; 4096])?;
        sessions.push(session);
        if IMAGES.contains(&number) {
            thread::sleep(SETTLED);
            let (memory, threads) = taken_by(&house.keepers())?;
            taken.push((number, memory, threads));
        }
    }
    Ok(taken)
}

#[allow(
    clippy::cast_precision_loss,
    reason = "threads are far fewer than 2^52"
)]
fn taken_by(keepers: &[u32]) -> Result<(f64, f64), Failure> {
    let [keeper] = keepers else {
        return Err(Failure::Unexpected("there is not one keeper".to_owned()));
    };
    let threads = fs::read_dir(format!("/proc/{keeper}/task"));
    let threads = threads.map_err(Failure::io("counting threads"))?.count();
    let gone = || Failure::Unexpected("the keeper is gone".to_owned());
    let memory = procfs::memory(*keeper).ok_or_else(gone)?;
    Ok((mebibytes(memory), threads as f64))
}
