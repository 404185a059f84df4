//! READDIR: the entries of a directory (RFC 1813, 3.3.16).

use super::directory_list::{DirectoryList, Finished, Full};
use super::{Attributes, CookieVerifier, FileHandle, Name, Status, reply};
use crate::xdr::{Decode, Decoder, Encode, Encoder, Malformed};

/// > struct READDIR3args { nfs_fh3 dir; cookie3 cookie; cookieverf3 cookieverf; count3 count; };
/// > (RFC 1813 3.3.16)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Args<'a> {
    /// > The file handle for the directory to be read.
    pub dir: FileHandle<'a>,
    /// > This should be set to 0 in the first request to read the directory. On subsequent
    /// > requests, it should be a cookie as returned by the server.
    pub cookie: u64,
    /// > The cookieverf must match that returned by the READDIR in which the cookie was acquired.
    pub verifier: CookieVerifier,
    /// > The maximum size of the READDIR3resok structure, in bytes. The size must include all XDR
    /// > overhead.
    pub count: u32,
}

/// > struct entry3 { fileid3 fileid; filename3 name; cookie3 cookie; entry3 *nextentry; };
/// > (RFC 1813 3.3.16)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Which file it is, as in its attributes.
    ///
    /// > servers should try to avoid sending a zero fileid.
    pub fileid: u64,
    /// What it is called.
    pub name: Name<'a>,
    /// Where the next READDIR goes on: behind this entry.
    pub cookie: u64,
}

/// A list in the making: it takes entries as long as the client has room for them.
#[derive(Debug)]
pub struct Listing(DirectoryList);

/// A list, with the attributes of its directory and the verifier of its cookies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Success(Finished);

/// Failure has the attributes of the directory.
pub type Reply = reply::Reply<Success, Option<Attributes>>;

impl Listing {
    /// An empty list for a client that takes `count` bytes ([`Args::count`]).
    #[must_use]
    pub fn new(count: u32) -> Self {
        Self(DirectoryList::new(count))
    }

    /// Appends an entry.
    ///
    /// # Errors
    /// If the client has no room for it. Then it takes no other either.
    pub fn push(&mut self, entry: &Entry<'_>) -> Result<(), Full> {
        self.0.push(entry)
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
        self.0.finish(attributes, verifier, end).map(Success)
    }
}

impl<'a> Decode<'a> for Args<'a> {
    fn decode(d: &mut Decoder<'a>) -> Result<Self, Malformed> {
        Ok(Self {
            dir: d.item()?,
            cookie: d.u64()?,
            verifier: d.item()?,
            count: d.u32()?,
        })
    }
}

impl Encode for Entry<'_> {
    fn encode(&self, e: &mut Encoder<'_>) {
        e.u64(self.fileid);
        e.item(&self.name);
        e.u64(self.cookie);
    }
}

impl Encode for Success {
    fn encode(&self, e: &mut Encoder<'_>) {
        e.item(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::super::golden::{ATTRIBUTES, ATTRIBUTES_BYTES, HANDLE, HANDLE_BYTES, hex};
    use super::*;

    const VERIFIER: CookieVerifier = CookieVerifier([1, 2, 3, 4, 5, 6, 7, 8]);

    /// What a READDIR3resok is without entries, and what one entry with a short name adds.
    const OVERHEAD: u32 = 104;
    const ENTRY: u32 = 28;

    const fn entry(name: Name<'_>) -> Entry<'_> {
        Entry {
            fileid: 0x11,
            name,
            cookie: 0x22,
        }
    }

    #[test]
    fn the_arguments_are_a_directory_a_place_in_it_and_a_bound() {
        let bytes = hex(&format!(
            "{HANDLE_BYTES} 00000001 00000002 01020304 05060708 00002000"
        ));

        assert_eq!(
            Args::decode_all(&bytes),
            Ok(Args {
                dir: HANDLE,
                cookie: 0x1_0000_0002,
                verifier: VERIFIER,
                count: 8192,
            })
        );
    }

    #[test]
    fn success_has_the_directory_and_its_entries() {
        let mut listing = Listing::new(8192);
        listing.push(&entry(Name::Current)).unwrap();
        listing.push(&entry(Name::new(b"disk0").unwrap())).unwrap();

        let reply: Reply = Ok(listing.finish(Some(ATTRIBUTES), VERIFIER, true).unwrap());

        assert_eq!(
            reply.to_bytes(),
            hex(&format!(
                "00000000 00000001 {ATTRIBUTES_BYTES} 01020304 05060708
                 00000001 00000000 00000011 00000001 2e000000 00000000 00000022
                 00000001 00000000 00000011 00000005 6469736b 30000000 00000000 00000022
                 00000000 00000001"
            ))
        );
    }

    #[test]
    fn an_entry_is_taken_up_to_the_last_byte_that_the_client_allows() {
        let mut fits = Listing::new(OVERHEAD + ENTRY);
        let mut does_not = Listing::new(OVERHEAD + ENTRY - 1);

        assert_eq!(fits.push(&entry(Name::Parent)), Ok(()));
        assert_eq!(fits.push(&entry(Name::Current)), Err(Full));
        assert_eq!(does_not.push(&entry(Name::Parent)), Err(Full));
        assert!(fits.finish(None, VERIFIER, true).is_ok());
        assert_eq!(does_not.finish(None, VERIFIER, true), Err(Status::TooSmall));
    }

    #[test]
    fn an_empty_directory_has_ended() {
        let reply: Reply = Ok(Listing::new(8192).finish(None, VERIFIER, true).unwrap());

        assert_eq!(
            reply.to_bytes(),
            hex("00000000 00000000 01020304 05060708 00000000 00000001")
        );
    }

    #[test]
    fn failure_may_have_no_attributes() {
        let reply: Reply = Err(Status::BadCookie.into());

        assert_eq!(reply.to_bytes(), hex("00002713 00000000"));
    }
}
