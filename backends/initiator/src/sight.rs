//! Whether credentials open one logical unit and nothing else.

use std::fmt;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::visible::{devices, names};
use crate::{Credentials, Device, Error, Kind};

/// The most targets that are looked into besides the one.
const MAX_OTHERS: usize = 1024;
/// How many of them are named.
const NAMED: usize = 3;

/// What credentials open at a target's portal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sight {
    /// The numbers of the target's disks.
    pub units: Vec<u16>,
    /// Other targets that have disks for them.
    pub others: Vec<String>,
    /// What could not be looked into, and why.
    pub doubts: Vec<String>,
}

impl Sight {
    /// Whether there is one disk at most, and nothing that could not be looked into.
    #[must_use]
    pub fn is_single(&self) -> bool {
        self.units.len() <= 1 && self.others.is_empty() && self.doubts.is_empty()
    }
}

impl fmt::Display for Sight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.units.iter().take(NAMED).map(ToString::to_string);
        let shown: Vec<String> = shown.collect();
        match self.units.len() {
            0 => f.write_str("no disk of the target")?,
            1 => write!(f, "logical unit {}", shown.join(", "))?,
            count => write!(f, "{count} logical units (such as {})", shown.join(", "))?,
        }
        if let Some(first) = self.others.first() {
            write!(
                f,
                ", and {} other targets (such as {first})",
                self.others.len()
            )?;
        }
        if let Some(first) = self.doubts.first() {
            write!(f, ", and it is not known what else: {first}")?;
        }
        Ok(())
    }
}

/// Asks what these credentials open at a target's portal: of the target itself, and of all others that
/// the portal tells of. Waits for the answers, at most so long.
///
/// # Errors
/// They do not open the target, or it is not there.
pub fn sight(
    (portal, target): (SocketAddr, &str),
    credentials: &Credentials,
    limit: Duration,
) -> Result<Sight, Error> {
    let until = Instant::now() + limit;
    let is_disk = |device: &Device| device.is_disk();
    let own = devices(portal, credentials, target, until)?;
    let units = own.iter().filter(|device| is_disk(device));
    let mut sight = Sight {
        units: units.map(|device| device.unit).collect(),
        ..Sight::default()
    };
    let others = match names(portal, credentials, until) {
        Ok(names) => names,
        Err(error) => {
            sight.doubts.push(error.to_string());
            return Ok(sight);
        }
    };
    let others = others.into_iter().filter(|name| name != target);
    for (number, other) in others.enumerate() {
        if number == MAX_OTHERS {
            sight
                .doubts
                .push("there are more targets than are looked into".to_owned());
            break;
        }
        match devices(portal, credentials, &other, until) {
            Ok(devices) if devices.iter().any(is_disk) => sight.others.push(other),
            Ok(_) => {}
            // It does not let them in.
            Err(error) if matches!(error.kind(), Kind::Permission | Kind::NotFound) => {}
            Err(error) => sight.doubts.push(format!("{other}: {error}")),
        }
    }
    Ok(sight)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_not_single() {
        let mut sight = Sight::default();
        assert!(sight.is_single());
        sight.units = vec![1];
        assert!(sight.is_single());
        assert_eq!(sight.to_string(), "logical unit 1");
        sight.doubts.push("asking for targets: no".to_owned());
        assert!(!sight.is_single());
        let more = Sight {
            units: vec![1, 2, 3, 4],
            others: vec!["iqn.x".to_owned()],
            doubts: Vec::new(),
        };
        assert!(!more.is_single());
        let said = more.to_string();
        assert_eq!(
            said,
            "4 logical units (such as 1, 2, 3), and 1 other targets (such as iqn.x)"
        );
    }
}
