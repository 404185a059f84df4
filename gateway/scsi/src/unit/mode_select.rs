//! MODE SELECT(6) and (10) (SPC-4 6.11, 6.12).

use labelgate_wire::Reader;

use super::LogicalUnit;
use super::mode_page::{ModePage, ModeParameters, PAGES};
use crate::command::ModeForm;
use crate::{Plan, Sense, UnitAttention};

/// The parameter list is taken up if it can be a list of mode pages. SP is refused by the parser:
/// nothing is saved.
pub(super) fn collect(form: ModeForm, page_format: bool, length: u16) -> Result<Plan, Sense> {
    let header = match form {
        ModeForm::Six => 4,
        ModeForm::Ten => 8,
    };
    match length {
        // "shall not be considered an error"
        0 => Ok(Plan::Good),
        _ if !page_format => Err(Sense::invalid_field(1, Some(4))),
        _ if length < header => Err(Sense::PARAMETER_LIST_LENGTH_ERROR),
        _ => Ok(Plan::Parameters {
            length: usize::from(length),
        }),
    }
}

/// A parameter list and how far it has been read, for field pointers.
struct List<'a> {
    reader: Reader<'a>,
    length: usize,
}

impl List<'_> {
    /// INVALID FIELD IN PARAMETER LIST, `back` bytes before what is read next.
    fn invalid(&self, back: usize, bit: Option<u8>) -> Sense {
        let at = self.length - self.reader.remaining();
        let byte = u16::try_from(at.saturating_sub(back)).unwrap_or(u16::MAX);
        Sense::invalid_parameter(byte, bit)
    }
}

impl LogicalUnit {
    /// Nothing is changed unless everything in the list is acceptable.
    pub(super) fn mode_select(&mut self, form: ModeForm, list: &[u8]) -> Result<Plan, Sense> {
        let mut list = List {
            reader: Reader::new(list),
            length: list.len(),
        };
        let descriptor = header(&mut list, form)?;
        self.block_descriptor(&mut list, descriptor)?;
        let mut mode = self.mode;
        while !list.reader.is_empty() {
            mode_page(&mut list, &mut mode)?;
        }
        if mode != self.mode {
            self.mode = mode;
            self.announcement = Some(UnitAttention::ModeParametersChanged);
        }
        Ok(Plan::Good)
    }

    /// The capacity and the block length are the image's: a descriptor may only repeat them, or
    /// name zero or all blocks.
    fn block_descriptor(&self, list: &mut List<'_>, descriptor: Descriptor) -> Result<(), Sense> {
        let (blocks, most, length, width) = match descriptor {
            Descriptor::None => return Ok(()),
            Descriptor::Short => {
                let blocks = u64::from(list.reader.u32()?);
                list.reader.skip(1)?;
                (blocks, u64::from(u32::MAX), list.reader.u24()?, 8)
            }
            Descriptor::Long => {
                let blocks = list.reader.u64()?;
                list.reader.skip(4)?;
                (blocks, u64::MAX, list.reader.u32()?, 16)
            }
        };
        if blocks != 0 && blocks != most && blocks != self.capacity() {
            return Err(list.invalid(width, None));
        }
        if length != self.geometry().block_size {
            return Err(list.invalid(if width == 8 { 3 } else { 4 }, None));
        }
        Ok(())
    }
}

#[derive(Clone, Copy)]
enum Descriptor {
    None,
    Short,
    Long,
}

/// The header. MODE DATA LENGTH is reserved here; WP and DPOFUA are not for the initiator to set
/// and are ignored.
fn header(list: &mut List<'_>, form: ModeForm) -> Result<Descriptor, Sense> {
    let (medium_type, long, length) = match form {
        ModeForm::Six => {
            list.reader.skip(1)?;
            let medium_type = list.reader.u8()?;
            list.reader.skip(1)?;
            (medium_type, false, u16::from(list.reader.u8()?))
        }
        ModeForm::Ten => {
            list.reader.skip(2)?;
            let medium_type = list.reader.u8()?;
            list.reader.skip(1)?;
            let long = list.reader.u8()? & 0x01 != 0;
            list.reader.skip(1)?;
            (medium_type, long, list.reader.u16()?)
        }
    };
    if medium_type != 0 {
        let byte = if form == ModeForm::Six { 1 } else { 2 };
        return Err(Sense::invalid_parameter(byte, None));
    }
    match (length, long) {
        (0, _) => Ok(Descriptor::None),
        (8, false) => Ok(Descriptor::Short),
        (16, true) => Ok(Descriptor::Long),
        _ => Err(list.invalid(if form == ModeForm::Six { 1 } else { 2 }, None)),
    }
}

/// One page: it must be one of ours, whole, and differ from the current values only where they
/// may be changed.
fn mode_page(list: &mut List<'_>, mode: &mut ModeParameters) -> Result<(), Sense> {
    let before = list.reader.rest();
    let page = page_header(list)?;
    list.reader
        .skip(page.default.len().saturating_sub(page.header()))?;
    let values = before.get(..page.default.len()).unwrap_or(before);
    let current = mode.current(page);
    for (at, (new, old)) in values.iter().zip(current).enumerate().skip(page.header()) {
        let changed = (new ^ old) & !page.changeable(at);
        if let Some(bit) = changed.checked_ilog2() {
            return Err(list.invalid(page.default.len() - at, u8::try_from(bit).ok()));
        }
    }
    mode.take_on(page, values);
    Ok(())
}

/// PAGE CODE, SUBPAGE CODE and PAGE LENGTH. PS is reserved in MODE SELECT and ignored.
fn page_header(list: &mut List<'_>) -> Result<&'static ModePage, Sense> {
    const SPF: u8 = 0x40;
    let first = list.reader.u8()?;
    let (subpage, length) = if first & SPF == 0 {
        (0, usize::from(list.reader.u8()?))
    } else {
        (list.reader.u8()?, usize::from(list.reader.u16()?))
    };
    let header = if first & SPF == 0 { 2 } else { 4 };
    let page = PAGES
        .iter()
        .find(|page| page.code == first & 0x3f && page.subpage == subpage)
        .filter(|page| page.header() == header)
        .ok_or_else(|| list.invalid(header, Some(5)))?;
    if page.default.len() != header + length {
        return Err(list.invalid(if header == 2 { 1 } else { 2 }, None));
    }
    Ok(page)
}
