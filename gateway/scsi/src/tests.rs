//! The server as an initiator sees it: CDBs in, plans and data out.

mod attention;
mod fuzz;
mod identity;
mod medium;
mod mode;
mod property;
mod provisioning;
mod reservations;
mod supported;

use labelgate_engine::{Geometry, ImageDescription};

use crate::{
    AdditionalSense, Command, FaultyField, InitiatorPort, LogicalUnit, Nexus, Plan, Sense, no_unit,
};

const MIB: u64 = 1 << 20;

const GEOMETRY: Geometry = Geometry {
    size: 64 * MIB,
    block_size: 512,
    physical_block_size: 4096,
    read_only: false,
    discard: true,
};
/// How many blocks that is.
const BLOCKS: u32 = 0x2_0000;

fn description(geometry: Geometry) -> ImageDescription {
    ImageDescription {
        target: "iqn.2026-11.io.labelgate:store.disk".to_owned(),
        file_name: "disk".to_owned(),
        serial: "0123456789abcdef0123456789abcdef".to_owned(),
        naa: [0x30, 1, 2, 3, 4, 5, 6, 7],
        geometry,
    }
}

/// One initiator and the unit it talks to.
struct Initiator {
    unit: LogicalUnit,
    nexus: Nexus,
}

impl Initiator {
    fn new(geometry: Geometry) -> Self {
        Self {
            unit: LogicalUnit::new(&description(geometry)),
            nexus: Nexus::new(InitiatorPort::new("vm", "iqn.2026-11.test:vm", [0x80; 6])),
        }
    }

    fn send(&mut self, cdb: &[u8]) -> Plan {
        match Command::parse(&padded(cdb)) {
            Ok(command) => self.unit.plan(&mut self.nexus, &command),
            Err(sense) => Plan::Fail(sense),
        }
    }

    fn data(&mut self, cdb: &[u8]) -> Vec<u8> {
        match self.send(cdb) {
            Plan::Answer(data) => data,
            other => panic!("{cdb:02x?} is answered with {other:?}"),
        }
    }

    fn failure(&mut self, cdb: &[u8]) -> Sense {
        failure(self.send(cdb))
    }

    /// A command with a parameter list, and the list.
    fn send_with(&mut self, cdb: &[u8], list: &[u8]) -> Plan {
        match self.send(cdb) {
            Plan::Parameters { length } => {
                assert_eq!(length, list.len());
                let command = Command::parse(&padded(cdb)).unwrap();
                self.unit.parameters(&mut self.nexus, &command, list)
            }
            other => other,
        }
    }
}

fn failure(plan: Plan) -> Sense {
    match plan {
        Plan::Fail(sense) => sense,
        other => panic!("{other:?} is no failure"),
    }
}

fn padded(cdb: &[u8]) -> [u8; 16] {
    let mut whole = [0; 16];
    whole[..cdb.len()].copy_from_slice(cdb);
    whole
}

/// INVALID FIELD IN CDB at this byte and bit.
fn at(byte: u16, bit: Option<u8>) -> Sense {
    Sense {
        field: Some(FaultyField::Cdb { byte, bit }),
        ..Sense::invalid_field(0, None)
    }
}

/// A 10-byte CDB with an LBA and a transfer length.
fn ten(opcode: u8, flags: u8, lba: u32, blocks: u16) -> [u8; 10] {
    let ([a, b, c, d], [e, f]) = (lba.to_be_bytes(), blocks.to_be_bytes());
    [opcode, flags, a, b, c, d, 0, e, f, 0]
}

/// A 12-byte CDB with an LBA and a transfer length.
fn twelve(opcode: u8, flags: u8, lba: u32, blocks: u32) -> [u8; 12] {
    let mut cdb = [0; 12];
    (cdb[0], cdb[1]) = (opcode, flags);
    cdb[2..6].copy_from_slice(&lba.to_be_bytes());
    cdb[6..10].copy_from_slice(&blocks.to_be_bytes());
    cdb
}

/// A 16-byte CDB with an LBA and a transfer length.
fn sixteen(opcode: u8, flags: u8, lba: u64, blocks: u32) -> [u8; 16] {
    let mut cdb = [0; 16];
    (cdb[0], cdb[1]) = (opcode, flags);
    cdb[2..10].copy_from_slice(&lba.to_be_bytes());
    cdb[10..14].copy_from_slice(&blocks.to_be_bytes());
    cdb
}
