//! What a gateway's namespaces and entities in a cluster are called.
//!
//! Another gateway may have the same labels for other machines, and a store of the same name: so the
//! names have the gateway in them. It is known by its registry, whose backup takes it along.

use labelgate_control::{MAX_ENTITY, MAX_KEPT_NAME};
use labelgate_mac::Label;
use labelgate_registry::{InPool, MasterKey};

use super::keysmith::Entity;

/// What the names of all namespaces begin with, whatever gateway's they are.
const NAMESPACES: &str = "labelgate-";

/// What makes a gateway's name of its key, which says nothing of that.
const PURPOSE: &str = "labelgate 2026-11 name of a gateway in a cluster";

/// How much of a store's name is in that of an entity.
const STORE_SHOWN: usize = 32;

/// What a key lets its holder at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// All that is in a label's namespace.
    Namespace(String),
    /// One image, which is somewhere else, or is a clone of what is.
    Image {
        /// Its namespace; empty for the pool's own.
        namespace: String,
        /// Its name there.
        image: String,
    },
}

/// What a gateway's namespaces and entities are called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    gateway: String,
}

impl Names {
    /// Those of the gateway with this key.
    #[must_use]
    pub fn of(key: &MasterKey) -> Self {
        let hash = blake3::derive_key(PURPOSE, key.expose());
        let gateway = hash.iter().take(4).map(|byte| format!("{byte:02x}"));
        let gateway = gateway.collect();
        Self { gateway }
    }

    /// What a logical unit of a target is reserved by, without the number of its keeper: the upper 32
    /// bits of a key, of which the first is 0. It is never 0. Whatever image the unit is, or was before.
    #[must_use]
    pub fn reservation_of(&self, target: &str, unit: u16) -> u64 {
        let hash = short_hash(&[&self.gateway, target, &unit.to_string()]);
        let first = hash.get(..8).unwrap_or_default();
        let bits = u64::from_str_radix(first, 16).unwrap_or_default() & ((1 << 31) - 1);
        bits.max(1) << 32
    }

    /// What the names of all its entities begin with.
    #[must_use]
    pub fn prefix(&self) -> String {
        format!("labelgate.{}.", self.gateway)
    }

    /// The namespace in which a label's images are made. No two labels have one.
    #[must_use]
    pub fn namespace_of(&self, label: &Label) -> String {
        let gateway = &self.gateway;
        // A label has its colon before all categories and its commas between them: the two cannot
        // be confused, and its dots stay.
        let plain = label.to_string().replace([':', ','], "-");
        let name = format!("{NAMESPACES}{gateway}-{plain}");
        match name.len() {
            0..=MAX_KEPT_NAME => name,
            _ => format!(
                "{NAMESPACES}{gateway}-{}",
                short_hash(&[&label.to_string()])
            ),
        }
    }

    /// What the key is for with which a label's keeper opens an image at this place. One that is a clone of
    /// what is `outside` of the label's namespace has a key of its own: that of the namespace stays as it is
    /// while keepers are connected with it.
    #[must_use]
    pub fn scope_of(&self, label: &Label, place: InPool<'_>, outside: bool) -> Scope {
        let own = self.namespace_of(label);
        match place.namespace == own && !outside {
            true => Scope::Namespace(own),
            false => Scope::Image {
                namespace: place.namespace.to_owned(),
                image: place.image.to_owned(),
            },
        }
    }

    /// Who a label's keeper is to the cluster of a store.
    #[must_use]
    pub fn entity_of(&self, label: &Label, store: &str, scope: &Scope) -> Entity {
        let label = label.to_string();
        let hash = match scope {
            Scope::Namespace(namespace) => short_hash(&[store, &label, namespace]),
            Scope::Image { namespace, image } => short_hash(&[store, &label, namespace, image]),
        };
        let shown: String = store.chars().take(STORE_SHOWN).collect();
        let mut name = format!("{}{shown}.{hash}", self.prefix());
        name.truncate(MAX_ENTITY);
        name
    }
}

/// Whether a namespace may be some label's, whatever gateway's.
#[must_use]
pub fn is_of_a_label(namespace: &str) -> bool {
    namespace.starts_with(NAMESPACES)
}

/// 128 bits of what these parts are, and where they end.
fn short_hash(parts: &[&str]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().to_hex().chars().take(32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn names() -> Names {
        Names::of(&MasterKey::from_bytes([7; 32]))
    }

    #[test]
    fn no_two_labels_have_one_namespace_and_no_two_gateways() {
        let long: Vec<String> = (0..400).map(|n| format!("c{}", n * 2)).collect();
        let long = format!("s0:{}", long.join(","));
        let labels = ["s0:c1,c2", "s0:c12", "s0:c1.c5", "s0:c1,c25", &long];
        let other = Names::of(&MasterKey::from_bytes([8; 32]));
        let mut all = HashSet::new();
        for names in [names(), other] {
            for label in labels {
                let namespace = names.namespace_of(&label.parse().unwrap());
                assert!(is_of_a_label(&namespace) && namespace.len() <= MAX_KEPT_NAME);
                let place = format!("{namespace}/image");
                assert!(InPool::parse(&place).is_ok(), "{place}");
                assert!(all.insert(namespace));
            }
        }
    }

    #[test]
    fn what_a_unit_is_reserved_by_is_its_own_and_its_gateways() {
        let other = Names::of(&MasterKey::from_bytes([8; 32]));
        let mut all = HashSet::new();
        for names in [names(), other] {
            for (target, unit) in [("iqn.a", 1), ("iqn.a", 2), ("iqn.b", 1)] {
                let key = names.reservation_of(target, unit);
                assert!(
                    key & 0xffff_ffff == 0 && key > 0 && key >> 63 == 0,
                    "{key:x}"
                );
                assert!(all.insert(key));
            }
        }
    }

    #[test]
    fn a_labels_own_namespace_has_one_key_and_every_other_image_one_of_its_own() {
        let label: Label = "s0:c1,c2".parse().unwrap();
        let own = names().namespace_of(&label);
        let scope = |place: &str| names().scope_of(&label, InPool::parse(place).unwrap(), false);
        assert_eq!(scope(&format!("{own}/web")), Scope::Namespace(own.clone()));
        assert_eq!(scope(&format!("{own}/db")), Scope::Namespace(own.clone()));
        let clone = format!("{own}/clone");
        let place = InPool::parse(&clone).unwrap();
        let alone = names().scope_of(&label, place, true);
        assert!(matches!(alone, Scope::Image { namespace, .. } if namespace == own));
        let other = names().namespace_of(&"s0:c1,c3".parse().unwrap());
        for place in [
            "web".to_owned(),
            "ns/web".to_owned(),
            format!("{other}/web"),
        ] {
            assert!(matches!(scope(&place), Scope::Image { .. }), "{place}");
        }
    }

    #[test]
    fn an_entity_is_one_labels_one_stores_and_one_keys() {
        let mut all = HashSet::new();
        let long = "a".repeat(63);
        for label in ["s0:c1,c2", "s0:c1,c3"] {
            for store in ["ceph", long.as_str()] {
                for place in ["web", "db", "ns/web"] {
                    let label = label.parse().unwrap();
                    let scope = names().scope_of(&label, InPool::parse(place).unwrap(), false);
                    let entity = names().entity_of(&label, store, &scope);
                    assert!(entity.len() <= MAX_ENTITY && entity.starts_with(&names().prefix()));
                    assert!(names().prefix().len() <= 32);
                    assert!(all.insert(entity));
                }
            }
        }
    }
}
