//! What is measured: one client's pattern of I/O.

use std::fmt;

/// A program that makes the I/O.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    /// `qemu-img bench`: QEMU's own iSCSI and NBD clients. It knows no random pattern; "scattered"
    /// walks the image in a stride that meets every block once.
    QemuImg,
    /// libiscsi's `iscsi-perf`: truly random reads, iSCSI servers only.
    IscsiPerf,
    /// `labelgate-load`, ours: random reads and writes, iSCSI servers only.
    Load,
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::QemuImg => "qemu-img",
            Self::IscsiPerf => "iscsi-perf",
            Self::Load => "labelgate-load",
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

/// Reads or writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the image.
    Read,
    /// To the image.
    Write,
}

/// One pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Case {
    /// Who makes the I/O.
    pub client: Client,
    /// Its order.
    pub order: Order,
    /// Its direction.
    pub direction: Direction,
    /// Bytes of one I/O.
    pub block: u64,
    /// I/Os under way at once.
    pub depth: u32,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let order = match self.order {
            Order::Sequential => "sequential",
            Order::Scattered => "scattered",
            Order::Random => "random",
        };
        let direction = match self.direction {
            Direction::Read => "read",
            Direction::Write => "write",
        };
        let (size, unit) = if self.block < 1 << 20 {
            (self.block >> 10, 'k')
        } else {
            (self.block >> 20, 'm')
        };
        write!(f, "{size}{unit}-{order}-{direction}-depth{}", self.depth)
    }
}

/// All cases; with `quick` those of qemu-img only.
pub fn cases(quick: bool) -> Vec<Case> {
    let mut cases = Vec::new();
    for (order, block, depth) in [
        (Order::Scattered, 4 << 10, 1),
        (Order::Scattered, 4 << 10, 32),
        (Order::Sequential, 1 << 20, 8),
    ] {
        for direction in [Direction::Read, Direction::Write] {
            cases.push(Case {
                client: Client::QemuImg,
                order,
                direction,
                block,
                depth,
            });
        }
    }
    if !quick {
        for depth in [1, 32] {
            for (client, direction) in [
                (Client::IscsiPerf, Direction::Read),
                (Client::Load, Direction::Read),
                (Client::Load, Direction::Write),
            ] {
                cases.push(Case {
                    client,
                    order: Order::Random,
                    direction,
                    block: 4 << 10,
                    depth,
                });
            }
        }
    }
    cases
}
