//! One virtual disk.

use labelgate_control::{Designator, Serial};
use labelgate_mac::Label;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use super::{ImageFile, Record};
use crate::{ImageId, ImageName, StoreName};

/// One virtual disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Image {
    /// Its store.
    pub store: StoreName,
    /// Its name there.
    pub name: ImageName,
    /// Where it is below the store's path.
    pub file: ImageFile,
    /// The one label that may open it. Of content, which many labels may read: the label it was
    /// filled under. Of an image that follows a machine: where it rests, or the level of the machine,
    /// which may open it while a lease of that label holds ([`crate::Snapshot::is_out`]).
    pub label: Label,
    /// What tells it from every other image, for ever. Take a [`fresh_designator`].
    #[serde(with = "designator")]
    pub designator: Designator,
    /// The least size it shall have, in bytes, a multiple of the block size; `None` leaves the
    /// file's size alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Logical block size.
    pub block_size: BlockSize,
    /// Writes are refused.
    pub read_only: bool,
    /// Past the page cache.
    pub direct: bool,
    /// Content (an installer, a base): many labels may read it. Always `read_only`.
    pub content: bool,
    /// The machine that it follows, if it follows one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<Follows>,
}

/// The machine that an image follows: one that the network tells by the level of its process, which is
/// another at every start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Follows {
    /// The machine.
    pub vm: Uuid,
    /// The label that the image has while the machine does not run: a level that was allocated, which all
    /// images that follow the machine have then, and nobody else ever.
    pub rest: Label,
}

impl Image {
    /// Which image it is.
    #[must_use]
    pub fn id(&self) -> ImageId {
        ImageId {
            store: self.store.clone(),
            name: self.name.clone(),
        }
    }
}

impl Record for Image {
    type Key = ImageId;

    fn key(&self) -> ImageId {
        self.id()
    }
}

/// The size of a logical block in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub enum BlockSize {
    /// 512 bytes, which everything boots from.
    #[default]
    B512,
    /// 4096 bytes.
    B4096,
}

impl BlockSize {
    /// How many bytes.
    #[must_use]
    pub const fn bytes(self) -> u32 {
        match self {
            Self::B512 => 512,
            Self::B4096 => 4096,
        }
    }
}

impl From<BlockSize> for u32 {
    fn from(size: BlockSize) -> Self {
        size.bytes()
    }
}

impl TryFrom<u32> for BlockSize {
    type Error = String;

    fn try_from(bytes: u32) -> Result<Self, String> {
        match bytes {
            512 => Ok(Self::B512),
            4096 => Ok(Self::B4096),
            other => Err(format!("block size is {other}; choose 512 or 4096")),
        }
    }
}

/// A designator that no image has had: 188 random bits.
///
/// It is not made of the image's name, as those of the configuration file are: an image that is
/// removed and made again under its name is another disk.
///
/// # Errors
/// The kernel has no random numbers.
pub fn fresh_designator() -> Result<Designator, getrandom::Error> {
    let (mut serial, mut naa) = ([0; 16], [0; 8]);
    getrandom::fill(&mut serial)?;
    getrandom::fill(&mut naa)?;
    // NAA locally assigned (type 3h), SPC-5 7.7.6.6.4.
    let [first, ..] = &mut naa;
    *first = 0x30 | (*first & 0x0f);
    let serial = Serial(serial);
    Ok(Designator { serial, naa })
}

/// A designator as two texts of hexadecimal digits.
mod designator {
    use super::{Deserialize, Deserializer, Designator, Serial, Serialize, Serializer};
    use serde::de::Error;

    #[derive(Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Texts {
        serial: String,
        naa: String,
    }

    pub(super) fn serialize<S: Serializer>(
        designator: &Designator,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let texts = Texts {
            serial: designator.serial.to_string(),
            naa: format!("{:016x}", u64::from_be_bytes(designator.naa)),
        };
        texts.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Designator, D::Error> {
        let texts = Texts::deserialize(deserializer)?;
        let digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let serial = Serial::parse(&texts.serial);
        let naa = u64::from_str_radix(&texts.naa, 16)
            .ok()
            .filter(|_| texts.naa.len() == 16 && texts.naa.bytes().all(digit));
        match (serial, naa) {
            (Some(serial), Some(naa)) => Ok(Designator {
                serial,
                naa: naa.to_be_bytes(),
            }),
            _ => Err(D::Error::custom(
                "no designator: 32 and 16 hexadecimal digits",
            )),
        }
    }
}
