//! The work.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Duration;

use labelgate_control::{ConfigureKeysmith, KeyScope, KeysmithAnswer, KeysmithTask, Secret};
use labelgate_rbd::{Cluster, Credentials, Kind, Limits, Locker, Pool};

use crate::auth::{delete, mint, osd_cap, ours};
use crate::exclude::{connected, exclude};
use crate::relatives::Walk;
use crate::{Instance, Name, Refused, Scope};

/// A connection to a store's cluster with its minting key.
#[derive(Debug)]
pub struct Smith {
    pub(crate) cluster: Cluster,
    pub(crate) pool: Name,
    prefix: Name,
    /// The last answer that did not go in one message.
    pub(crate) walk: Mutex<Option<Walk>>,
}

/// Where locks are to be taken away: a namespace, and one image of it if it is one.
type Locks = Option<(String, Option<String>)>;

impl Smith {
    /// Connects. Starts the library's threads.
    ///
    /// # Errors
    ///
    /// A name that is none, and what the cluster says.
    pub fn connect(configure: &ConfigureKeysmith) -> Result<Self, Refused> {
        let pool = Name::new("the pool", &configure.pool)?;
        let prefix = Name::new("the prefix of entities", &configure.prefix)?;
        let credentials = Credentials {
            monitors: configure.monitors.as_str().to_owned(),
            entity: Name::new("the entity", &configure.entity)?.to_string(),
            key: configure.key.reveal().to_owned(),
        };
        // Nobody waits for ever for an answer of this process's.
        let limits = Limits {
            operation: Some(Duration::from_secs(30)),
            ..Limits::default()
        };
        let cluster = Cluster::connect(&credentials, &limits)?;
        let smith = Self {
            cluster,
            pool,
            prefix,
            walk: Mutex::default(),
        };
        // Whether there is such a pool is said now, not when something is asked for.
        smith.open_pool(None)?;
        Ok(smith)
    }

    /// The cluster.
    #[must_use]
    pub const fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// Does what it is asked for.
    ///
    /// # Errors
    ///
    /// Why it is not done, or not all of it. It can be asked for again.
    pub fn work(&self, task: &KeysmithTask) -> Result<KeysmithAnswer, Refused> {
        match task {
            KeysmithTask::MakeKey { entity, scope } => self.make_key(entity, scope),
            KeysmithTask::RemoveNamespace { namespace } => self.remove_namespace(namespace),
            KeysmithTask::CreateImage {
                name,
                size,
                object_size,
            } => self.create_image(name, *size, *object_size),
            KeysmithTask::CloneImage { name, of, snapshot } => self.clone_image(name, of, snapshot),
            KeysmithTask::RemoveImage { name } => self.remove_image(name),
            KeysmithTask::ResizeImage { name, size, shrink } => {
                self.resize_image(name, *size, *shrink)
            }
            KeysmithTask::DescribeImage { name } => self.describe_image(name),
            KeysmithTask::ListImages { namespace, after } => self.list_images(namespace, after),
            KeysmithTask::ListParents { name } => self.list_parents(name),
            KeysmithTask::ListClones { name, skip } => self.list_clones(name, *skip),
            KeysmithTask::ListSnapshots { name, after } => self.list_snapshots(name, *after),
            KeysmithTask::CreateSnapshot { name, snapshot } => self.create_snapshot(name, snapshot),
            KeysmithTask::RemoveSnapshot { name, snapshot } => self.remove_snapshot(name, snapshot),
            KeysmithTask::RollBack { name, snapshot } => self.roll_back(name, snapshot),
            KeysmithTask::Revoke { entity, instances } => self.revoke(entity, parsed(instances)),
            KeysmithTask::Fence { entity, instances } => self.fence(entity, parsed(instances)),
        }
    }

    pub(crate) fn open_pool(&self, namespace: Option<&Name>) -> Result<Pool, Refused> {
        let namespace = namespace.map_or("", Name::as_str);
        Ok(self.cluster.pool(self.pool.as_str(), namespace)?)
    }

    fn make_key(&self, entity: &str, scope: &KeyScope) -> Result<KeysmithAnswer, Refused> {
        let entity = ours(&self.prefix, entity)?;
        let scope = match scope {
            KeyScope::Namespace(namespace) => {
                let namespace = Name::new("the namespace", namespace)?;
                self.make_namespace(&namespace)?;
                Scope::Namespace {
                    pool: self.pool.clone(),
                    namespace,
                }
            }
            KeyScope::Image {
                name,
                read_only,
                parents,
            } => self.single(name, *read_only, parents)?,
        };
        self.free_of_the_dead(&scope)?;
        let key = mint(&self.cluster, &entity, &scope)?;
        let key = Secret::new(&key).map_err(|_| Refused::nonsense("a key of no form"))?;
        Ok(KeysmithAnswer::Key(key))
    }

    /// Takes the locks away that clients hold who are connected no more, and sees to it that they do not
    /// come back: whoever is let in now has no right to do either. A gateway that has gone without a word
    /// has left such, and so has a revocation that stopped half way.
    fn free_of_the_dead(&self, scope: &Scope) -> Result<(), Refused> {
        match Scope::locks_of(&scope.osd_cap()) {
            Some((namespace, id)) => {
                let pool = self.cluster.pool(self.pool.as_str(), &namespace)?;
                self.take_from_the_dead(&pool, id.as_deref())
            }
            None => Ok(()),
        }
    }

    /// The same with the locks of one image, or of all of a namespace.
    pub(crate) fn take_from_the_dead(&self, pool: &Pool, id: Option<&str>) -> Result<(), Refused> {
        let held = lockers(pool, id)?;
        if held.is_empty() {
            return Ok(());
        }
        let connected = connected(&self.cluster)?;
        let dead: BTreeSet<Instance> = held
            .iter()
            .filter_map(|(_, locker)| Instance::parse(&locker.address).ok())
            .filter(|instance| connected.is_gone(instance))
            .collect();
        if dead.is_empty() {
            return Ok(());
        }
        exclude(&self.cluster, &dead)?;
        take_locks(pool, &held, &dead).map(drop)
    }

    pub(crate) fn make_namespace(&self, namespace: &Name) -> Result<(), Refused> {
        match self.open_pool(None)?.create_namespace(namespace.as_str()) {
            Err(error) if error.kind() != Kind::Exists => Err(error.into()),
            _ => Ok(()),
        }
    }

    fn remove_namespace(&self, namespace: &str) -> Result<KeysmithAnswer, Refused> {
        let namespace = Name::new("the namespace", namespace)?;
        match self.open_pool(None)?.remove_namespace(namespace.as_str()) {
            Err(error) if error.kind() != Kind::NotFound => Err(error.into()),
            _ => Ok(KeysmithAnswer::Done),
        }
    }

    /// First the key: from then on nobody comes who would not be seen.
    fn revoke(
        &self,
        entity: &str,
        instances: BTreeSet<Instance>,
    ) -> Result<KeysmithAnswer, Refused> {
        let entity = ours(&self.prefix, entity)?;
        let locks = self.locks_of(&entity)?;
        delete(&self.cluster, &entity)?;
        let connected = connected(&self.cluster)?;
        let mut excluded = connected.of(&entity);
        excluded.extend(connected.without_others(&entity, instances));
        self.exclude(&excluded, &locks)
    }

    fn fence(
        &self,
        entity: &str,
        mut instances: BTreeSet<Instance>,
    ) -> Result<KeysmithAnswer, Refused> {
        let entity = ours(&self.prefix, entity)?;
        let connected = connected(&self.cluster)?;
        if instances.is_empty() {
            instances = connected.of(&entity);
        }
        let instances = connected.without_others(&entity, instances);
        let locks = self.locks_of(&entity)?;
        self.exclude(&instances, &locks)
    }

    fn locks_of(&self, entity: &Name) -> Result<Locks, Refused> {
        let cap = osd_cap(&self.cluster, entity)?;
        Ok(cap.and_then(|cap| Scope::locks_of(&cap)))
    }

    /// Excludes these, then takes their locks: in the other order they could still be writing.
    fn exclude(
        &self,
        instances: &BTreeSet<Instance>,
        locks: &Locks,
    ) -> Result<KeysmithAnswer, Refused> {
        exclude(&self.cluster, instances)?;
        let mut taken = 0_u32;
        if let (Some((namespace, id)), false) = (locks, instances.is_empty()) {
            let pool = self.cluster.pool(self.pool.as_str(), namespace)?;
            let held = lockers(&pool, id.as_deref())?;
            taken = take_locks(&pool, &held, instances)?;
        }
        Ok(KeysmithAnswer::Excluded {
            instances: u32::try_from(instances.len()).unwrap_or(u32::MAX),
            locks: taken,
        })
    }
}

/// Who holds locks, each with the image's identifier: of one image, or of all.
fn lockers(pool: &Pool, id: Option<&str>) -> Result<Vec<(String, Locker)>, Refused> {
    let ids = match id {
        Some(id) => vec![id.to_owned()],
        None => pool.list()?.into_iter().map(|entry| entry.id).collect(),
    };
    let mut held = Vec::new();
    for id in ids {
        let lockers = match pool.lockers(&id) {
            // Somebody has removed it meanwhile.
            Err(error) if error.kind() == Kind::NotFound => continue,
            lockers => lockers?,
        };
        held.extend(lockers.into_iter().map(|locker| (id.clone(), locker)));
    }
    Ok(held)
}

/// Takes locks from these clients; how many there were.
fn take_locks(
    pool: &Pool,
    held: &[(String, Locker)],
    from: &BTreeSet<Instance>,
) -> Result<u32, Refused> {
    let mut taken = 0;
    for (id, locker) in held {
        let holder = Instance::parse(&locker.address);
        if holder.is_ok_and(|holder| from.contains(&holder)) {
            pool.break_lock(id, locker)?;
            taken += 1;
        }
    }
    Ok(taken)
}

/// What a keeper says of itself is its own to say: what is no client's address is left out.
fn parsed<const N: usize>(
    texts: &labelgate_control::List<labelgate_control::Text<512>, N>,
) -> BTreeSet<Instance> {
    let instances = texts
        .iter()
        .filter_map(|text| Instance::parse_all(text).ok());
    instances.flatten().collect()
}
