//! What a keeper has a session do on its own account: make a file larger that shall be.

use labelgate_control::{NotServed, Text};
use labelgate_nfs_client::{Error, Order};

use super::Nfs;
use super::meaning::not_served;
use crate::backend::Event;

/// What no tag of a worker's operation has.
pub(super) const OWN: u64 = 1 << 63;

/// Why a file is made larger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Errand {
    /// It is opened.
    Open(u32),
    /// It is looked at again.
    Refresh(u32),
}

impl Nfs {
    /// Begins to make an image so large.
    pub(super) fn grow(&mut self, image: u32, errand: Errand, size: u64) {
        let tag = self.next_errand;
        self.next_errand = tag.wrapping_add(1) | OWN;
        self.errands.insert(tag, errand);
        self.again.push(image);
        let session = self.images.get_mut(&image).map(|kept| &mut kept.session);
        let begun = session.map(|session| session.start(tag, Order::Resize { size }));
        if let Some(Err(error)) = begun {
            self.ran(tag, Err(error));
        }
    }

    /// It is so large, or could not be made so.
    pub(super) fn ran(&mut self, tag: u64, result: Result<(), Error>) {
        match (self.errands.remove(&tag), result) {
            (Some(Errand::Open(image)), Ok(())) => self.enter(image, Ok(())),
            (Some(Errand::Open(image)), Err(error)) => {
                let why = match not_served(&error) {
                    NotServed::Unfit(why) => {
                        let words = format!("it cannot be made as large as it shall be: {why}");
                        NotServed::Unfit(Text::clean(&words))
                    }
                    why => why,
                };
                self.enter(image, Err(why));
            }
            (Some(Errand::Refresh(image)), Ok(())) => {
                if let Some(kept) = self.images.get_mut(&image) {
                    self.again.push(image);
                    kept.session.look();
                }
            }
            (Some(Errand::Refresh(image)), Err(error)) => {
                let result = Err(Text::clean(&error.to_string()));
                self.news.push_back(Event::Refreshed(image, result));
            }
            (None, _) => {}
        }
    }
}
