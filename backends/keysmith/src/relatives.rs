//! Clones, and what they were made of.
//!
//! A clone is read through its parent's objects, so its key has to let these be read. Which they are is
//! in the clone's header, and that its keeper writes: one that was taken over could name any image there.
//! So each link has to be noted on the other side as well, by what made the clone: in the parent's header,
//! or in the list of the clones of the first format that each namespace has. Whether the parent is
//! somebody's whom the clone's label has nothing to do with, the supervisor knows, and is asked.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::PoisonError;

use labelgate_control::{
    KeptName, KeptRelative, KeysmithAnswer, List, MAX_PARENTS, MAX_RELATIVES, Text,
};
use labelgate_rbd::{Child, Description, Kind, Parent, Pool};

use crate::caps::Origin;
use crate::images::{data_pool, identifier, prefix, refuse_what_is_alike, refuse_what_is_more};
use crate::{Name, Refused, Smith};

/// The most clones of an image that are listed, with theirs.
const MAX_CLONES: usize = 256;

/// The clones of an image, as they were found when the first of them were asked for.
#[derive(Debug)]
pub(crate) struct Walk {
    of: KeptName,
    found: Vec<KeptRelative>,
}

/// What images are called in each pool and namespace, asked for once: what a keeper may have put in a list
/// of its own must not cost as many listings.
type Listings = HashMap<(i64, String), HashMap<String, String>>;

impl Smith {
    /// What an image is a clone of, and so on, the nearest first.
    pub(crate) fn parents_of(
        &self,
        pool: &Pool,
        namespace: Option<&Name>,
        description: &Description,
    ) -> Result<Vec<Origin>, Refused> {
        let mut parents = Vec::new();
        let mut clone = Child {
            pool: pool.number(),
            namespace: namespace.map_or("", Name::as_str).to_owned(),
            id: description.id.clone(),
        };
        let mut next = description.parent.clone();
        while let Some(parent) = next {
            if parents.len() == MAX_PARENTS {
                return Err(Refused::unfit(format!(
                    "it is a clone of a clone, more than {MAX_PARENTS} times (rbd flatten)"
                )));
            }
            let (origin, description) = self.parent(&parent, &clone)?;
            parents.push(origin);
            clone = Child {
                pool: parent.pool_number,
                namespace: parent.namespace,
                id: parent.id,
            };
            next = description.parent;
        }
        Ok(parents)
    }

    /// A parent that says that this is its clone.
    fn parent(&self, parent: &Parent, clone: &Child) -> Result<(Origin, Description), Refused> {
        let pool_name = Name::new("the pool of its parent", &parent.pool)?;
        let namespace = Name::of_namespace(&parent.namespace)?;
        let name = Name::new("its parent", &parent.name)?;
        if parent.trash {
            return Err(Refused::unfit(format!(
                "it is a clone of image {name}, which is in the trash (rbd trash restore, or rbd flatten)"
            )));
        }
        let pool = self.cluster.pool(pool_name.as_str(), &parent.namespace)?;
        if !self.is_noted(&pool, parent, clone)? {
            let elsewhere = match parent.pool_number == clone.pool {
                true => "",
                false => {
                    " (clones of the first format are not taken from other pools: rbd flatten, or \
                     rbd clone --rbd-default-clone-format 2)"
                }
            };
            return Err(Refused::unfit(format!(
                "its header says that it is a clone of image {name}, which that knows nothing of{elsewhere}"
            )));
        }
        let description = pool.describe_snapshot(&parent.id, parent.snapshot)?;
        refuse_what_is_more(&description)?;
        refuse_what_is_alike(&pool, &description.id)?;
        let origin = Origin {
            namespace,
            name,
            id: identifier(&description.id)?,
            prefix: prefix(&description)?,
            data_pool: data_pool(&description, &pool_name)?,
            pool: pool_name,
        };
        Ok((origin, description))
    }

    /// Whether it is noted, where the clone's keeper does not write, that this is a clone of that.
    fn is_noted(&self, pool: &Pool, parent: &Parent, clone: &Child) -> Result<bool, Refused> {
        if pool.children(&parent.id, parent.snapshot)?.contains(clone) {
            return Ok(true);
        }
        // Those of the first format are of their parent's namespace. Whose key is good for a namespace
        // may write that list, and has what is in it anyway. That of another pool would say the same, but
        // nobody who looks for the clones of an image looks at the lists of all pools.
        if (parent.pool_number, &parent.namespace) != (clone.pool, &clone.namespace) {
            return Ok(false);
        }
        let pool = self.cluster.pool_numbered(clone.pool, &clone.namespace)?;
        let noted = pool.first_format_children(parent.pool_number, &parent.id, parent.snapshot)?;
        Ok(noted.contains(&clone.id))
    }

    pub(crate) fn list_parents(&self, name: &KeptName) -> Result<KeysmithAnswer, Refused> {
        let (pool, image) = self.pool_of(name)?;
        let description = pool.describe(image.as_str())?;
        let namespace = Name::of_namespace(&name.namespace)?;
        let parents = self.parents_of(&pool, namespace.as_ref(), &description)?;
        let all = parents.iter().map(|parent| {
            let namespace = parent.namespace.as_ref().map_or("", Name::as_str);
            relative(
                parent.pool.as_str(),
                (namespace, parent.name.as_str()),
                parent.id.as_str(),
            )
        });
        let all = all.collect::<Result<Vec<_>, _>>()?;
        Ok(KeysmithAnswer::Relatives {
            all: List::try_from(all).map_err(|_| Refused::nonsense("too many parents"))?,
            more: false,
        })
    }

    pub(crate) fn list_clones(
        &self,
        name: &KeptName,
        skip: u32,
    ) -> Result<KeysmithAnswer, Refused> {
        let clones = self.walk(name, skip == 0)?;
        let skip = usize::try_from(skip).unwrap_or(usize::MAX);
        let all: Vec<_> = clones.into_iter().skip(skip).collect();
        let more = all.len() > MAX_RELATIVES;
        let all: Vec<_> = all.into_iter().take(MAX_RELATIVES).collect();
        Ok(KeysmithAnswer::Relatives {
            all: List::try_from(all).unwrap_or_default(),
            more,
        })
    }

    /// The same, anew or as they were when that was last asked for of this image.
    fn walk(&self, name: &KeptName, anew: bool) -> Result<Vec<KeptRelative>, Refused> {
        let last = || self.walk.lock().unwrap_or_else(PoisonError::into_inner);
        if !anew && let Some(walk) = last().as_ref().filter(|walk| walk.of == *name) {
            return Ok(walk.found.clone());
        }
        let (pool, image) = self.pool_of(name)?;
        let found = self.clones_of(&pool, image.as_str(), &name.namespace)?;
        *last() = Some(Walk {
            of: name.clone(),
            found: found.clone(),
        });
        Ok(found)
    }

    /// All clones of an image, and theirs, in an order that does not change while they do not.
    fn clones_of(
        &self,
        pool: &Pool,
        image: &str,
        namespace: &str,
    ) -> Result<Vec<KeptRelative>, Refused> {
        let (mut found, mut listings) = (Vec::new(), Listings::new());
        let mut seen = BTreeSet::new();
        let mut next: VecDeque<Child> = children(pool, image, namespace)?.into();
        while let Some(clone) = next.pop_front() {
            if !seen.insert(clone.clone()) {
                continue;
            }
            if seen.len() > MAX_CLONES {
                let reason = format!("it has more than {MAX_CLONES} clones (rbd children)");
                return Err(Refused::unfit(reason));
            }
            let pool = self.cluster.pool_numbered(clone.pool, &clone.namespace)?;
            let Some(name) = name_of(&mut listings, &pool, &clone)? else {
                // It has been removed, or is in the trash, where nobody opens it.
                continue;
            };
            next.extend(children(&pool, &name, &clone.namespace)?);
            let pool = pool.name()?;
            found.push(relative(&pool, (&clone.namespace, &name), &clone.id)?);
        }
        Ok(found)
    }

    pub(crate) fn clone_image(
        &self,
        name: &KeptName,
        of: &KeptName,
        snapshot: &str,
    ) -> Result<KeysmithAnswer, Refused> {
        let snapshot = Name::new("the snapshot", snapshot)?;
        let (parent_pool, parent) = self.pool_of(of)?;
        let (pool, image) = self.pool_of(name)?;
        if let Some(namespace) = Name::of_namespace(&name.namespace)? {
            self.make_namespace(&namespace)?;
        }
        match parent_pool.clone_image(parent.as_str(), snapshot.as_str(), &pool, image.as_str()) {
            Err(error) if error.kind() == Kind::Exists => {
                let there = pool.describe(image.as_str())?;
                let wanted = parent_pool.snapshots(parent.as_str())?;
                let wanted = wanted.iter().find(|one| one.name == snapshot.as_str());
                let its_parent = there.parent.as_ref().filter(|is| {
                    (is.namespace.as_str(), is.name.as_str()) == (&of.namespace, parent.as_str())
                        && wanted.is_some_and(|wanted| wanted.number == is.snapshot)
                });
                let Some(its_parent) = its_parent else {
                    return Err(error.into());
                };
                let clone = Child {
                    pool: pool.number(),
                    namespace: name.namespace.as_str().to_owned(),
                    id: there.id.clone(),
                };
                if self.is_noted(&parent_pool, its_parent, &clone)? {
                    return Ok(KeysmithAnswer::Done);
                }
                // Whoever made it has died before its parent knew of it, and nobody has used it.
                prefix(&there)?;
                pool.remove(image.as_str())?;
                let (parent, snapshot) = (parent.as_str(), snapshot.as_str());
                parent_pool.clone_image(parent, snapshot, &pool, image.as_str())?;
                Ok(KeysmithAnswer::Done)
            }
            made => Ok(made.map(|()| KeysmithAnswer::Done)?),
        }
    }
}

/// What a clone is called, if it is still there.
fn name_of(listings: &mut Listings, pool: &Pool, clone: &Child) -> Result<Option<String>, Refused> {
    let place = (clone.pool, clone.namespace.clone());
    let listing = match listings.entry(place) {
        Entry::Occupied(listing) => listing.into_mut(),
        Entry::Vacant(none) => {
            let all = pool.list()?.into_iter();
            none.insert(all.map(|entry| (entry.id, entry.name)).collect())
        }
    };
    Ok(listing.get(&clone.id).cloned())
}

/// The clones of an image, of both formats; of the first those of its own pool.
fn children(pool: &Pool, image: &str, namespace: &str) -> Result<Vec<Child>, Refused> {
    let description = pool.describe(image)?;
    let mut all = Vec::new();
    for snapshot in pool.snapshot_numbers(image)? {
        all.extend(pool.children(&description.id, snapshot)?);
        let first = pool.first_format_children(pool.number(), &description.id, snapshot)?;
        all.extend(first.into_iter().map(|id| Child {
            pool: pool.number(),
            namespace: namespace.to_owned(),
            id,
        }));
    }
    Ok(all)
}

fn relative(
    pool: &str,
    (namespace, image): (&str, &str),
    id: &str,
) -> Result<KeptRelative, Refused> {
    let long = |_| Refused::unfit(format!("the name of image {image} is too long"));
    Ok(KeptRelative {
        pool: Text::new(pool).map_err(long)?,
        name: KeptName {
            namespace: Text::new(namespace).map_err(long)?,
            image: Text::new(image).map_err(long)?,
        },
        id: Text::new(id).map_err(long)?,
    })
}
