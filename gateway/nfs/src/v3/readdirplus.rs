//! READDIRPLUS: the entries of a directory, with their attributes and handles (RFC 1813, 3.3.17).

use super::directory_list::{DirectoryList, Finished, Full};
use super::readdir::Entry;
use super::{Attributes, CookieVerifier, FileHandle, Status, reply};
use crate::xdr::{Decode, Decoder, Encode, Encoder, Malformed, UNIT, padding};

/// > struct READDIRPLUS3args { nfs_fh3 dir; cookie3 cookie; cookieverf3 cookieverf; count3
/// > dircount; count3 maxcount; }; (RFC 1813 3.3.17)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Args<'a> {
    /// > The file handle for the directory to be read.
    pub dir: FileHandle<'a>,
    /// > This should be set to 0 on the first request to read a directory. On subsequent requests,
    /// > it should be a cookie as returned by the server.
    pub cookie: u64,
    /// > The cookieverf must match that returned by the READDIRPLUS call in which the cookie was
    /// > acquired.
    pub verifier: CookieVerifier,
    /// > The maximum number of bytes of directory information returned. This number should not
    /// > include the size of the attributes and file handle portions of the result.
    pub dircount: u32,
    /// > The maximum size of the READDIRPLUS3resok structure, in bytes. The size must include all
    /// > XDR overhead.
    pub maxcount: u32,
}

/// > struct entryplus3 { fileid3 fileid; filename3 name; cookie3 cookie; post_op_attr
/// > name_attributes; post_op_fh3 name_handle; entryplus3 *nextentry; }; (RFC 1813 3.3.17)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntryPlus<'a> {
    /// What READDIR says of it.
    pub entry: Entry<'a>,
    /// The attributes of what it names.
    pub attributes: Option<Attributes>,
    /// The handle of what it names.
    pub handle: Option<FileHandle<'a>>,
}

/// A list in the making: it takes entries as long as the client has room for them.
#[derive(Debug)]
pub struct Listing {
    list: DirectoryList,
    /// How much more directory information the client wants, in bytes.
    wanted: usize,
}

/// A list, with the attributes of its directory and the verifier of its cookies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Success(Finished);

/// Failure has the attributes of the directory.
pub type Reply = reply::Reply<Success, Option<Attributes>>;

impl Entry<'_> {
    /// How many bytes of directory information it is: fileid, name and cookie.
    fn directory_information(&self) -> usize {
        let name = self.name.as_bytes().len();
        8 + UNIT + name + padding(name) + 8
    }
}

impl Listing {
    /// An empty list for a client that takes [`Args::maxcount`] bytes, of which [`Args::dircount`]
    /// are directory information.
    #[must_use]
    pub fn new(dircount: u32, maxcount: u32) -> Self {
        Self {
            list: DirectoryList::new(maxcount),
            wanted: usize::try_from(dircount).unwrap_or(usize::MAX),
        }
    }

    /// Appends an entry.
    ///
    /// # Errors
    /// If the client has no room for it. Then it takes no other either.
    pub fn push(&mut self, entry: &EntryPlus<'_>) -> Result<(), Full> {
        let wanted = self
            .wanted
            .checked_sub(entry.entry.directory_information())
            .ok_or_else(|| self.list.close())?;
        self.list.push(entry)?;
        self.wanted = wanted;
        Ok(())
    }

    /// Ends the list: `end` if the directory has no entry behind those that were pushed.
    ///
    /// # Errors
    /// [`Status::TooSmall`] if the client has no room for a single entry.
    pub fn finish(
        self,
        attributes: Option<Attributes>,
        verifier: CookieVerifier,
        end: bool,
    ) -> Result<Success, Status> {
        self.list.finish(attributes, verifier, end).map(Success)
    }
}

impl<'a> Decode<'a> for Args<'a> {
    fn decode(d: &mut Decoder<'a>) -> Result<Self, Malformed> {
        Ok(Self {
            dir: d.item()?,
            cookie: d.u64()?,
            verifier: d.item()?,
            dircount: d.u32()?,
            maxcount: d.u32()?,
        })
    }
}

impl Encode for EntryPlus<'_> {
    fn encode(&self, e: &mut Encoder<'_>) {
        e.item(&self.entry);
        e.item(&self.attributes);
        e.item(&self.handle);
    }
}

impl Encode for Success {
    fn encode(&self, e: &mut Encoder<'_>) {
        e.item(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::super::Name;
    use super::super::golden::{ATTRIBUTES, ATTRIBUTES_BYTES, HANDLE, HANDLE_BYTES, hex};
    use super::*;

    const VERIFIER: CookieVerifier = CookieVerifier([1, 2, 3, 4, 5, 6, 7, 8]);

    /// What a READDIRPLUS3resok is without entries; what one entry with a short name, attributes
    /// and a handle adds; and what of that is directory information.
    const OVERHEAD: u32 = 104;
    const ENTRY: u32 = 128;
    const INFORMATION: u32 = 24;

    const ENTRY_PLUS: EntryPlus<'static> = EntryPlus {
        entry: Entry {
            fileid: 0x11,
            name: Name::Parent,
            cookie: 0x22,
        },
        attributes: Some(ATTRIBUTES),
        handle: Some(HANDLE),
    };

    #[test]
    fn the_arguments_are_a_directory_a_place_in_it_and_two_bounds() {
        let bytes = hex(&format!(
            "{HANDLE_BYTES} 00000001 00000002 01020304 05060708 00000200 00002000"
        ));

        assert_eq!(
            Args::decode_all(&bytes),
            Ok(Args {
                dir: HANDLE,
                cookie: 0x1_0000_0002,
                verifier: VERIFIER,
                dircount: 512,
                maxcount: 8192,
            })
        );
    }

    #[test]
    fn success_has_the_directory_and_its_entries() {
        let mut listing = Listing::new(8192, 8192);
        listing.push(&ENTRY_PLUS).unwrap();
        let bare = EntryPlus {
            attributes: None,
            handle: None,
            ..ENTRY_PLUS
        };
        listing.push(&bare).unwrap();

        let reply: Reply = Ok(listing.finish(None, VERIFIER, false).unwrap());

        assert_eq!(
            reply.to_bytes(),
            hex(&format!(
                "00000000 00000000 01020304 05060708
                 00000001 00000000 00000011 00000002 2e2e0000 00000000 00000022
                 00000001 {ATTRIBUTES_BYTES} 00000001 {HANDLE_BYTES}
                 00000001 00000000 00000011 00000002 2e2e0000 00000000 00000022
                 00000000 00000000
                 00000000 00000000"
            ))
        );
    }

    #[test]
    fn an_entry_is_taken_up_to_the_last_byte_that_the_client_allows() {
        let mut fits = Listing::new(8192, OVERHEAD + ENTRY);
        let mut does_not = Listing::new(8192, OVERHEAD + ENTRY - 1);

        assert_eq!(fits.push(&ENTRY_PLUS), Ok(()));
        assert_eq!(fits.push(&ENTRY_PLUS), Err(Full));
        assert_eq!(does_not.push(&ENTRY_PLUS), Err(Full));
        assert_eq!(does_not.finish(None, VERIFIER, true), Err(Status::TooSmall));
    }

    #[test]
    fn an_entry_is_taken_up_to_the_last_byte_that_the_client_wants() {
        let mut two = Listing::new(2 * INFORMATION, 8192);
        let mut none = Listing::new(INFORMATION - 1, 8192);

        assert_eq!(two.push(&ENTRY_PLUS), Ok(()));
        assert_eq!(two.push(&ENTRY_PLUS), Ok(()));
        assert_eq!(two.push(&ENTRY_PLUS), Err(Full));
        assert_eq!(none.push(&ENTRY_PLUS), Err(Full));
        assert_eq!(none.finish(None, VERIFIER, true), Err(Status::TooSmall));
    }

    #[test]
    fn a_list_that_was_cut_short_is_not_the_end() {
        let mut listing = Listing::new(INFORMATION, 8192);
        listing.push(&ENTRY_PLUS).unwrap();
        listing.push(&ENTRY_PLUS).unwrap_err();

        let bytes = listing.finish(None, VERIFIER, true).unwrap().to_bytes();

        assert_eq!(bytes[bytes.len() - 4..], hex("00000000"));
    }

    #[test]
    fn failure_may_have_no_attributes() {
        let reply: Reply = Err(Status::TooSmall.into());

        assert_eq!(reply.to_bytes(), hex("00002715 00000000"));
    }
}
