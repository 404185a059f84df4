//! The list of a directory's entries in an answer, and the room that there is for it: what READDIR
//! and READDIRPLUS have in common (RFC 1813, 3.3.16 and 3.3.17).

use super::verifier::COOKIE_VERIFIER;
use super::{Attributes, CookieVerifier, Status};
use crate::xdr::{Encode, Encoder, UNIT};

/// The largest answer that is made, in bytes, whatever a client allows.
pub const MAX_LIST: u32 = 1 << 20;

/// What a READDIR3resok is beside its entries: the attributes of the directory, the verifier, the
/// end of the list, and eof.
const OVERHEAD: usize = UNIT + Attributes::LENGTH + COOKIE_VERIFIER + UNIT + UNIT;

/// There is no room for this entry, and thus for none that comes after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the client has no room for another entry")]
pub struct Full;

/// Entries that fit into what a client allows.
#[derive(Debug)]
pub(super) struct DirectoryList {
    entries: Vec<u8>,
    room: usize,
    full: bool,
}

/// A list that is finished, with the structure around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finished {
    attributes: Option<Attributes>,
    verifier: CookieVerifier,
    entries: Vec<u8>,
    eof: bool,
}

impl DirectoryList {
    /// An empty list in an answer of at most `most` bytes.
    ///
    /// The attributes are reckoned with even if there will be none: they are had only after the
    /// entries.
    ///
    /// > The maximum size of the READDIR3resok structure, in bytes. The size must include all XDR
    /// > overhead. (RFC 1813 3.3.16)
    pub(super) fn new(most: u32) -> Self {
        let most = usize::try_from(most.min(MAX_LIST)).unwrap_or(0);
        let room = most.checked_sub(OVERHEAD);
        Self {
            entries: Vec::new(),
            room: room.unwrap_or(0),
            full: room.is_none(),
        }
    }

    /// Appends an entry, unless one before it was refused: no entry may be missing in between.
    pub(super) fn push(&mut self, entry: &impl Encode) -> Result<(), Full> {
        if self.full {
            return Err(Full);
        }
        let before = self.entries.len();
        let mut encoder = Encoder::new(&mut self.entries);
        encoder.bool(true);
        encoder.item(entry);
        if self.entries.len() > self.room {
            self.entries.truncate(before);
            return Err(self.close());
        }
        Ok(())
    }

    /// Refuses every entry from now on.
    pub(super) const fn close(&mut self) -> Full {
        self.full = true;
        Full
    }

    /// Ends the list. `end` says whether what was pushed last is the directory's last entry.
    ///
    /// > TRUE if the last member of reply.entries is the last entry in the directory or the list
    /// > reply.entries is empty and the cookie corresponded to the end of the directory. If FALSE,
    /// > there may be more entries to read. (RFC 1813 3.3.16)
    ///
    /// Where not one entry fits, an empty list would be asked for again and again. So it is
    /// NFS3ERR_TOOSMALL:
    ///
    /// > Buffer or request is too small. (RFC 1813 2.6)
    pub(super) fn finish(
        self,
        attributes: Option<Attributes>,
        verifier: CookieVerifier,
        end: bool,
    ) -> Result<Finished, Status> {
        if self.full && self.entries.is_empty() {
            return Err(Status::TooSmall);
        }
        Ok(Finished {
            attributes,
            verifier,
            entries: self.entries,
            eof: end && !self.full,
        })
    }
}

impl Encode for Finished {
    fn encode(&self, e: &mut Encoder<'_>) {
        e.item(&self.attributes);
        e.item(&self.verifier);
        // Whole items already: nothing is padded.
        e.fixed(&self.entries);
        e.bool(false);
        e.bool(self.eof);
    }
}

#[cfg(test)]
mod tests {
    use super::super::golden::{ATTRIBUTES, hex};
    use super::*;

    const VERIFIER: CookieVerifier = CookieVerifier([1, 2, 3, 4, 5, 6, 7, 8]);

    /// Room for `entries` entries of eight bytes, each with its word of the list.
    fn room_for(entries: u32) -> DirectoryList {
        DirectoryList::new(u32::try_from(OVERHEAD).unwrap() + entries * 12)
    }

    #[test]
    fn the_overhead_is_what_an_empty_list_measures() {
        let mut list = room_for(0);

        assert_eq!(list.push(&1_u64), Err(Full));
        let empty = room_for(0).finish(Some(ATTRIBUTES), VERIFIER, true);
        assert_eq!(empty.unwrap().to_bytes().len(), OVERHEAD);
    }

    #[test]
    fn entries_are_taken_until_one_does_not_fit() {
        let mut list = room_for(2);

        assert_eq!(list.push(&1_u64), Ok(()));
        assert_eq!(list.push(&2_u64), Ok(()));
        assert_eq!(list.push(&3_u64), Err(Full));
        let bytes = list.finish(None, VERIFIER, true).unwrap().to_bytes();
        assert_eq!(
            bytes,
            hex("00000000 01020304 05060708
                 00000001 00000000 00000001 00000001 00000000 00000002
                 00000000 00000000")
        );
    }

    #[test]
    fn a_smaller_entry_does_not_slip_in_behind_one_that_was_refused() {
        let mut list = room_for(1);

        assert_eq!(list.push(&Some(1_u64)), Err(Full));
        assert_eq!(list.push(&1_u64), Err(Full));
    }

    #[test]
    fn the_end_is_told_only_if_nothing_was_refused() {
        let mut list = room_for(1);
        list.push(&1_u64).unwrap();

        let bytes = list.finish(None, VERIFIER, true).unwrap().to_bytes();

        assert_eq!(bytes[bytes.len() - 4..], hex("00000001"));
    }

    #[test]
    fn a_client_without_room_for_one_entry_is_told_so() {
        let mut list = room_for(0);
        list.push(&1_u64).unwrap_err();

        assert_eq!(list.finish(None, VERIFIER, true), Err(Status::TooSmall));
    }

    #[test]
    fn less_than_the_overhead_is_too_small_even_for_nothing() {
        let finish = |most| DirectoryList::new(most).finish(None, VERIFIER, true);

        assert_eq!(finish(0), Err(Status::TooSmall));
        assert_eq!(finish(103), Err(Status::TooSmall));
        assert!(finish(104).is_ok());
    }

    #[test]
    fn a_list_is_bounded_whatever_the_client_allows() {
        let list = DirectoryList::new(u32::MAX);

        assert_eq!(list.room + OVERHEAD, 1 << 20);
    }
}
