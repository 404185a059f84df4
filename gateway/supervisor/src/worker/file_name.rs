//! What images are called as files.

use labelgate_control::Text;

use crate::config::Image;

/// What an image of a label is called as a file, among all that the label has: by its name, or by
/// `STORE.NAME` if that name could mean another one, too.
///
/// The second is its own alone, because no store has a dot in its name. Directories beside the
/// images are called as their stores: `trees`.
pub fn file_name<'a>(
    image: &Image,
    all: impl IntoIterator<Item = &'a Image>,
    trees: impl IntoIterator<Item = &'a str>,
) -> Text<255> {
    let means = |other: &Image| other.name == image.name || is_long_name(&image.name, other);
    let mut others = all.into_iter().filter(|other| other.target != image.target);
    let is_tree = trees.into_iter().any(|tree| tree == image.name);
    match is_tree || others.any(means) {
        true => Text::clean(&format!("{}.{}", image.store.name, image.name)),
        false => Text::clean(&image.name),
    }
}

/// Whether a name is an image's with that of its store before it.
fn is_long_name(name: &str, image: &Image) -> bool {
    let rest = name.strip_prefix(image.store.name.as_str());
    let rest = rest.and_then(|rest| rest.strip_prefix('.'));
    rest == Some(image.name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use std::collections::HashSet;
    use std::path::Path;
    use std::sync::Arc;

    /// Images by store and name.
    fn images(list: &[(&str, &str)]) -> Vec<Arc<Image>> {
        let stores = list.iter().map(|(store, _)| *store).collect::<HashSet<_>>();
        let stores = stores
            .iter()
            .map(|store| format!("[[store]]\nname = \"{store}\"\npath = \"/{store}\"\n"));
        let images = list.iter().map(|(store, name)| {
            format!(
                "[[image]]\nname = \"{name}\"\nstore = \"{store}\"\nfile = \"{name}\"\n\
                 label = \"s0:c1,c2\"\n"
            )
        });
        let text = stores.chain(images).collect::<String>();
        Config::parse(&text, Path::new("test")).unwrap().images
    }

    fn names(list: &[(&str, &str)]) -> Vec<String> {
        let images = images(list);
        let all = || images.iter().map(Arc::as_ref);
        all()
            .map(|image| file_name(image, all(), []).into())
            .collect()
    }

    #[test]
    fn an_image_is_called_by_its_name() {
        assert_eq!(names(&[("a", "web"), ("b", "db.1")]), ["web", "db.1"]);
    }

    #[test]
    fn of_one_name_in_two_stores_each_is_called_with_its_stores() {
        let expected = ["a.web", "b.web", "db"];
        assert_eq!(names(&[("a", "web"), ("b", "web"), ("b", "db")]), expected);
    }

    #[test]
    fn a_name_that_looks_like_another_with_its_stores_is_told_from_it() {
        let list = [("a", "web"), ("b", "web"), ("c", "a.web")];
        assert_eq!(names(&list), ["a.web", "b.web", "c.a.web"]);
    }

    #[test]
    fn an_image_called_as_a_tree_is_called_with_its_stores() {
        let images = images(&[("a", "web"), ("b", "db")]);
        let all = || images.iter().map(Arc::as_ref);
        let names: Vec<String> = all()
            .map(|image| file_name(image, all(), ["web"]).into())
            .collect();
        assert_eq!(names, ["a.web", "db"]);
    }
}
