//! READDIR and READDIRPLUS.

use labelgate_engine::tree::{Done, Entry as Known, Listed, TreeError};

use super::super::{Server, Turn};
use super::answering::{To, failed};
use crate::v3::readdir::Entry;
use crate::v3::readdirplus::EntryPlus;
use crate::v3::{self, CookieVerifier, FileHandle, Name};

impl Server {
    pub(super) fn answer_readdir(
        &mut self,
        to: To,
        (count, result): (u32, Result<Done, TreeError>),
        turn: &mut Turn<'_>,
    ) {
        let dir = self.after(to);
        let results = match result {
            Ok(Done::Listed(listed)) => {
                let mut listing = v3::readdir::Listing::new(count);
                let all = all(&listed, |entry, _| listing.push(entry).is_ok());
                let finished = listing.finish(dir, CookieVerifier(listed.verifier), all);
                finished.map_err(Into::into)
            }
            other => Err(failed(other, dir)),
        };
        self.answer_v3::<v3::readdir::Reply>(to.id, to.xid, &results, turn);
    }

    pub(super) fn answer_readdirplus(
        &mut self,
        to: To,
        (dircount, maxcount, result): (u32, u32, Result<Done, TreeError>),
        turn: &mut Turn<'_>,
    ) {
        let dir = self.after(to);
        let results = match result {
            Ok(Done::Listed(listed)) => {
                let mut listing = v3::readdirplus::Listing::new(dircount, maxcount);
                let all = all(&listed, |entry, known| {
                    let known = known.attributes.as_ref();
                    let sealed = known.and_then(|known| self.seal_node(to, known));
                    let entry = EntryPlus {
                        entry: *entry,
                        attributes: known.map(|known| self.told(to.tree, known)),
                        handle: sealed.as_ref().and_then(|sealed| FileHandle::new(sealed)),
                    };
                    listing.push(&entry).is_ok()
                });
                let finished = listing.finish(dir, CookieVerifier(listed.verifier), all);
                finished.map_err(Into::into)
            }
            other => Err(failed(other, dir)),
        };
        self.answer_v3::<v3::readdirplus::Reply>(to.id, to.xid, &results, turn);
    }
}

/// Shows entries until one is not taken; whether that was the directory's last.
fn all(listed: &Listed, mut take: impl FnMut(&Entry<'_>, &Known) -> bool) -> bool {
    let taken = listed.entries.iter().all(|known| {
        // A name that is none for NFS is not shown.
        Name::new(&known.name).map_or(true, |name| {
            let entry = Entry {
                fileid: known.file,
                name,
                cookie: known.cookie,
            };
            take(&entry, known)
        })
    });
    taken && listed.end
}
