//! Images come, change and go.

use std::path::PathBuf;

use labelgate_mac::Label;

use super::check_label;
use crate::record::Image;
use crate::{ImageId, Refusal, Snapshot, StoreName, Thing};

impl Snapshot {
    pub(super) fn add_image(&mut self, image: &Image) -> Result<(), Refusal> {
        check_image(image)?;
        self.check_free::<Image>(&image.id(), Thing::Image)?;
        let file = self.path_of(&image.store, image)?;
        for other in self.images.values() {
            let designator = other.designator;
            if designator.serial == image.designator.serial
                || designator.naa == image.designator.naa
            {
                return Err(Refusal::DesignatorTaken(other.id()));
            }
            // One store may be a directory in another.
            if self.path_of(&other.store, other)? == file {
                return Err(Refusal::FileTaken {
                    file: image.file.clone(),
                    image: other.id(),
                });
            }
        }
        self.add(image.clone(), Thing::Image)
    }

    /// Where an image's file is.
    fn path_of(&self, store: &StoreName, image: &Image) -> Result<PathBuf, Refusal> {
        let found = self.stores.get(store);
        let found = found.ok_or_else(|| Refusal::Absent(Thing::Store(store.clone())))?;
        Ok(found.path.as_path().join(image.file.as_path()))
    }

    pub(super) fn relabel_image(&mut self, id: &ImageId, label: &Label) -> Result<(), Refusal> {
        check_label(label)?;
        let image: &mut Image = self.get_mut(id, Thing::Image)?;
        image.label = label.clone();
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
