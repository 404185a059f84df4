//! What a logical unit says about itself (SPC-4, SBC-3). It is believed as far as it makes sense.

use labelgate_wire::Reader;

/// The least and the most bytes of a block that can be served.
const BLOCKS: std::ops::RangeInclusive<u32> = 512..=4096;
/// The most bytes of an identifier that are kept.
const MAX_IDENTITY: usize = 256;
/// The most that is read or written by one command, in bytes.
const MAX_TRANSFER: u32 = 1 << 20;
/// The most that is made zeros by one command, in bytes.
const MAX_SAME: u64 = 64 << 20;

/// A logical unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Its size in bytes.
    pub size: u64,
    /// The length of a block in bytes: a power of two.
    pub block: u32,
    /// The length of its medium's blocks in bytes: a power of two.
    pub physical_block: u32,
    /// It does not let anybody write.
    pub read_only: bool,
    /// What it has answered may be lost with its power, unless it is flushed.
    pub volatile: bool,
    /// It can make a write stable by itself (FUA).
    pub stable_writes: bool,
    /// It gives space back when zeros are written so (WRITE SAME with UNMAP).
    pub unmaps: bool,
    /// What it gives back reads as zeros.
    pub unmapped_is_zero: bool,
    /// Nobody else can write to it: it is reserved for this session.
    pub exclusive: bool,
    /// What tells it from all others, if it says so: designators of vital product data.
    pub identity: Vec<u8>,
    /// The most blocks that are moved by one command.
    pub(crate) most_blocks: u32,
    /// The most blocks that one WRITE SAME takes; 0 if it knows none.
    pub(crate) most_same: u32,
    /// It says where it has storage.
    pub(crate) tells_extents: bool,
}

impl Default for Unit {
    fn default() -> Self {
        Self {
            size: 0,
            block: 512,
            physical_block: 512,
            read_only: false,
            // Until it says otherwise.
            volatile: true,
            stable_writes: false,
            unmaps: false,
            unmapped_is_zero: false,
            exclusive: false,
            identity: Vec::new(),
            most_blocks: MAX_TRANSFER / 512,
            most_same: 0,
            tells_extents: true,
        }
    }
}

/// Which pages of vital product data there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Pages {
    pub(crate) identity: bool,
    pub(crate) limits: bool,
    pub(crate) provisioning: bool,
}

/// What it has said makes no sense, or is none of what can be served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Nonsense;

impl From<labelgate_wire::Truncated> for Nonsense {
    fn from(_: labelgate_wire::Truncated) -> Self {
        Self
    }
}

/// Of standard INQUIRY data: which type of device is there, if there is one.
pub(crate) fn device_type(data: &[u8]) -> Option<u8> {
    let first = data.first()?;
    (first >> 5 == 0).then_some(first & 0x1f)
}

/// The type of a disk.
pub(crate) const DISK: u8 = 0;

/// The page that lists the pages.
pub(crate) fn pages(data: &[u8]) -> Result<Pages, Nonsense> {
    let has = |page| Ok::<_, Nonsense>(page_body(data, 0)?.contains(&page));
    Ok(Pages {
        identity: has(0x83)?,
        limits: has(0xb0)?,
        provisioning: has(0xb2)?,
    })
}

/// A page's contents, as much of them as there are.
fn page_body(data: &[u8], page: u8) -> Result<&[u8], Nonsense> {
    let mut reader = Reader::new(data);
    reader.skip(1)?;
    if reader.u8()? != page {
        return Err(Nonsense);
    }
    let length = usize::from(reader.u16()?);
    let rest = data.get(4..).unwrap_or_default();
    Ok(rest.get(..length.min(rest.len())).unwrap_or_default())
}

impl Unit {
    /// The page of identifiers: those of the logical unit itself, whatever order they are in.
    pub(crate) fn identify(&mut self, data: &[u8]) -> Result<(), Nonsense> {
        let mut rest = page_body(data, 0x83)?;
        let mut found = Vec::new();
        while let [set, kind, _, length, ..] = *rest {
            let end = 4 + usize::from(length);
            let Some(designator) = rest.get(4..end) else {
                break;
            };
            // Association 0; T10 vendor, EUI-64, NAA or name.
            if kind >> 4 & 3 == 0 && matches!(kind & 0xf, 1 | 2 | 3 | 8) {
                found.push([&[set & 0xf, kind & 0xf, length], designator].concat());
            }
            rest = rest.get(end..).unwrap_or_default();
        }
        found.sort_unstable();
        self.identity = found.concat();
        self.identity.truncate(MAX_IDENTITY);
        Ok(())
    }

    /// READ CAPACITY (16).
    pub(crate) fn measure(&mut self, data: &[u8]) -> Result<(), Nonsense> {
        let mut reader = Reader::new(data);
        let last = reader.u64()?;
        let block = reader.u32()?;
        let _protection = reader.u8()?;
        let exponent = reader.u8()? & 0xf;
        let thin = reader.u8()?;
        let blocks = last.checked_add(1).ok_or(Nonsense)?;
        if !block.is_power_of_two() || !BLOCKS.contains(&block) {
            return Err(Nonsense);
        }
        self.block = block;
        self.size = blocks.checked_mul(block.into()).ok_or(Nonsense)?;
        // An offset in a file must be able to say it.
        if i64::try_from(self.size).is_err() {
            return Err(Nonsense);
        }
        let physical = u64::from(block) << exponent;
        self.physical_block = u32::try_from(physical).unwrap_or(block).min(1 << 20);
        self.unmapped_is_zero = thin & 0x40 != 0;
        self.most_blocks = MAX_TRANSFER / block;
        // Until a page says otherwise; a target that does not know it says so when it is asked.
        self.most_same = u32::try_from(MAX_SAME / u64::from(block)).unwrap_or(u32::MAX);
        Ok(())
    }

    /// MODE SENSE (10) with the caching page.
    pub(crate) fn cache(&mut self, data: &[u8]) -> Result<(), Nonsense> {
        let mut reader = Reader::new(data);
        reader.skip(3)?;
        let device = reader.u8()?;
        reader.skip(2)?;
        let descriptors = usize::from(reader.u16()?);
        self.read_only = device & 0x80 != 0;
        self.stable_writes = device & 0x10 != 0;
        let page = data.get(8 + descriptors..).unwrap_or_default();
        match *page {
            [code, _, bits, ..] if code & 0x3f == 8 => self.volatile = bits & 4 != 0,
            _ => return Err(Nonsense),
        }
        Ok(())
    }

    /// The page of block limits, once its size is known.
    pub(crate) fn limit(&mut self, data: &[u8]) -> Result<(), Nonsense> {
        let body = page_body(data, 0xb0)?;
        let number = |at: usize| {
            let bytes = body.get(at..at + 4).unwrap_or_default();
            bytes
                .iter()
                .fold(0_u32, |number, &byte| number << 8 | u32::from(byte))
        };
        let (transfer, high, low) = (number(4), number(32), number(36));
        if transfer != 0 {
            self.most_blocks = self.most_blocks.min(transfer);
        }
        let same = if high == 0 { low } else { u32::MAX };
        if same != 0 {
            self.most_same = self.most_same.min(same);
        }
        Ok(())
    }

    /// The page of provisioning.
    pub(crate) fn provision(&mut self, data: &[u8]) -> Result<(), Nonsense> {
        let body = page_body(data, 0xb2)?;
        let bits = *body.get(1).ok_or(Nonsense)?;
        self.unmaps = bits & 0x40 != 0;
        Ok(())
    }
}

/// GET LBA STATUS: how many blocks from `block` on are as it is, and whether they have storage.
pub(crate) fn extent(data: &[u8], block: u64) -> Result<(u64, bool), Nonsense> {
    let mut reader = Reader::new(data);
    let length = reader.u32()?;
    reader.skip(4)?;
    if length < 20 {
        return Err(Nonsense);
    }
    let start = reader.u64()?;
    let blocks = u64::from(reader.u32()?);
    let mapped = reader.u8()? & 0xf != 1;
    let before = block.checked_sub(start).ok_or(Nonsense)?;
    match blocks.checked_sub(before) {
        None | Some(0) => Err(Nonsense),
        Some(left) => Ok((left, mapped)),
    }
}

/// REPORT LUNS: the logical units that can be addressed, and whether there are more: that are not listed, or that are addressed in
/// ways that are not known here.
pub(crate) fn units(data: &[u8]) -> Result<(Vec<u16>, bool), Nonsense> {
    let mut reader = Reader::new(data);
    let length = usize::try_from(reader.u32()?).map_err(|_| Nonsense)?;
    let entries = data.get(8..).unwrap_or_default();
    let listed = entries.get(..length.min(entries.len())).unwrap_or_default();
    let mut units: Vec<u16> = listed.chunks_exact(8).filter_map(number).collect();
    let known = |entry: &[u8]| number(entry).is_some() || is_well_known(entry);
    let strange = !listed.chunks_exact(8).all(known);
    units.sort_unstable();
    units.dedup();
    Ok((units, strange || length > entries.len()))
}

/// Whether it is one of the units that every target may have beside its disks (SPC-4 8).
fn is_well_known(entry: &[u8]) -> bool {
    matches!(*entry, [0xc1, ..])
}

/// The number of a logical unit of the first level, by peripheral or flat addressing.
fn number(entry: &[u8]) -> Option<u16> {
    match *entry {
        [0, number, ..] => Some(number.into()),
        [high, low, ..] if high >> 6 == 1 => Some(u16::from_be_bytes([high & 0x3f, low])),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capacity(last: u64, block: u32, exponent: u8) -> Vec<u8> {
        let mut data = last.to_be_bytes().to_vec();
        data.extend(block.to_be_bytes());
        data.extend([0, exponent, 0xc0, 0]);
        data
    }

    #[test]
    fn a_size_that_cannot_be_is_refused() {
        let mut unit = Unit::default();
        assert_eq!(unit.measure(&capacity(2047, 512, 3)), Ok(()));
        assert_eq!((unit.size, unit.physical_block), (1 << 20, 4096));
        assert!(unit.unmapped_is_zero);
        for (last, block) in [
            (u64::MAX, 512),
            (u64::MAX >> 9, 512),
            (9, 520),
            (9, 0),
            (9, 8192),
        ] {
            assert_eq!(
                unit.measure(&capacity(last, block, 0)),
                Err(Nonsense),
                "{last} {block}"
            );
        }
    }

    #[test]
    fn the_order_of_identifiers_does_not_matter_and_a_ports_are_not_the_units() {
        let page = |designators: &[&[u8]]| {
            let body = designators.concat();
            let length = u8::try_from(body.len()).unwrap();
            [&[0, 0x83, 0, length][..], &body].concat()
        };
        let (naa, name): (&[u8], &[u8]) = (&[1, 3, 0, 2, 7, 8], &[2, 1, 0, 1, b'x']);
        let port: &[u8] = &[1, 0x13, 0, 2, 5, 5];
        let identity = |designators: &[&[u8]]| {
            let mut unit = Unit::default();
            unit.identify(&page(designators)).unwrap();
            unit.identity
        };
        assert_eq!(identity(&[naa, name]), identity(&[name, port, naa]));
        assert_ne!(identity(&[naa]), identity(&[name]));
        assert!(identity(&[port]).is_empty());
    }

    #[test]
    fn an_extent_holds_for_the_block_that_was_asked_about() {
        let mut data = vec![0, 0, 0, 20, 0, 0, 0, 0];
        data.extend(100_u64.to_be_bytes());
        data.extend(50_u32.to_be_bytes());
        data.extend([1, 0, 0, 0]);
        assert_eq!(extent(&data, 100), Ok((50, false)));
        assert_eq!(extent(&data, 149), Ok((1, false)));
        assert_eq!(extent(&data, 150), Err(Nonsense));
        assert_eq!(extent(&data, 99), Err(Nonsense));
    }

    #[test]
    fn units_are_listed_by_either_addressing() {
        let list = [
            &[0, 0, 0, 32, 0, 0, 0, 0][..],
            &[0, 1, 0, 0, 0, 0, 0, 0],
            &[0x41, 2, 0, 0, 0, 0, 0, 0],
            &[0xc1, 1, 0, 0, 0, 0, 0, 0],
            &[0, 0, 0, 0, 0, 0, 0, 0],
        ];
        assert_eq!(units(&list.concat()), Ok((vec![0, 1, 258], false)));
        assert_eq!(units(&list[..2].concat()), Ok((vec![1], true)));
    }

    #[test]
    fn fuzz_anything_that_a_target_may_say() {
        bolero::check!().for_each(|bytes: &[u8]| {
            let mut unit = Unit::default();
            let _ = (device_type(bytes), pages(bytes), units(bytes));
            let _ = (
                unit.identify(bytes),
                unit.cache(bytes),
                unit.provision(bytes),
            );
            if unit.measure(bytes).is_ok() {
                assert!(unit.block.is_power_of_two() && unit.physical_block.is_power_of_two());
                assert!(unit.most_blocks >= 1 && unit.size > 0);
            }
            let _ = unit.limit(bytes);
            assert!(unit.most_blocks >= 1);
            if let Ok((blocks, _)) = extent(bytes, 7) {
                assert!(blocks >= 1);
            }
        });
    }
}
