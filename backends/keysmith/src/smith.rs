//! The work.

use std::collections::BTreeSet;
use std::time::Duration;

use labelgate_control::{ConfigureKeysmith, KeyScope, KeysmithAnswer, KeysmithTask, Secret};
use labelgate_rbd::{Cluster, Credentials, Kind, Limits, Pool};

use crate::auth::{delete, mint, osd_cap, ours};
use crate::exclude::{connected, exclude};
use crate::{Instance, Name, Refused, Scope};

/// A connection to a store's cluster with its minting key.
#[derive(Debug)]
pub struct Smith {
    pub(crate) cluster: Cluster,
    pub(crate) pool: Name,
    prefix: Name,
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
            KeysmithTask::RemoveImage { name } => self.remove_image(name),
            KeysmithTask::ResizeImage { name, size, shrink } => {
                self.resize_image(name, *size, *shrink)
            }
            KeysmithTask::DescribeImage { name } => self.describe_image(name),
            KeysmithTask::ListImages { namespace, after } => self.list_images(namespace, after),
            KeysmithTask::Revoke { entity, instances } => self.revoke(entity, &parsed(instances)?),
            KeysmithTask::Fence { entity, instances } => self.fence(entity, parsed(instances)?),
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
            KeyScope::Image { name, read_only } => self.single(name, *read_only)?,
        };
        let key = mint(&self.cluster, &entity, &scope)?;
        let key = Secret::new(&key).map_err(|_| Refused::nonsense("a key of no form"))?;
        Ok(KeysmithAnswer::Key(key))
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
        instances: &BTreeSet<Instance>,
    ) -> Result<KeysmithAnswer, Refused> {
        let entity = ours(&self.prefix, entity)?;
        let locks = self.locks_of(&entity)?;
        delete(&self.cluster, &entity)?;
        let mut excluded = connected(&self.cluster, &entity)?;
        excluded.extend(instances);
        self.exclude(&excluded, &locks)
    }

    fn fence(
        &self,
        entity: &str,
        mut instances: BTreeSet<Instance>,
    ) -> Result<KeysmithAnswer, Refused> {
        let entity = ours(&self.prefix, entity)?;
        if instances.is_empty() {
            instances = connected(&self.cluster, &entity)?;
        }
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
            let ids = match id {
                Some(id) => vec![id.clone()],
                None => pool.list()?.into_iter().map(|entry| entry.id).collect(),
            };
            for id in ids {
                taken = taken.saturating_add(take_locks(&pool, &id, instances)?);
            }
        }
        Ok(KeysmithAnswer::Excluded {
            instances: u32::try_from(instances.len()).unwrap_or(u32::MAX),
            locks: taken,
        })
    }
}

/// Takes an image's lock from these clients; how many there were.
fn take_locks(pool: &Pool, id: &str, from: &BTreeSet<Instance>) -> Result<u32, Refused> {
    let mut taken = 0;
    for locker in pool.lockers(id)? {
        let holder = Instance::parse(&locker.address);
        if holder.is_ok_and(|holder| from.contains(&holder)) {
            pool.break_lock(id, &locker)?;
            taken += 1;
        }
    }
    Ok(taken)
}

fn parsed<const N: usize>(
    texts: &labelgate_control::List<labelgate_control::Text<512>, N>,
) -> Result<BTreeSet<Instance>, Refused> {
    let mut all = BTreeSet::new();
    for text in texts.iter() {
        let instances = Instance::parse_all(text);
        all.extend(instances.map_err(|error| Refused::unfit(format!("{text}: {error}")))?);
    }
    Ok(all)
}
