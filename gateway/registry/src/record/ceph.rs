//! What a pool of a Ceph cluster is found by.

use super::backend_text::{BackendNameError, Rule, backend_text};

/// The longest list of monitors, in bytes.
const LONGEST_MONITORS: usize = 1024;

/// The longest name of a pool, an entity, a namespace or an image in a pool, in bytes.
const LONGEST_NAME: usize = 96;

const MONITORS: Rule = Rule {
    what: "the list of monitors",
    limit: LONGEST_MONITORS,
    punctuation: ".:,[]/-",
    allowed: "addresses, such as 10.0.0.1,10.0.0.2:3300 or [v2:10.0.0.1:3300/0]",
};

/// A pool's name stands in capabilities, which have no way to quote every character.
const POOL: Rule = Rule {
    what: "the pool's name",
    limit: LONGEST_NAME,
    punctuation: "-_.",
    allowed: "letters, digits, dashes, underscores and dots",
};

const ENTITY: Rule = Rule {
    what: "the entity's name",
    limit: LONGEST_NAME,
    punctuation: "-_.",
    allowed: "letters, digits, dashes, underscores and dots, such as client.labelgate",
};

const PART: Rule = Rule {
    what: "the image's name in its pool",
    limit: LONGEST_NAME,
    punctuation: "-_.",
    allowed: "letters, digits, dashes, underscores and dots; write it as IMAGE or NAMESPACE/IMAGE",
};

backend_text! {
    /// Where a cluster's monitors are, as `mon_host` of ceph.conf has it.
    Monitors, MONITORS, |text| text
}

backend_text! {
    /// The name of a pool.
    PoolName, POOL, |text| text
}

backend_text! {
    /// The name of an entity, without the `client.` that it may be given with.
    EntityName, ENTITY, |text| text.strip_prefix("client.").unwrap_or(text)
}

/// Where an image is in its pool: `IMAGE`, or `NAMESPACE/IMAGE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InPool<'a> {
    /// Its namespace; empty for the pool's own.
    pub namespace: &'a str,
    /// Its name there.
    pub image: &'a str,
}

impl<'a> InPool<'a> {
    /// What a text says.
    ///
    /// # Errors
    /// Which part of it is no name that Ceph takes.
    pub fn parse(text: &'a str) -> Result<Self, BackendNameError> {
        let (namespace, image) = match text.split_once('/') {
            Some((namespace, image)) => {
                PART.check(namespace)?;
                (namespace, image)
            }
            None => ("", text),
        };
        PART.check(image)?;
        Ok(Self { namespace, image })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn monitors_are_written_as_ceph_writes_them() {
        for right in [
            "10.0.0.1",
            "10.0.0.1:6789,10.0.0.2",
            "[v2:10.0.0.1:3300/0,v1:10.0.0.1:6789/0]",
            "[fd00::1]:3300",
            "mon-a.example.org",
        ] {
            assert!(right.parse::<Monitors>().is_ok(), "{right}");
        }
        for wrong in ["", " ", "a b", "a\nkey = b", "a;b", &"1".repeat(1025)] {
            assert!(wrong.parse::<Monitors>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn an_entity_is_known_with_or_without_its_type() {
        let entity = |text: &str| text.parse::<EntityName>().unwrap();
        assert_eq!(entity("client.labelgate"), entity("labelgate"));
        assert!("client.".parse::<EntityName>().is_err());
        assert!("a b".parse::<EntityName>().is_err());
    }

    #[test]
    fn no_name_can_mean_something_else_in_a_capability() {
        for wrong in ["", "a,b", "a b", "a=b", "a\"b", "a*", "a'b"] {
            assert!(wrong.parse::<PoolName>().is_err(), "{wrong:?}");
            assert!(InPool::parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn an_image_is_in_at_most_one_namespace() {
        let parsed = InPool::parse("ns/web-1").unwrap();
        assert_eq!((parsed.namespace, parsed.image), ("ns", "web-1"));
        assert_eq!(InPool::parse("web-1").unwrap().namespace, "");
        for wrong in ["a/b/c", "/b", "a/", "a@snap", "a/b@snap"] {
            assert!(InPool::parse(wrong).is_err(), "{wrong}");
        }
    }
}
