//! What nearly every PDU of a target carries in bytes 24 to 35.

use crate::serial::{CmdSn, StatSn};

/// The numbering of a PDU that a target sends (RFC 7143, 4.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbers {
    /// The number of this status, or of the next one if the PDU carries none.
    pub stat_sn: StatSn,
    /// The next command the target expects.
    pub exp_cmd_sn: CmdSn,
    /// The last command the target has room for.
    pub max_cmd_sn: CmdSn,
}

impl Numbers {
    pub(super) const fn rows(self) -> [[u8; 4]; 3] {
        [
            self.stat_sn.get().to_be_bytes(),
            self.exp_cmd_sn.get().to_be_bytes(),
            self.max_cmd_sn.get().to_be_bytes(),
        ]
    }

    #[cfg(test)]
    pub(super) const fn from_rows(stat: [u8; 4], expected: [u8; 4], max: [u8; 4]) -> Self {
        Self {
            stat_sn: StatSn::new(u32::from_be_bytes(stat)),
            exp_cmd_sn: CmdSn::new(u32::from_be_bytes(expected)),
            max_cmd_sn: CmdSn::new(u32::from_be_bytes(max)),
        }
    }

    /// Numbers that are easy to find in golden bytes.
    #[cfg(test)]
    pub(crate) const GOLDEN: Self = Self {
        stat_sn: StatSn::new(0x2425_2627),
        exp_cmd_sn: CmdSn::new(0x2829_2a2b),
        max_cmd_sn: CmdSn::new(0x2c2d_2e2f),
    };
}
