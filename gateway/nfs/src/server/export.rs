//! What a client finds in its export: the label's images as the files of one directory, and its
//! trees as directories in it.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::time::{Duration, Instant, SystemTime};

use labelgate_engine::tree::{TreeDescription, TreeId};
use labelgate_engine::{Exclusion, Geometry, ImageDescription, ImageId, Place};

use crate::v3::{Time, WriteVerifier};

/// The directory's own number, which no image has.
pub(super) const ROOT: u64 = 1;

/// The images and trees of a label, by their names and by their numbers as files.
#[derive(Debug)]
pub(super) struct Export {
    images: HashMap<ImageId, Image>,
    trees: BTreeMap<TreeId, TreeDescription>,
    by_name: BTreeMap<String, Shown>,
    by_file: BTreeMap<u64, Shown>,
    by_object: HashMap<[u8; 16], ImageId>,
    started: (SystemTime, Instant),
    changed: Instant,
    /// Images that there have been.
    added: u64,
}

/// What is in the root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// A file.
    Image(ImageId),
    /// A directory.
    Tree(TreeId),
}

/// An image as a file.
#[derive(Debug)]
pub(super) struct Image {
    pub(super) name: String,
    /// What handles of it say.
    pub(super) object: [u8; 16],
    /// Its number among the files of the export: above [`ROOT`].
    pub(super) file: u64,
    pub(super) geometry: Geometry,
    /// Whom an initiator's reservation keeps out; our clients are among them.
    pub(super) exclusion: Exclusion,
    /// How large a client may make it: as large as it was when the supervisor last said so.
    pub(super) allotted: u64,
    /// Which of the images that there have been.
    instance: u64,
}

impl Export {
    pub(super) fn new(started: SystemTime) -> Self {
        let now = Instant::now();
        Self {
            images: HashMap::new(),
            trees: BTreeMap::new(),
            by_name: BTreeMap::new(),
            by_file: BTreeMap::new(),
            by_object: HashMap::new(),
            started: (started, now),
            changed: now,
            added: 0,
        }
    }

    /// Shows an image, unless it has no serial number that could name it, or another image has
    /// its name or number.
    pub(super) fn add(&mut self, id: ImageId, description: ImageDescription) {
        let Some(object) = object_of(&description.serial) else {
            return;
        };
        let file = file_of(object);
        let name = description.file_name;
        let taken = self.by_name.contains_key(&name) || self.by_file.contains_key(&file);
        if taken || name.is_empty() {
            return;
        }
        self.by_name.insert(name.clone(), Shown::Image(id));
        self.by_file.insert(file, Shown::Image(id));
        self.by_object.insert(object, id);
        self.added += 1;
        let geometry = description.geometry;
        let image = Image {
            name,
            object,
            file,
            geometry,
            exclusion: Exclusion::Nobody,
            allotted: geometry.size,
            instance: self.added,
        };
        self.images.insert(id, image);
        self.changed = Instant::now();
    }

    /// An image is reserved for others, or no longer.
    pub(super) fn exclude(&mut self, id: ImageId, exclusion: Exclusion) {
        if let Some(image) = self.images.get_mut(&id) {
            image.exclusion = exclusion;
        }
    }

    /// Shows a tree, unless something else has its name or number.
    pub(super) fn add_tree(&mut self, id: TreeId, tree: TreeDescription) {
        let file = file_of_tree(id);
        let taken = self.by_name.contains_key(&tree.name) || self.by_file.contains_key(&file);
        if taken || tree.name.is_empty() {
            return;
        }
        self.by_name.insert(tree.name.clone(), Shown::Tree(id));
        self.by_file.insert(file, Shown::Tree(id));
        self.trees.insert(id, tree);
        self.changed = Instant::now();
    }

    pub(super) fn tree(&self, id: TreeId) -> Option<&TreeDescription> {
        self.trees.get(&id)
    }

    /// An image's shape is another one.
    pub(super) fn change(&mut self, id: ImageId, geometry: Geometry) {
        if let Some(image) = self.images.get_mut(&id) {
            image.geometry = geometry;
            image.allotted = image.allotted.max(geometry.size);
        }
    }

    pub(super) fn remove(&mut self, id: ImageId) {
        if let Some(image) = self.images.remove(&id) {
            self.by_name.remove(&image.name);
            self.by_file.remove(&image.file);
            self.by_object.remove(&image.object);
            self.changed = Instant::now();
        }
    }

    pub(super) fn get(&self, id: ImageId) -> Option<&Image> {
        self.images.get(&id)
    }

    /// The verifier of data that is written there now. An image that is opened again, after
    /// it was taken away or because a flush had failed, has another one; and so has one that is
    /// there no more.
    ///
    /// > It must be unique between instances of the NFS version 3 protocol server, where
    /// > uncommitted data may be lost. (RFC 1813 3.3.7)
    ///
    /// The files of trees keep that of their server: one whose flush has failed stays without
    /// service until the next.
    ///
    /// Two workers of one label never live at the same time, and starting one takes longer than
    /// the clock moves for the images that its predecessor had.
    pub(super) fn verifier(&self, place: Place) -> WriteVerifier {
        let instance = match place {
            Place::Image(id) => self.images.get(&id).map_or(0, |image| image.instance),
            Place::File(_) => 0,
        };
        let since = self.started.0.duration_since(SystemTime::UNIX_EPOCH);
        let nanoseconds = since.map_or(0, |since| since.as_nanos());
        let number = nanoseconds.wrapping_add(u128::from(instance));
        let [_, _, _, _, _, _, _, _, low @ ..] = number.to_be_bytes();
        WriteVerifier(low)
    }

    /// The image that a handle leads to.
    pub(super) fn of_object(&self, object: [u8; 16]) -> Option<ImageId> {
        self.by_object.get(&object).copied()
    }

    /// What has this name.
    pub(super) fn of_name(&self, name: &[u8]) -> Option<Shown> {
        let name = std::str::from_utf8(name).ok()?;
        self.by_name.get(name).copied()
    }

    /// What has a number above `file`, with its number, in their order: no number ever changes, so
    /// that neither do places in the list.
    pub(super) fn after(&self, file: u64) -> impl Iterator<Item = (u64, Shown)> {
        let above = (Bound::Excluded(file), Bound::Unbounded);
        self.by_file
            .range(above)
            .map(|(&file, &shown)| (file, shown))
    }

    /// How many bytes all of them have.
    pub(super) fn bytes(&self) -> u64 {
        let sizes = self.images.values().map(|image| image.geometry.size);
        sizes.fold(0, u64::saturating_add)
    }

    pub(super) fn len(&self) -> usize {
        self.images.len() + self.trees.len()
    }

    /// When the server started, by both clocks.
    pub(super) const fn started(&self) -> (SystemTime, Instant) {
        self.started
    }

    /// When the list of images last changed.
    pub(super) fn changed(&self) -> Time {
        let (wall, start) = self.started;
        let since = self.changed.saturating_duration_since(start);
        let epoch = wall.duration_since(SystemTime::UNIX_EPOCH);
        let moment = epoch.unwrap_or(Duration::ZERO) + since;
        let seconds = i64::try_from(moment.as_secs()).unwrap_or(i64::MAX);
        Time::nearest(seconds, moment.subsec_nanos())
    }
}

/// A serial number of 32 hexadecimal digits as bytes.
fn object_of(serial: &str) -> Option<[u8; 16]> {
    let number = u128::from_str_radix(serial, 16).ok()?;
    (serial.len() == 32).then_some(number.to_be_bytes())
}

/// The number of a tree as a directory, which none of its objects has, being on a file system of
/// their own.
fn file_of_tree(TreeId(id): TreeId) -> u64 {
    (u64::from(id) << 8).max(ROOT + 2)
}

/// The number of an image as a file: of the first half of its serial number, above that of the
/// root. It is its cookie too, which many clients take for a file offset: so it is no negative one.
fn file_of(object: [u8; 16]) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = object;
    (u64::from_be_bytes([a, b, c, d, e, f, g, h]) >> 1).max(ROOT + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(name: &str, serial: u128) -> ImageDescription {
        ImageDescription {
            target: String::new(),
            serial: format!("{serial:032x}"),
            naa: [0; 8],
            file_name: name.to_owned(),
            geometry: Geometry {
                size: 4096,
                block_size: 512,
                physical_block_size: 512,
                read_only: false,
                discard: true,
            },
        }
    }

    #[test]
    fn an_image_is_found_by_its_name_and_its_number_until_it_is_removed() {
        let mut export = Export::new(SystemTime::now());
        let serial = 7_u128 << 64 | 3;
        export.add(ImageId(1), image("disk.raw", serial));

        assert_eq!(export.of_name(b"disk.raw"), Some(Shown::Image(ImageId(1))));
        assert_eq!(export.of_object(serial.to_be_bytes()), Some(ImageId(1)));

        export.remove(ImageId(1));
        assert_eq!(export.of_name(b"disk.raw"), None);
        assert_eq!(export.of_object(serial.to_be_bytes()), None);
        assert_eq!(export.after(0).count(), 0);
    }

    #[test]
    fn a_place_in_the_list_stays_when_other_images_come_and_go() {
        let mut export = Export::new(SystemTime::now());
        for number in [5_u32, 9, 12] {
            let serial = u128::from(number) << 65;
            export.add(ImageId(number), image(&number.to_string(), serial));
        }
        export.remove(ImageId(5));
        export.add(ImageId(6), image("6", 6 << 65));

        let after: Vec<_> = export.after(9).map(|(_, shown)| shown).collect();

        assert_eq!(after, [Shown::Image(ImageId(12))]);
    }

    #[test]
    fn a_second_image_of_a_name_is_not_shown() {
        let mut export = Export::new(SystemTime::now());
        export.add(ImageId(1), image("disk", 5 << 65));
        export.add(ImageId(2), image("disk", 6 << 65));

        assert_eq!(export.of_name(b"disk"), Some(Shown::Image(ImageId(1))));
        assert_eq!(export.len(), 1);
    }
}
