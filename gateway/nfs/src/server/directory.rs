//! The root of the export as a directory. Clients find images there, and make none.

use labelgate_engine::{ConnectionId, Place};
use labelgate_handle::{LENGTH, Object};

use super::export::{ROOT, Shown};
use super::file_system::DIRECTORY;
use super::task::About;
use super::{Server, Turn};
use crate::v3::readdir::Entry;
use crate::v3::readdirplus::EntryPlus;
use crate::v3::{self, Attributes, Call, CookieVerifier, FileHandle, Name, Status};

/// The cookies of the first two entries; that of an image is its number, which is above them.
const CURRENT: u64 = 1;
const PARENT: u64 = 2;

/// Cookies are good for ever: an image's never is another's.
const VERIFIER: CookieVerifier = CookieVerifier([0; 8]);

/// The longest list that is sent at once, in bytes. Lists are not in the memory for data, and a
/// client may ask for many before it reads one.
pub(super) const LONGEST: u32 = DIRECTORY;

impl Server {
    pub(super) fn lookup(
        &mut self,
        id: ConnectionId,
        xid: u32,
        args: v3::lookup::Args<'_>,
        turn: &mut Turn<'_>,
    ) {
        if let Err(status) = self.find_directory(id, args.what.dir) {
            let results = Err(status.into());
            return self.answer_v3::<v3::lookup::Reply<'_>>(id, xid, &results, turn);
        }
        match args.what.name.map_err(Status::from) {
            // Nothing is above the root.
            Ok(Name::Current | Name::Parent) => {
                let attributes = Some(self.root_attributes());
                self.answer_found(id, xid, Object::Root, attributes, turn);
            }
            Ok(Name::Component(name)) => match self.export.of_name(name.as_bytes()) {
                Some(Shown::Image(image)) => {
                    let place = Place::Image(image);
                    self.finish_with_attributes(id, xid, place, About::Lookup, turn);
                }
                Some(Shown::Tree(tree)) => self.lookup_tree(id, xid, tree, turn),
                None => self.answer_not_found(id, xid, Status::NoEnt, turn),
            },
            Err(status) => self.answer_not_found(id, xid, status, turn),
        }
    }

    /// The attributes are there of an image that was looked up. One that the label may no longer
    /// reach is not there.
    pub(super) fn answer_lookup(
        &mut self,
        id: ConnectionId,
        (xid, place): (u32, Place),
        (attributes, failed): (Option<Attributes>, Option<Status>),
        turn: &mut Turn<'_>,
    ) {
        match (self.image_object(place), failed) {
            (Some(object), None) => {
                self.answer_found(id, xid, object, attributes, turn);
            }
            (_, Some(status)) if status != Status::Stale => {
                self.answer_not_found(id, xid, status, turn);
            }
            _ => self.answer_not_found(id, xid, Status::NoEnt, turn),
        }
    }

    pub(super) fn answer_found(
        &mut self,
        id: ConnectionId,
        xid: u32,
        object: Object,
        attributes: Option<Attributes>,
        turn: &mut Turn<'_>,
    ) {
        let sealed = self.seal(id, object);
        let handle = sealed.as_ref().and_then(|sealed| FileHandle::new(sealed));
        let Some(object) = handle else {
            return self.answer_not_found(id, xid, Status::ServerFault, turn);
        };
        let results = Ok(v3::lookup::Success {
            object,
            attributes,
            dir: Some(self.root_attributes()),
        });
        self.answer_v3::<v3::lookup::Reply<'_>>(id, xid, &results, turn);
    }

    /// In a directory that is there.
    pub(super) fn answer_not_found(
        &mut self,
        id: ConnectionId,
        xid: u32,
        status: Status,
        turn: &mut Turn<'_>,
    ) {
        let results = Err(v3::Failure {
            status,
            detail: Some(self.root_attributes()),
        });
        self.answer_v3::<v3::lookup::Reply<'_>>(id, xid, &results, turn);
    }

    pub(super) fn readdir(
        &mut self,
        id: ConnectionId,
        xid: u32,
        args: v3::readdir::Args<'_>,
        turn: &mut Turn<'_>,
    ) {
        let results = self.find_directory(id, args.dir).and_then(|()| {
            let mut listing = v3::readdir::Listing::new(args.count.min(LONGEST));
            let end = self.list(args.cookie, |entry, _| listing.push(entry).is_ok());
            listing.finish(Some(self.root_attributes()), VERIFIER, end)
        });
        let results = results.map_err(Into::into);
        self.answer_v3::<v3::readdir::Reply>(id, xid, &results, turn);
    }

    /// The entries have handles and no attributes: those take an operation of each image, which
    /// clients ask for when they need them.
    pub(super) fn readdirplus(
        &mut self,
        id: ConnectionId,
        xid: u32,
        args: v3::readdirplus::Args<'_>,
        turn: &mut Turn<'_>,
    ) {
        let results = self.find_directory(id, args.dir).and_then(|()| {
            let most = args.maxcount.min(LONGEST);
            let mut listing = v3::readdirplus::Listing::new(args.dircount, most);
            let end = self.list(args.cookie, |entry, object| {
                let sealed: Option<[u8; LENGTH]> = self.seal(id, object);
                let handle = sealed.as_ref().and_then(|sealed| FileHandle::new(sealed));
                let entry = EntryPlus {
                    entry: *entry,
                    attributes: (object == Object::Root).then(|| self.root_attributes()),
                    handle,
                };
                listing.push(&entry).is_ok()
            });
            listing.finish(Some(self.root_attributes()), VERIFIER, end)
        });
        let results = results.map_err(Into::into);
        self.answer_v3::<v3::readdirplus::Reply>(id, xid, &results, turn);
    }

    /// Shows the entries behind a cookie until one is not taken; whether all were.
    fn list(&self, cookie: u64, mut take: impl FnMut(&Entry<'_>, Object) -> bool) -> bool {
        let itself = |name, cookie| Entry {
            fileid: ROOT,
            name,
            cookie,
        };
        let dots = [itself(Name::Current, CURRENT), itself(Name::Parent, PARENT)];
        for dot in dots.iter().filter(|dot| dot.cookie > cookie) {
            if !take(dot, Object::Root) {
                return false;
            }
        }
        self.export.after(cookie).all(|(file, shown)| {
            // A name that is none for NFS is not shown.
            self.entry(file, shown)
                .is_none_or(|(entry, object)| take(&entry, object))
        })
    }

    /// What is shown, with what its handle says.
    fn entry(&self, fileid: u64, shown: Shown) -> Option<(Entry<'_>, Object)> {
        let (name, object) = match shown {
            Shown::Image(id) => {
                let image = self.export.get(id)?;
                (image.name.as_str(), Object::Image(image.object))
            }
            Shown::Tree(id) => {
                let tree = self.export.tree(id)?;
                (tree.name.as_str(), Object::root_of_tree(id.0))
            }
        };
        let entry = Entry {
            fileid,
            name: Name::new(name.as_bytes()).ok()?,
            cookie: fileid,
        };
        Some((entry, object))
    }

    /// Making, removing and renaming: not in the root, which shows what admins have put there.
    pub(super) fn change_directory(
        &mut self,
        id: ConnectionId,
        xid: u32,
        call: Call<'_>,
        turn: &mut Turn<'_>,
    ) {
        match call {
            Call::Create(args) => self.create(id, xid, &args, turn),
            Call::MkDir(args) => {
                let status = self.never_made(id, &args.location);
                self.answer_v3::<v3::mkdir::Reply<'_>>(id, xid, &Err(status.into()), turn);
            }
            Call::SymLink(args) => {
                let status = self.never_made(id, &args.location);
                self.answer_v3::<v3::symlink::Reply<'_>>(id, xid, &Err(status.into()), turn);
            }
            Call::MkNod(args) => {
                let status = self.never_made(id, &args.location);
                self.answer_v3::<v3::mknod::Reply<'_>>(id, xid, &Err(status.into()), turn);
            }
            Call::Remove(args) => {
                let status = self.never_changed(id, args.object.dir);
                self.answer_v3::<v3::remove::Reply>(id, xid, &Err(status.into()), turn);
            }
            Call::RmDir(args) => {
                let status = self.never_changed(id, args.object.dir);
                self.answer_v3::<v3::rmdir::Reply>(id, xid, &Err(status.into()), turn);
            }
            Call::Rename(args) => {
                let from = self.find_directory(id, args.from.dir);
                let status = self.never_put(id, from, args.to.dir);
                self.answer_v3::<v3::rename::Reply>(id, xid, &Err(status.into()), turn);
            }
            Call::Link(args) => {
                let from = self.find(id, args.file).map(drop);
                let status = self.never_put(id, from, args.link.dir);
                self.answer_v3::<v3::link::Reply>(id, xid, &Err(status.into()), turn);
            }
            _ => {}
        }
    }

    /// Nothing is made, but an image that is there can be "created" without a check that it is not.
    fn create(
        &mut self,
        id: ConnectionId,
        xid: u32,
        args: &v3::create::Args<'_>,
        turn: &mut Turn<'_>,
    ) {
        if let v3::create::How::Unchecked(set) = args.how
            && self.find_directory(id, args.location.dir).is_ok()
            && let Ok(name) = args.component()
            && let Some(Shown::Image(image)) = self.export.of_name(name.as_bytes())
            // > UNCHECKED means that the file should be created without checking for the existence
            // > of a duplicate file in the same directory. (RFC 1813 3.3.8)
            && set.size.is_none()
        {
            return self.finish_with_attributes(id, xid, Place::Image(image), About::Create, turn);
        }
        let status = self.never_made(id, &args.location);
        self.answer_v3::<v3::create::Reply<'_>>(id, xid, &Err(status.into()), turn);
    }

    /// The attributes are there of an image that was "created".
    pub(super) fn answer_created(
        &mut self,
        id: ConnectionId,
        (xid, place): (u32, Place),
        (attributes, failed): (Option<Attributes>, Option<Status>),
        turn: &mut Turn<'_>,
    ) {
        let object = self.image_object(place);
        let sealed = object.and_then(|object| self.seal(id, object));
        let handle = sealed.as_ref().and_then(|sealed| FileHandle::new(sealed));
        let results = match failed {
            None => Ok(v3::Created {
                object: handle,
                attributes,
                dir: v3::WccData::default(),
            }),
            Some(status) => Err(status.into()),
        };
        self.answer_v3::<v3::create::Reply<'_>>(id, xid, &results, turn);
    }

    fn image_object(&self, place: Place) -> Option<Object> {
        match place {
            Place::Image(image) => Some(Object::Image(self.export.get(image)?.object)),
            Place::File(file) => Some(self.object_of(file)),
        }
    }

    /// Why nothing is made there.
    fn never_made(&mut self, id: ConnectionId, location: &v3::DirOpArgs<'_>) -> Status {
        let there = self.find_directory(id, location.dir).and_then(|()| {
            let name = location.name?;
            let found = self.export.of_name(name.as_bytes());
            Ok(found.is_some() || !matches!(name, Name::Component(_)))
        });
        match there {
            Ok(true) => Status::Exist,
            Ok(false) => Status::RoFs,
            Err(status) => status,
        }
    }

    /// Why nothing of the root is put there, under another name.
    fn never_put(
        &mut self,
        id: ConnectionId,
        from: Result<(), Status>,
        to: FileHandle<'_>,
    ) -> Status {
        match from {
            Ok(()) if self.find_in_tree(id, to).is_some() => Status::XDev,
            Ok(()) => self.never_changed(id, to),
            Err(status) => status,
        }
    }

    /// Why nothing is changed there.
    fn never_changed(&mut self, id: ConnectionId, dir: FileHandle<'_>) -> Status {
        match self.find_directory(id, dir) {
            Ok(()) => Status::RoFs,
            Err(status) => status,
        }
    }
}
