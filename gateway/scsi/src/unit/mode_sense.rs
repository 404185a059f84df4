//! MODE SENSE(6) and (10) (SPC-4 6.13, 6.14; 7.5.5 for the header).

use super::mode_page::{ModePage, PAGES};
use super::{LogicalUnit, answer};
use crate::command::{ModeForm, PageControl};
use crate::{Command, Plan, Sense};

const ALL_PAGES: u8 = 0x3f;
const ALL_SUBPAGES: u8 = 0xff;

/// Which pages a request is for: page 3Fh stands for all, subpage FFh for all subpages as well.
fn wanted(page: u8, subpage: u8, candidate: &ModePage) -> bool {
    (page == ALL_PAGES || page == candidate.code)
        && (subpage == ALL_SUBPAGES || subpage == candidate.subpage)
}

impl LogicalUnit {
    pub(super) fn mode_sense(&self, command: &Command) -> Result<Plan, Sense> {
        let Command::ModeSense {
            form,
            long_lba,
            no_descriptor,
            control,
            page,
            subpage,
            allocation,
        } = *command
        else {
            return Err(Sense::TARGET_FAILURE);
        };
        if page == ALL_PAGES && !matches!(subpage, 0 | ALL_SUBPAGES) {
            return Err(Sense::invalid_field(3, None));
        }
        let pages = self.mode_pages(control, page, subpage)?;
        let descriptor = match (no_descriptor, long_lba) {
            (true, _) => Vec::new(),
            (false, false) => self.short_descriptor(),
            (false, true) => self.long_descriptor(),
        };
        let mut data = self.mode_header(form, &descriptor, pages.len());
        data.extend(descriptor);
        data.extend(pages);
        Ok(answer(data, allocation))
    }

    fn mode_pages(&self, control: PageControl, page: u8, subpage: u8) -> Result<Vec<u8>, Sense> {
        if control == PageControl::Saved {
            return Err(Sense::SAVING_PARAMETERS_NOT_SUPPORTED);
        }
        let mut data = Vec::new();
        for one in PAGES.iter().filter(|one| wanted(page, subpage, one)) {
            match control {
                PageControl::Changeable => data.extend(one.mask()),
                PageControl::Default => data.extend(one.default),
                PageControl::Current | PageControl::Saved => data.extend(self.mode.current(one)),
            }
        }
        if data.is_empty() {
            let known = PAGES.iter().any(|one| one.code == page);
            return Err(if known {
                Sense::invalid_field(3, None)
            } else {
                Sense::invalid_field(2, Some(5))
            });
        }
        Ok(data)
    }

    /// MODE DATA LENGTH (which does not count itself), MEDIUM TYPE, DEVICE-SPECIFIC PARAMETER,
    /// BLOCK DESCRIPTOR LENGTH.
    fn mode_header(&self, form: ModeForm, descriptor: &[u8], pages: usize) -> Vec<u8> {
        let following = descriptor.len() + pages;
        let flags = self.device_specific();
        match form {
            ModeForm::Six => {
                let length = u8::try_from(following + 3).unwrap_or(u8::MAX);
                let descriptor = u8::try_from(descriptor.len()).unwrap_or(u8::MAX);
                vec![length, 0, flags, descriptor]
            }
            ModeForm::Ten => {
                const LONG_LBA: usize = 16;
                let length = u16::try_from(following + 6).unwrap_or(u16::MAX);
                let [high, low] = length.to_be_bytes();
                let long = u8::from(descriptor.len() == LONG_LBA);
                let descriptor = u8::try_from(descriptor.len()).unwrap_or(u8::MAX);
                vec![high, low, 0, flags, long, 0, 0, descriptor]
            }
        }
    }

    /// WP and DPOFUA (SBC-3 6.5.1).
    const fn device_specific(&self) -> u8 {
        const DPOFUA: u8 = 0x10;
        const WP: u8 = 0x80;
        if self.writable().is_err() {
            WP | DPOFUA
        } else {
            DPOFUA
        }
    }

    /// Short LBA mode parameter block descriptor (SBC-3 6.5.2.2): "if the number of logical
    /// blocks is too large, FFFF_FFFFh".
    fn short_descriptor(&self) -> Vec<u8> {
        let blocks = u32::try_from(self.capacity()).unwrap_or(u32::MAX);
        let mut data = blocks.to_be_bytes().to_vec();
        // LOGICAL BLOCK LENGTH has three bytes, behind a reserved one.
        data.extend((self.geometry().block_size & 0x00ff_ffff).to_be_bytes());
        data
    }

    /// Long LBA mode parameter block descriptor (SBC-3 6.5.2.3).
    fn long_descriptor(&self) -> Vec<u8> {
        let mut data = self.capacity().to_be_bytes().to_vec();
        data.extend([0; 4]);
        data.extend(self.geometry().block_size.to_be_bytes());
        data
    }
}
