//! A handle, as it is before it is sealed and after it was opened.

use std::net::IpAddr;

use crate::{BODY, HandleKey, LENGTH, Object, VERSION};

/// What a handle says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Handle {
    /// Which identity got it, and with which of its tokens.
    pub epoch: u64,
    /// What it leads to.
    pub object: Object,
}

impl Handle {
    /// The handle as a client is given it. With an address it is good there alone.
    #[must_use]
    pub fn seal(&self, key: &HandleKey, client: Option<IpAddr>) -> [u8; LENGTH] {
        let body = self.body();
        let mac = key.mac(&body, client);
        let mut sealed = [0; LENGTH];
        for (to, from) in sealed.iter_mut().zip(body.into_iter().chain(mac)) {
            *to = from;
        }
        sealed
    }

    fn body(&self) -> [u8; BODY] {
        let (kind, object) = self.object.parts();
        let head = [VERSION, kind, 0, 0, 0, 0, 0, 0];
        let all = head.into_iter().chain(self.epoch.to_be_bytes());
        let mut body = [0; BODY];
        for (to, from) in body.iter_mut().zip(all.chain(object)) {
            *to = from;
        }
        body
    }
}
