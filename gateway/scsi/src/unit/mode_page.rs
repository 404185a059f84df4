//! Mode pages (SPC-4 7.5, SBC-3 6.5).

use crate::SenseFormat;

/// D_SENSE, byte 2 of the control page.
const D_SENSE: u8 = 0x04;
/// SWP, byte 4 of the control page.
const SWP: u8 = 0x08;

/// One mode page: default values as MODE SENSE sends them, header and all, and a mask of the bits
/// that MODE SELECT may change.
#[derive(Debug)]
pub(super) struct ModePage {
    pub(super) code: u8,
    pub(super) subpage: u8,
    pub(super) default: &'static [u8],
    changeable: &'static [u8],
}

const CONTROL: u8 = 0x0a;

/// All pages, in ascending order.
#[rustfmt::skip]
pub(super) static PAGES: [ModePage; 5] = [
    // Read-write error recovery: nothing to recover from here.
    ModePage { code: 0x01, subpage: 0, default: &[0x01, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], changeable: &[] },
    // Caching: WCE, for completed data is in the server's page cache; RCD zero.
    ModePage {
        code: 0x08, subpage: 0,
        default: &[0x08, 0x12, 0x04, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        changeable: &[],
    },
    // Control: QUEUE ALGORITHM MODIFIER 1 (unrestricted reordering), one task set for all (TST 0),
    // BUSY TIMEOUT PERIOD unlimited.
    ModePage {
        code: CONTROL, subpage: 0,
        default: &[CONTROL, 0x0a, 0, 0x10, 0, 0, 0, 0, 0xff, 0xff, 0, 0],
        changeable: &[0, 0, D_SENSE, 0, SWP],
    },
    // Control extension.
    ModePage {
        code: CONTROL, subpage: 1,
        default: &[0x40 | CONTROL, 0x01, 0x00, 0x1c,
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        changeable: &[],
    },
    // Informational exceptions control: DEXCPT, none are reported.
    ModePage { code: 0x1c, subpage: 0, default: &[0x1c, 0x0a, 0x08, 0, 0, 0, 0, 0, 0, 0, 0, 0], changeable: &[] },
];

impl ModePage {
    /// Bytes before the page's own: 2, or 4 in the subpage format.
    pub(super) const fn header(&self) -> usize {
        if self.subpage == 0 { 2 } else { 4 }
    }

    const fn is_control(&self) -> bool {
        self.code == CONTROL && self.subpage == 0
    }

    /// Which bits of byte `at` may be changed; in a page's header, none.
    pub(super) fn changeable(&self, at: usize) -> u8 {
        self.changeable.get(at).copied().unwrap_or(0)
    }

    /// The page as the answer to a request for changeable values: the header, and the mask.
    pub(super) fn mask(&self) -> impl Iterator<Item = u8> {
        let bytes = self.default.iter().enumerate();
        bytes.map(|(at, byte)| {
            if at < self.header() {
                *byte
            } else {
                self.changeable(at)
            }
        })
    }
}

/// What MODE SELECT can change. It is the same for all nexuses, and not saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct ModeParameters {
    /// D_SENSE: sense data is in descriptor format.
    pub(super) descriptor_sense: bool,
    /// SWP: writes are refused.
    pub(super) software_write_protect: bool,
}

impl ModeParameters {
    pub(super) const fn sense_format(self) -> SenseFormat {
        if self.descriptor_sense {
            SenseFormat::Descriptor
        } else {
            SenseFormat::Fixed
        }
    }

    /// A page's current values.
    pub(super) fn current(self, page: &'static ModePage) -> impl Iterator<Item = u8> {
        page.default.iter().enumerate().map(move |(at, byte)| {
            byte | match at {
                2 if page.is_control() && self.descriptor_sense => D_SENSE,
                4 if page.is_control() && self.software_write_protect => SWP,
                _ => 0,
            }
        })
    }

    /// Takes on the changeable values of a page that was found to differ in nothing else.
    pub(super) fn take_on(&mut self, page: &ModePage, values: &[u8]) {
        if let (true, [_, _, sense, _, protect, ..]) = (page.is_control(), values) {
            self.descriptor_sense = sense & D_SENSE != 0;
            self.software_write_protect = protect & SWP != 0;
        }
    }
}
