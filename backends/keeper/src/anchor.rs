//! Reading an anchor.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;

use labelgate_control::{
    Anchor, AnchorError, Handed, MAX_ANCHOR, NotServed, OpenAs, OpenHandedError, Text,
};

/// Why an anchor leads nowhere.
#[derive(Debug, thiserror::Error)]
pub enum AnchorFault {
    /// It cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenHandedError),
    /// It cannot be read.
    #[error("its anchor cannot be read: {0}")]
    Read(#[from] io::Error),
    /// It says what no anchor says.
    #[error("its anchor: {0}")]
    Anchor(#[from] AnchorError),
}

/// Opens what was handed over, if it is still to be opened, and reads it.
///
/// # Errors
/// See [`AnchorFault`].
pub fn read(handed: Handed, descriptor: OwnedFd) -> Result<Anchor, AnchorFault> {
    let how = OpenAs {
        write: false,
        direct: false,
    };
    let file = File::from(handed.open(descriptor, how)?);
    let mut bytes = Vec::with_capacity(MAX_ANCHOR + 1);
    file.take(MAX_ANCHOR as u64 + 1).read_to_end(&mut bytes)?;
    let text = str::from_utf8(&bytes).map_err(|_| AnchorError::Malformed)?;
    Ok(Anchor::parse(text)?)
}

impl From<AnchorFault> for NotServed {
    fn from(fault: AnchorFault) -> Self {
        match fault {
            AnchorFault::Open(OpenHandedError::Held) => Self::Held,
            AnchorFault::Open(OpenHandedError::Refused { errno }) => Self::Refused { errno },
            fault => Self::Unfit(Text::clean(&fault.to_string())),
        }
    }
}
