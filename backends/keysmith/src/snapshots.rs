//! Snapshots of images.

use std::time::SystemTime;

use labelgate_control::{
    KeptName, KeptSnapshot, KeysmithAnswer, KeysmithRefusal, List, MAX_LISTED, Text,
};
use labelgate_rbd::{Kind, Locker, Snapshot};

use crate::{Name, Refused, Smith};

impl Smith {
    pub(crate) fn list_snapshots(
        &self,
        name: &KeptName,
        after: u64,
    ) -> Result<KeysmithAnswer, Refused> {
        let (pool, image) = self.pool_of(name)?;
        let all = pool.snapshots(image.as_str())?;
        let mut all: Vec<_> = all.iter().filter_map(kept).collect();
        all.retain(|snapshot| snapshot.number > after);
        let more = all.len() > MAX_LISTED;
        all.truncate(MAX_LISTED);
        Ok(KeysmithAnswer::Snapshots {
            all: List::try_from(all).unwrap_or_default(),
            more,
        })
    }

    pub(crate) fn create_snapshot(
        &self,
        name: &KeptName,
        snapshot: &str,
    ) -> Result<KeysmithAnswer, Refused> {
        let snapshot = Name::new("the snapshot", snapshot)?;
        let (pool, image) = self.pool_of(name)?;
        match pool.create_snapshot(image.as_str(), snapshot.as_str()) {
            Err(error) if error.kind() != Kind::Exists => Err(error.into()),
            _ => Ok(KeysmithAnswer::Done),
        }
    }

    pub(crate) fn remove_snapshot(
        &self,
        name: &KeptName,
        snapshot: &str,
    ) -> Result<KeysmithAnswer, Refused> {
        let snapshot = Name::new("the snapshot", snapshot)?;
        let (pool, image) = self.pool_of(name)?;
        let there = pool.snapshots(image.as_str())?;
        let Some(there) = there.iter().find(|one| one.name == snapshot.as_str()) else {
            return Ok(KeysmithAnswer::Done);
        };
        let busy = |reason: &str| {
            let reason = format!("snapshot {snapshot} of image {image} {reason}");
            Err(Refused::new(KeysmithRefusal::Busy, reason))
        };
        if there.protected {
            return busy("is protected; rbd snap unprotect");
        }
        // The cluster would keep it for them where nobody sees it, and the image would not go away.
        let id = pool.describe(image.as_str())?.id;
        let children = pool.children(&id, there.number)?.len();
        if children > 0 {
            return busy(&format!(
                "has {children} clones; remove them, or make them images of their own (rbd children, rbd flatten)"
            ));
        }
        match pool.remove_snapshot(image.as_str(), snapshot.as_str()) {
            Err(error) if error.kind() != Kind::NotFound => Err(error.into()),
            _ => Ok(KeysmithAnswer::Done),
        }
    }

    pub(crate) fn roll_back(
        &self,
        name: &KeptName,
        snapshot: &str,
    ) -> Result<KeysmithAnswer, Refused> {
        let snapshot = Name::new("the snapshot", snapshot)?;
        let (pool, image) = self.pool_of(name)?;
        let id = pool.describe(image.as_str())?.id;
        self.take_from_the_dead(&pool, Some(&id))?;
        // The library would wait for some of them for ever.
        if let Some(Locker {
            client, address, ..
        }) = pool.lockers(&id)?.first()
        {
            let reason = format!("{client} at {address} has its lock");
            return Err(Refused::new(KeysmithRefusal::Busy, reason));
        }
        let all = pool.snapshots(image.as_str())?;
        if !all.iter().any(|one| one.name == snapshot.as_str()) {
            let reason = format!("image {image} has no snapshot {snapshot}");
            return Err(Refused::new(KeysmithRefusal::NotFound, reason));
        }
        match pool.roll_back(image.as_str(), snapshot.as_str()) {
            Ok(()) => Ok(KeysmithAnswer::Done),
            Err(error) => {
                let mut refused = Refused::from(error.clone());
                // From here on these two would say that nothing was changed.
                let unchanged = [KeysmithRefusal::Busy, KeysmithRefusal::NotFound];
                if error.kind() != Kind::Held && unchanged.contains(&refused.why) {
                    refused.why = KeysmithRefusal::Failed;
                }
                Err(refused)
            }
        }
    }
}

/// What is told of a snapshot, unless its name is too long.
fn kept(snapshot: &Snapshot) -> Option<KeptSnapshot> {
    let created = snapshot.created.duration_since(SystemTime::UNIX_EPOCH);
    Some(KeptSnapshot {
        number: snapshot.number,
        name: Text::new(&snapshot.name).ok()?,
        size: snapshot.size,
        created: created.map_or(0, |since| since.as_secs()),
    })
}
