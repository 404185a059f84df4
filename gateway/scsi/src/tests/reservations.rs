//! Reservations, as several initiators see them.

mod access;
mod fuzz;
mod kept;
mod preempting;
mod registering;
mod reserve6;

use super::*;
use crate::UnitAttention;

/// One unit and three initiators.
struct Cluster {
    unit: LogicalUnit,
    nexuses: [Nexus; 3],
}

const KEYS: [u64; 3] = [0xaaaa, 0xbbbb, 0xcccc];

mod action {
    pub(super) const REGISTER: u8 = 0;
    pub(super) const RESERVE: u8 = 1;
    pub(super) const RELEASE: u8 = 2;
    pub(super) const CLEAR: u8 = 3;
    pub(super) const PREEMPT: u8 = 4;
    pub(super) const PREEMPT_AND_ABORT: u8 = 5;
    pub(super) const REGISTER_AND_IGNORE: u8 = 6;
    pub(super) const REGISTER_AND_MOVE: u8 = 7;
}

/// TYPE.
mod kind {
    pub(super) const WRITE_EXCLUSIVE: u8 = 1;
    pub(super) const EXCLUSIVE_ACCESS: u8 = 3;
    pub(super) const WRITE_EXCLUSIVE_RO: u8 = 5;
    pub(super) const EXCLUSIVE_ACCESS_RO: u8 = 6;
    pub(super) const WRITE_EXCLUSIVE_AR: u8 = 7;
    pub(super) const ALL: [u8; 6] = [1, 3, 5, 6, 7, 8];
}

const WRITE: [u8; 10] = [0x2a, 0, 0, 0, 0, 0, 0, 0, 1, 0];
const READ: [u8; 10] = [0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0];

fn port(number: u8) -> InitiatorPort {
    InitiatorPort::new("vm", "iqn.2026-11.test:vm", [0x80, 0, 0, 0, 0, number])
}

/// A parameter list of 24 bytes.
fn list(key: u64, action_key: u64, flags: u8) -> [u8; 24] {
    let mut list = [0; 24];
    list[..8].copy_from_slice(&key.to_be_bytes());
    list[8..16].copy_from_slice(&action_key.to_be_bytes());
    list[20] = flags;
    list
}

impl Cluster {
    fn new() -> Self {
        let mut unit = LogicalUnit::new(&description(GEOMETRY));
        let nexuses = [0, 1, 2].map(|number| Nexus::new(port(number)));
        for nexus in &nexuses {
            unit.nexus_began(nexus.port());
        }
        Self { unit, nexuses }
    }

    /// With these initiators registered, each with its key.
    fn registered(who: &[usize]) -> Self {
        let mut cluster = Self::new();
        for &who in who {
            let register = cluster.out(who, action::REGISTER, 0, 0, KEYS[who]);
            assert_eq!(register, Plan::Settle);
        }
        cluster
    }

    /// With the first of these holding a reservation.
    fn reserved(kind: u8, who: &[usize]) -> Self {
        let mut cluster = Self::registered(who);
        assert_eq!(
            cluster.out(who[0], action::RESERVE, kind, KEYS[who[0]], 0),
            Plan::Settle
        );
        cluster
    }

    fn send(&mut self, who: usize, cdb: &[u8]) -> Plan {
        match Command::parse(&padded(cdb)) {
            Ok(command) => self.unit.plan(&mut self.nexuses[who], &command),
            Err(sense) => Plan::Fail(sense),
        }
    }

    fn send_list(&mut self, who: usize, action: u8, kind: u8, list: &[u8]) -> Plan {
        let [a, b, c, d] = u32::try_from(list.len()).unwrap().to_be_bytes();
        let cdb = padded(&[0x5f, action, kind, 0, 0, a, b, c, d, 0]);
        let command = match Command::parse(&cdb) {
            Ok(command) => command,
            Err(sense) => return Plan::Fail(sense),
        };
        let nexus = &mut self.nexuses[who];
        let plan = match self.unit.plan(nexus, &command) {
            Plan::Parameters { length } => {
                assert_eq!(length, list.len());
                self.unit.parameters(nexus, &command, list)
            }
            other => other,
        };
        self.post();
        plan
    }

    /// PERSISTENT RESERVE OUT with this key and this service action key.
    fn out(&mut self, who: usize, action: u8, kind: u8, key: u64, action_key: u64) -> Plan {
        self.send_list(who, action, kind, &list(key, action_key, 0))
    }

    /// Does what a transport does with what a command has for others.
    fn post(&mut self) {
        for (port, attention) in self.unit.take_effects().attentions {
            let nexuses = self.nexuses.iter_mut();
            for nexus in nexuses.filter(|nexus| *nexus.port() == port) {
                nexus.post(attention);
            }
        }
    }

    /// PERSISTENT RESERVE IN, from somebody who only looks on.
    fn ask(&mut self, action: u8) -> Vec<u8> {
        let cdb = padded(&[0x5e, action, 0, 0, 0, 0, 0, 0xff, 0xff, 0]);
        let command = Command::parse(&cdb).unwrap();
        match self.unit.plan(&mut Nexus::new(port(9)), &command) {
            Plan::Answer(data) => data,
            other => panic!("{other:?}"),
        }
    }

    fn keys(&mut self) -> Vec<u64> {
        let data = self.ask(0);
        assert_eq!(
            data[4..8],
            u32::try_from(data.len() - 8).unwrap().to_be_bytes()
        );
        let keys = data[8..].chunks(8);
        keys.map(|key| u64::from_be_bytes(key.try_into().unwrap()))
            .collect()
    }

    fn generation(&mut self) -> u32 {
        u32::from_be_bytes(self.ask(0)[..4].try_into().unwrap())
    }

    /// The key of the reservation, and its type.
    fn reservation(&mut self) -> Option<(u64, u8)> {
        let data = self.ask(1);
        let body = data.get(8..24)?;
        Some((u64::from_be_bytes(body[..8].try_into().unwrap()), body[13]))
    }

    /// What an initiator has to hear.
    fn heard(&mut self, who: usize) -> Option<UnitAttention> {
        self.nexuses[who].take()
    }
}
