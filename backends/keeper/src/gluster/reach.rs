//! The files that Gluster's library wants while it connects, and afterwards when it does so again.

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags, open};

/// What names are looked up in, and services: files alone, since a keeper asks no name server.
const FILES: &[&str] = &[
    "/etc/hosts",
    "/etc/nsswitch.conf",
    "/etc/host.conf",
    "/etc/resolv.conf",
    "/etc/gai.conf",
    "/etc/services",
    "/etc/localtime",
    "/etc/ld.so.cache",
    "/usr/share/locale/locale.alias",
    "/proc/sys/net/ipv4/ip_local_reserved_ports",
];

/// Where the library makes files that it removes at once (a volume's description, twice), what it
/// begins to log to, and where it names its threads: without a name it does not go on.
const SCRATCH: &[&str] = &["/tmp", "/dev/null", "/proc/self/task"];

/// What the library is made of is beneath a directory of this name beside it.
const MODULES: &str = "glusterfs";

/// The way to all of them, as far as they are there.
pub(crate) struct Reached {
    /// To be read.
    pub(crate) read: Vec<OwnedFd>,
    /// Where new files may be made.
    pub(crate) scratch: Vec<OwnedFd>,
}

impl Reached {
    /// To be called when the library is loaded: its modules are beside it.
    pub(crate) fn find() -> io::Result<Self> {
        let mut read = ways(FILES.iter().map(PathBuf::from));
        read.extend(ways(modules()?));
        let scratch = ways(SCRATCH.iter().map(PathBuf::from));
        Ok(Self { read, scratch })
    }
}

fn ways(paths: impl IntoIterator<Item = PathBuf>) -> Vec<OwnedFd> {
    let way = |path: PathBuf| open(path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty()).ok();
    paths.into_iter().filter_map(way).collect()
}

/// The directory of the library's modules, and the library that one of them is linked with, which its
/// loader opens by its own path.
fn modules() -> io::Result<Vec<PathBuf>> {
    let maps = fs::read_to_string("/proc/self/maps")?;
    let library = maps
        .lines()
        .filter_map(|line| line.split_whitespace().nth(5).map(Path::new))
        .find(|path| {
            let name = path.file_name().and_then(|name| name.to_str());
            name.is_some_and(|name| name.starts_with("libgfapi.so"))
        });
    let directory = library.and_then(Path::parent);
    let directory = directory.ok_or_else(|| io::Error::other("the library is not to be found"))?;
    let beside = ["libssl.so.3", "libcrypto.so.3"].map(|name| directory.join(name));
    Ok([directory.join(MODULES)]
        .into_iter()
        .chain(beside)
        .collect())
}
