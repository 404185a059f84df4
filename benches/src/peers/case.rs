//! What is measured: one client's pattern of I/O.

use std::fmt;

/// Through which front end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Front {
    /// iSCSI, and NBD beside it.
    Block,
    /// NFS version 3.
    Nfs,
    /// iSCSI, with the image in a Ceph cluster, and QEMU's own driver for that beside it.
    Ceph,
    /// The same with a volume of Gluster's.
    Gluster,
}

/// A program that makes the I/O.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    /// `qemu-img bench`: QEMU's own iSCSI, NBD and NFS clients. It knows no random pattern;
    /// "scattered" walks the image in a stride that meets every block once.
    QemuImg,
    /// libiscsi's `iscsi-perf`: truly random reads, iSCSI servers only.
    IscsiPerf,
    /// `labelgate-load`, ours: random reads and writes, iSCSI servers only.
    Load,
    /// `labelgate-nfs-load`, ours: NFS servers only.
    NfsLoad,
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::QemuImg => "qemu-img",
            Self::IscsiPerf => "iscsi-perf",
            Self::Load => "labelgate-load",
            Self::NfsLoad => "labelgate-nfs-load",
        })
    }
}

/// Which blocks follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// One after the other.
    Sequential,
    /// In a large stride.
    Scattered,
    /// At random.
    Random,
}

/// What is asked for again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// From the image.
    Read,
    /// To the image.
    Write,
    /// NFS's NULL: nothing.
    Null,
    /// NFS's GETATTR.
    GetAttr,
}

/// One pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Case {
    /// Through which front end.
    pub front: Front,
    /// Who makes the I/O.
    pub client: Client,
    /// Its order.
    pub order: Order,
    /// What it asks for.
    pub operation: Operation,
    /// Bytes of one I/O.
    pub block: u64,
    /// I/Os under way at once.
    pub depth: u32,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.front {
            Front::Block => "",
            Front::Nfs => "nfs-",
            Front::Ceph => "rbd-",
            Front::Gluster => "gluster-",
        })?;
        let operation = match self.operation {
            Operation::Read => "read",
            Operation::Write => "write",
            Operation::Null => return write!(f, "null-depth{}", self.depth),
            Operation::GetAttr => return write!(f, "getattr-depth{}", self.depth),
        };
        let order = match self.order {
            Order::Sequential => "sequential",
            Order::Scattered => "scattered",
            Order::Random => "random",
        };
        let (size, unit) = if self.block < 1 << 20 {
            (self.block >> 10, 'k')
        } else {
            (self.block >> 20, 'm')
        };
        write!(f, "{size}{unit}-{order}-{operation}-depth{}", self.depth)
    }
}

/// All cases; with `quick` those of qemu-img, and NFS's calls that move nothing.
pub fn cases(quick: bool) -> Vec<Case> {
    let mut cases = Vec::new();
    for front in [Front::Block, Front::Nfs] {
        cases.extend(of_qemu_img(front));
        if front == Front::Nfs {
            cases.extend(of_calls());
        }
        if !quick {
            cases.extend(at_random(front));
        }
    }
    for front in [Front::Ceph, Front::Gluster] {
        cases.extend(of_qemu_img(front));
    }
    cases
}

const BOTH: [Operation; 2] = [Operation::Read, Operation::Write];

fn of_qemu_img(front: Front) -> impl Iterator<Item = Case> {
    let patterns = [
        (Order::Scattered, 4 << 10, 1),
        (Order::Scattered, 4 << 10, 32),
        (Order::Sequential, 1 << 20, 8),
    ];
    patterns.into_iter().flat_map(move |(order, block, depth)| {
        BOTH.map(|operation| Case {
            front,
            client: Client::QemuImg,
            order,
            operation,
            block,
            depth,
        })
    })
}

fn of_calls() -> impl Iterator<Item = Case> {
    let depths = [1, 32];
    depths.into_iter().flat_map(|depth| {
        [Operation::Null, Operation::GetAttr].map(|operation| Case {
            front: Front::Nfs,
            client: Client::NfsLoad,
            order: Order::Sequential,
            operation,
            block: 0,
            depth,
        })
    })
}

/// 4 KiB at random; and where QEMU's own client costs much, 1 MiB by one that costs little.
fn at_random(front: Front) -> Vec<Case> {
    let (iscsi_perf, load) = match front {
        Front::Block => (Some(Client::IscsiPerf), Client::Load),
        Front::Nfs => (None, Client::NfsLoad),
        // Only QEMU knows all the ways.
        Front::Ceph | Front::Gluster => return Vec::new(),
    };
    let mut cases = Vec::new();
    for depth in [1, 32] {
        let perf = iscsi_perf.map(|client| (client, Operation::Read));
        let loads = BOTH.map(|operation| (load, operation));
        cases.extend(
            perf.into_iter()
                .chain(loads)
                .map(|(client, operation)| Case {
                    front,
                    client,
                    order: Order::Random,
                    operation,
                    block: 4 << 10,
                    depth,
                }),
        );
    }
    if front == Front::Nfs {
        cases.extend(BOTH.map(|operation| Case {
            front,
            client: load,
            order: Order::Sequential,
            operation,
            block: 1 << 20,
            depth: 8,
        }));
    }
    cases
}
