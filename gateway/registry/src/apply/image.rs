//! Images come, change and go.

use labelgate_mac::Label;

use super::check_label;
use crate::record::{Image, InPool, Place, Store, check_on_server, check_on_volume, unit_of};
use crate::{ImageId, Refusal, Snapshot, StoreName, Thing};

impl Snapshot {
    pub(super) fn add_image(&mut self, image: &Image) -> Result<(), Refusal> {
        check_image(image)?;
        if image.follows.is_some() {
            return Err(Refusal::NewFollows(image.id()));
        }
        self.check_unfollowed(&image.label)?;
        self.check_free::<Image>(&image.id(), Thing::Image)?;
        let store = self.store_of(&image.store)?;
        check_in_store(image, store)?;
        let place = place_of(image, store);
        for other in self.images.values() {
            let designator = other.designator;
            if designator.serial == image.designator.serial
                || designator.naa == image.designator.naa
            {
                return Err(Refusal::DesignatorTaken(other.id()));
            }
            // One store may be a directory in another.
            if place_of(other, self.store_of(&other.store)?) == place {
                return Err(Refusal::FileTaken {
                    file: image.file.clone(),
                    image: other.id(),
                });
            }
        }
        self.add(image.clone(), Thing::Image)
    }

    fn store_of(&self, name: &StoreName) -> Result<&Store, Refusal> {
        let absent = || Refusal::Absent(Thing::Store(name.clone()));
        self.stores.get(name).ok_or_else(absent)
    }

    pub(super) fn relabel_image(&mut self, id: &ImageId, label: &Label) -> Result<(), Refusal> {
        check_label(label)?;
        self.check_resting(id)?;
        self.check_unfollowed(label)?;
        let image: &mut Image = self.get_mut(id, Thing::Image)?;
        image.label = label.clone();
        image.follows = None;
        Ok(())
    }

    pub(super) fn remove_image(&mut self, id: &ImageId) -> Result<(), Refusal> {
        self.check_resting(id)?;
        let _: Image = self.remove(id, Thing::Image)?;
        Ok(())
    }

    pub(super) fn resize_image(&mut self, id: &ImageId, size: u64) -> Result<(), Refusal> {
        let image: &mut Image = self.get_mut(id, Thing::Image)?;
        if image.content {
            return Err(Refusal::ContentResized(id.clone()));
        }
        if let Some(from) = image.size.filter(|&from| size < from) {
            let image = id.clone();
            return Err(Refusal::Shrinks {
                image,
                from,
                to: size,
            });
        }
        image.size = Some(size);
        check_image(image)
    }
}

/// Where an image is, in words that no other image has.
pub(crate) fn place_of(image: &Image, store: &Store) -> String {
    let file = image.file.as_path();
    match &store.place {
        Place::Directory { path, .. } => path.as_path().join(file).display().to_string(),
        // No path begins so.
        Place::Rbd(rbd) => format!("{rbd}: {}", file.display()),
        Place::Gluster(gluster) => format!(
            "volume {} at {}: {}",
            gluster.volume,
            gluster.servers,
            gluster.path_of(file)
        ),
        Place::Iscsi(iscsi) => format!("{iscsi}: {}", file.display()),
        Place::Nfs(nfs) => format!("server {}: {}", nfs.server, nfs.path_of(file)),
    }
}

/// What must hold for an image because of what its store is.
pub(crate) fn check_in_store(image: &Image, store: &Store) -> Result<(), Refusal> {
    let file = image.file.to_string();
    let named = match &store.place {
        Place::Directory { .. } => return Ok(()),
        Place::Rbd(_) => InPool::parse(&file).map(drop).map_err(|e| e.to_string()),
        Place::Gluster(_) => check_on_volume(&file).map_err(|e| e.to_string()),
        Place::Iscsi(_) => unit_of(&file).map(drop).map_err(|e| e.to_string()),
        Place::Nfs(_) => check_on_server(&file).map_err(|e| e.to_string()),
    };
    named.map_err(|why| Refusal::NotInPool {
        file: image.file.clone(),
        why,
    })?;
    match (image.direct, image.content) {
        (false, false) => Ok(()),
        (true, _) => Err(Refusal::DirectInPool(store.name.clone())),
        (false, true) => Err(Refusal::ContentInPool(store.name.clone())),
    }
}

/// What must hold for an image alone.
pub(crate) fn check_image(image: &Image) -> Result<(), Refusal> {
    check_label(&image.label)?;
    let [first, ..] = image.designator.naa;
    if first >> 4 != 3 {
        return Err(Refusal::NotLocallyAssigned);
    }
    if image.content && !image.read_only {
        return Err(Refusal::WritableContent);
    }
    let block_size = image.block_size.bytes();
    // off_t is signed: no file is larger.
    let whole =
        |size: u64| size > 0 && size.is_multiple_of(u64::from(block_size)) && size >> 63 == 0;
    match image.size {
        Some(size) if !whole(size) => Err(Refusal::SizeNotBlocks { size, block_size }),
        _ => Ok(()),
    }
}
