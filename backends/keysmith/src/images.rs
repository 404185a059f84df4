//! Images: what their keys name, and what is made and removed.

use labelgate_control::{KeptImage, KeptName, KeysmithAnswer, List, MAX_LISTED, Text};
use labelgate_rbd::{Description, Kind, Pool};

use crate::caps::{Scope, Single};
use crate::{Name, Refused, Smith};

/// Features under which an image is more than its objects: a journal beside it, a mirror or an
/// unfinished move behind it, a cache on somebody's disk.
const JOURNALING: u64 = 1 << 6;
const MIGRATING: u64 = 1 << 9;
const NON_PRIMARY: u64 = 1 << 10;
const DIRTY_CACHE: u64 = 1 << 11;

impl Smith {
    pub(crate) fn pool_of(&self, name: &KeptName) -> Result<(Pool, Name), Refused> {
        let image = Name::new("the image", &name.image)?;
        let namespace = Name::of_namespace(&name.namespace)?;
        Ok((self.open_pool(namespace.as_ref())?, image))
    }

    /// What a key for one image has to name.
    ///
    /// `allowed` are the identifiers of what it may be a clone of.
    pub(crate) fn single(
        &self,
        name: &KeptName,
        read_only: bool,
        allowed: &[Text<64>],
    ) -> Result<Scope, Refused> {
        let (pool, image) = self.pool_of(name)?;
        let description = pool.describe(image.as_str())?;
        refuse_what_is_more(&description)?;
        refuse_what_is_alike(&pool, &description.id)?;
        let namespace = Name::of_namespace(&name.namespace)?;
        let parents = self.parents_of(&pool, namespace.as_ref(), &description)?;
        let are = parents.iter().map(|parent| parent.id.as_str());
        if !are.eq(allowed.iter().map(Text::as_str)) {
            let reason = "what it is a clone of has changed since that was looked at";
            return Err(Refused::unfit(reason));
        }
        Ok(Scope::Image(Single {
            pool: self.pool.clone(),
            namespace,
            name: image,
            id: identifier(&description.id)?,
            prefix: prefix(&description)?,
            data_pool: data_pool(&description, &self.pool)?,
            read_only,
            parents,
        }))
    }

    pub(crate) fn create_image(
        &self,
        name: &KeptName,
        size: u64,
        object_size: Option<u8>,
    ) -> Result<KeysmithAnswer, Refused> {
        let namespace = Name::of_namespace(&name.namespace)?;
        let (pool, image) = self.pool_of(name)?;
        if let Some(namespace) = &namespace {
            self.make_namespace(namespace)?;
        }
        match pool.create(image.as_str(), size, object_size) {
            Err(error) if error.kind() == Kind::Exists => {
                let there = pool.describe(image.as_str())?.size;
                if there == size {
                    return Ok(KeysmithAnswer::Done);
                }
                let mut refused = Refused::from(error);
                refused.reason = format!("there is an image {image} of {there} bytes already");
                Err(refused)
            }
            made => Ok(made.map(|()| KeysmithAnswer::Done)?),
        }
    }

    pub(crate) fn remove_image(&self, name: &KeptName) -> Result<KeysmithAnswer, Refused> {
        let (pool, image) = self.pool_of(name)?;
        match pool.describe(image.as_str()) {
            // Its objects are removed with this process's rights.
            Ok(description) => drop(prefix(&description)?),
            Err(error) if error.kind() == Kind::NotFound => return Ok(KeysmithAnswer::Done),
            Err(error) => return Err(error.into()),
        }
        match pool.remove(image.as_str()) {
            Err(error) if error.kind() != Kind::NotFound => Err(error.into()),
            _ => Ok(KeysmithAnswer::Done),
        }
    }

    pub(crate) fn resize_image(
        &self,
        name: &KeptName,
        size: u64,
        shrink: bool,
    ) -> Result<KeysmithAnswer, Refused> {
        let (pool, image) = self.pool_of(name)?;
        let there = pool.describe(image.as_str())?.size;
        if there != size && (there < size || shrink) {
            pool.resize(image.as_str(), size, shrink)?;
        }
        Ok(KeysmithAnswer::Done)
    }

    pub(crate) fn describe_image(&self, name: &KeptName) -> Result<KeysmithAnswer, Refused> {
        let (pool, image) = self.pool_of(name)?;
        let description = pool.describe(image.as_str())?;
        let snapshots = pool.snapshot_numbers(image.as_str())?.len();
        Ok(KeysmithAnswer::Image(KeptImage {
            id: Text::clean(&description.id),
            size: description.size,
            object_size: description.object_size,
            cloned: description.parent.is_some(),
            data_pool: description.data_pool.is_some(),
            snapshots: u32::try_from(snapshots).unwrap_or(u32::MAX),
        }))
    }

    pub(crate) fn list_images(
        &self,
        namespace: &str,
        after: &str,
    ) -> Result<KeysmithAnswer, Refused> {
        let namespace = Name::of_namespace(namespace)?;
        let mut names: Vec<_> = self
            .open_pool(namespace.as_ref())?
            .list()?
            .into_iter()
            .map(|entry| entry.name)
            .filter(|name| name.as_str() > after)
            .filter_map(|name| Text::new(&name).ok())
            .collect();
        names.sort_by(|one, other| one.as_str().cmp(other));
        let more = names.len() > MAX_LISTED;
        names.truncate(MAX_LISTED);
        Ok(KeysmithAnswer::Images {
            names: List::try_from(names).unwrap_or_default(),
            more,
        })
    }
}

pub(crate) fn refuse_what_is_more(description: &Description) -> Result<(), Refused> {
    let reason = match description.features {
        features if features & JOURNALING != 0 => {
            "it has a journal (rbd feature disable journaling)"
        }
        features if features & MIGRATING != 0 => "it is being moved (rbd migration commit)",
        features if features & NON_PRIMARY != 0 => {
            "it is the copy of a mirror (rbd mirror image promote)"
        }
        features if features & DIRTY_CACHE != 0 => "a client's cache has not been written back",
        _ => return Ok(()),
    };
    Err(Refused::unfit(reason))
}

/// A key names objects by what their names begin with.
pub(crate) fn refuse_what_is_alike(pool: &Pool, id: &str) -> Result<(), Refused> {
    let alike = pool
        .list()?
        .into_iter()
        .find(|other| other.id != id && other.id.starts_with(id));
    match alike {
        None => Ok(()),
        Some(other) => Err(Refused::unfit(format!(
            "the identifier of image {} begins with its own, so its key would open that one, too",
            other.name
        ))),
    }
}

pub(crate) fn identifier(id: &str) -> Result<Name, Refused> {
    Ok(Name::new("the image's identifier", id)?)
}

/// What an image's objects are called is in its header, which its keeper writes: it is believed only if
/// it is what librbd calls them (`rbd_data.ID`, or `rbd_data.POOL.ID` where data is in another pool).
pub(crate) fn prefix(description: &Description) -> Result<Name, Refused> {
    let prefix = Name::new("the image's objects", &description.prefix)?;
    let Some(rest) = prefix.as_str().strip_prefix("rbd_data.") else {
        return Err(Refused::unfit(
            "it is of RBD's first format (rbd export, rbd import)",
        ));
    };
    let own = match rest.split_once('.') {
        Some((pool, id)) => pool.bytes().all(|c| c.is_ascii_digit()) && id == description.id,
        None => rest == description.id,
    };
    match own {
        true => Ok(prefix),
        false => Err(Refused::unfit(
            "its header names objects that are another image's",
        )),
    }
}

pub(crate) fn data_pool(description: &Description, own: &Name) -> Result<Name, Refused> {
    match &description.data_pool {
        Some(pool) => Ok(Name::new("the pool of its data", pool)?),
        None => Ok(own.clone()),
    }
}
