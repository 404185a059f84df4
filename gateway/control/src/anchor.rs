//! What an anchor says: where an image is that is no file here, and what opens it.

use serde::{Deserialize, Serialize};

use crate::{Secret, Text};

/// The longest anchor, in bytes.
pub const MAX_ANCHOR: usize = 4096;

/// An anchor: the content of the small file that stands for an image of a store that is reached over
/// the network. The supervisor writes it, as TOML; a keeper of the image's label alone reads it.
///
/// What is not known is refused: a keeper that overlooked a word would open something else than
/// whoever wrote it meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "backend", rename_all = "lowercase")]
pub enum Anchor {
    /// An image of Ceph's RBD.
    Rbd(RbdAnchor),
}

/// Where an RBD image is, and what opens it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RbdAnchor {
    /// The addresses of the cluster's monitors, as `mon_host` has them.
    pub monitors: Text<1024>,
    /// The pool.
    pub pool: Text<128>,
    /// The namespace within the pool; empty for the one without a name.
    pub namespace: Text<128>,
    /// The image's name.
    pub image: Text<256>,
    /// Who opens it: the entity's name without `client.`.
    pub entity: Text<128>,
    /// The entity's key, in base64.
    pub key: Secret<128>,
}

/// Why text is no anchor. The text itself is not shown: there is a key in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AnchorError {
    /// It is longer than any anchor.
    #[error("an anchor has at most {MAX_ANCHOR} bytes")]
    TooLong,
    /// It is no TOML, a field is missing, unknown or too long, or no such backend is known.
    #[error("it does not say what an anchor says")]
    Malformed,
    /// A field that must say something is empty.
    #[error("an anchor's {0} must not be empty")]
    Empty(&'static str),
}

impl Anchor {
    /// Reads an anchor.
    ///
    /// # Errors
    /// [`AnchorError`]
    pub fn parse(text: &str) -> Result<Self, AnchorError> {
        if text.len() > MAX_ANCHOR {
            return Err(AnchorError::TooLong);
        }
        let anchor: Self = toml::from_str(text).map_err(|_| AnchorError::Malformed)?;
        anchor.check()?;
        Ok(anchor)
    }

    /// The anchor as it stands in its file.
    ///
    /// # Errors
    /// It could not be read again.
    pub fn to_text(&self) -> Result<String, AnchorError> {
        self.check()?;
        let text = toml::to_string(self).map_err(|_| AnchorError::Malformed)?;
        match text.len() {
            0..=MAX_ANCHOR => Ok(text),
            _ => Err(AnchorError::TooLong),
        }
    }

    fn check(&self) -> Result<(), AnchorError> {
        let Self::Rbd(rbd) = self;
        let fields = [
            ("monitors", rbd.monitors.as_str()),
            ("pool", rbd.pool.as_str()),
            ("image", rbd.image.as_str()),
            ("entity", rbd.entity.as_str()),
            ("key", rbd.key.reveal()),
        ];
        match fields.into_iter().find(|(_, value)| value.is_empty()) {
            Some((name, _)) => Err(AnchorError::Empty(name)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
        backend = "rbd"
        monitors = "[v2:192.0.2.1:3300,v1:192.0.2.1:6789]"
        pool = "vms"
        namespace = ""
        image = "web-1"
        entity = "labelgate.c1-c2"
        key = "AQBqc2VjcmV0"
    "#;

    fn anchor() -> Anchor {
        Anchor::parse(TEXT).unwrap()
    }

    #[test]
    fn an_anchor_is_read_as_it_was_written() {
        assert_eq!(Anchor::parse(&anchor().to_text().unwrap()), Ok(anchor()));
    }

    #[test]
    fn what_is_unknown_or_missing_is_refused() {
        let wrong = [
            TEXT.replace("rbd", "gluster"),
            TEXT.replace("pool", "puddle"),
            format!("{TEXT}\nsnapshot = \"x\""),
            format!("{TEXT}\npool = \"twice\""),
            TEXT.replace("\"vms\"", "7"),
            TEXT.replace("\"vms\"", "\"a\\nb\""),
            String::new(),
        ];
        for text in wrong {
            assert_eq!(Anchor::parse(&text), Err(AnchorError::Malformed), "{text}");
        }
        let empty = TEXT.replace("\"web-1\"", "\"\"");
        assert_eq!(Anchor::parse(&empty), Err(AnchorError::Empty("image")));
        let long = format!("{TEXT}{}", " ".repeat(MAX_ANCHOR));
        assert_eq!(Anchor::parse(&long), Err(AnchorError::TooLong));
    }

    #[test]
    fn its_key_is_not_shown() {
        assert!(!format!("{:?}", anchor()).contains("AQBqc2VjcmV0"));
    }
}
