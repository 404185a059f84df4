//! The images that are served at the moment, found by the label that may open them, and the stores
//! that have trees.

use std::collections::HashMap;
use std::sync::Arc;

use labelgate_mac::Label;

use crate::config::{Audience, Image, Store};

/// The images and trees that are served at the moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalogue {
    all: Vec<Arc<Image>>,
    by_label: HashMap<Label, Vec<Arc<Image>>>,
    content: Vec<Arc<Image>>,
    trees: Vec<Arc<Store>>,
}

impl Catalogue {
    /// A catalogue of these images.
    #[must_use]
    pub fn new(all: Vec<Arc<Image>>) -> Self {
        let mut by_label: HashMap<Label, Vec<Arc<Image>>> = HashMap::new();
        let mut content = Vec::new();
        for image in &all {
            match &image.audience {
                Audience::Label(label) => by_label
                    .entry(label.clone())
                    .or_default()
                    .push(Arc::clone(image)),
                Audience::Everyone => content.push(Arc::clone(image)),
            }
        }
        Self {
            all,
            by_label,
            content,
            trees: Vec::new(),
        }
    }

    /// With these stores, in which every label has a tree of its own.
    #[must_use]
    pub fn with_trees(self, trees: Vec<Arc<Store>>) -> Self {
        Self { trees, ..self }
    }

    /// The stores in which every label has a tree of its own.
    #[must_use]
    pub fn trees(&self) -> &[Arc<Store>] {
        &self.trees
    }

    /// What a label's worker serves: the label's own images, and content.
    pub fn of(&self, label: &Label) -> impl Iterator<Item = &Arc<Image>> {
        let own = self.by_label.get(label).into_iter().flatten();
        own.chain(&self.content)
    }

    /// Every image.
    #[must_use]
    pub fn all(&self) -> &[Arc<Image>] {
        &self.all
    }

    /// What may be served while what `next` takes away has not gone yet: the images of `next`
    /// that are here too, for the same label.
    #[must_use]
    pub fn kept_in(&self, next: &Self) -> Self {
        let here = self.all.iter().map(|image| (image.target.as_str(), image));
        let here: HashMap<_, _> = here.collect();
        let stays = |image: &&Arc<Image>| {
            let before = here.get(image.target.as_str());
            before.is_some_and(|before| before.is_same_disk(image))
        };
        let trees = next.trees.iter().filter(|store| self.trees.contains(store));
        let trees = trees.cloned().collect();
        Self::new(next.all.iter().filter(stays).cloned().collect()).with_trees(trees)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use std::path::Path;

    fn catalogue(list: &[(&str, &str, &str)]) -> Catalogue {
        let mut text = "[[store]]\nname = \"s\"\npath = \"/s\"\n".to_owned();
        for (name, label, keys) in list {
            text +=
                &format!("[[image]]\nname = {name:?}\nstore = \"s\"\nfile = {name:?}\n{keys}\n");
            if !label.is_empty() {
                text += &format!("label = {label:?}\n");
            }
        }
        Catalogue::new(Config::parse(&text, Path::new("test")).unwrap().images)
    }

    #[test]
    fn an_image_that_moves_to_another_label_is_with_neither_in_between() {
        let old = catalogue(&[
            ("a", "s0:c1,c2", ""),
            ("b", "s0:c1,c2", ""),
            ("c", "s0:c1,c2", ""),
        ]);
        let new = catalogue(&[
            ("a", "s0:c1,c2", "size = \"1M\""),
            ("b", "s0:c3,c4", ""),
            ("d", "s0:c1,c2", ""),
        ]);
        let kept = old.kept_in(&new);
        assert_eq!(kept.all(), [Arc::clone(&new.all()[0])]);
    }

    #[test]
    fn content_is_served_to_every_label_and_an_image_to_its_own() {
        let catalogue = catalogue(&[("a", "s0:c1,c2", ""), ("cd", "", "content = true")]);
        let of = |label: &str| -> Vec<&str> {
            let label = label.parse().unwrap();
            catalogue
                .of(&label)
                .map(|image| image.name.as_str())
                .collect()
        };
        assert_eq!(of("s0:c1,c2"), ["a", "cd"]);
        assert_eq!(of("s0:c3,c4"), ["cd"]);
        assert!(catalogue.all()[1].read_only && catalogue.all()[1].is_content());
    }
}
