//! A handle as a client sent it.

use std::fmt;
use std::net::IpAddr;

use labelgate_wire::Reader;
use subtle::ConstantTimeEq;

use super::{CONTENT, Handle, HandleKey, IMAGE, LENGTH, NODE, Object, ROOT, SEAL, VERSION};

/// A handle that looks like one of ours, and whose seal has not been verified.
///
/// Nothing but its epoch can be read: by that is found whose key is to verify it. What it names
/// is nobody's business before.
#[derive(Clone, Copy)]
pub struct Sealed {
    content: [u8; CONTENT],
    seal: [u8; SEAL],
    handle: Handle,
}

/// The bytes are no handle that was ever given out here: NFS3ERR_BADHANDLE.
///
/// > Illegal NFS file handle. The file handle failed internal consistency checks. (RFC 1813, 2.6)
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are no file handle of this server's")]
pub struct BadHandle;

/// The handle's seal is another's, or forged: NFS3ERR_STALE.
///
/// > Invalid file handle. The file handle given in the arguments was invalid. The file referred to
/// > by that file handle no longer exists or access to it has been revoked. (RFC 1813, 2.6)
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the file handle's seal is not of this label and client")]
pub struct Stale;

impl Sealed {
    /// Reads a handle as far as that is possible without its key.
    ///
    /// # Errors
    /// If it cannot be one of ours whatever the key.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadHandle> {
        let bytes: &[u8; LENGTH] = bytes.try_into().map_err(|_| BadHandle)?;
        let mut reader = Reader::new(bytes);
        let content = reader.array().map_err(|_| BadHandle)?;
        let seal = reader.array().map_err(|_| BadHandle)?;
        Ok(Self {
            content,
            seal,
            handle: handle(&content)?,
        })
    }

    /// Which identity the handle says it was given to. Whoever sent it may have made that up: it
    /// serves to find the key that verifies it, and for nothing else.
    #[must_use]
    pub const fn claimed_epoch(&self) -> u64 {
        self.handle.epoch
    }

    /// Verifies the seal, in constant time.
    ///
    /// Whether the epoch is one of today is for the caller to say: it is part of the handle.
    ///
    /// # Errors
    /// If the handle was not sealed with this key for this client.
    pub fn open(&self, key: &HandleKey, client: Option<IpAddr>) -> Result<Handle, Stale> {
        let seal = key.seal(&self.content, client);
        if bool::from(seal.ct_eq(&self.seal)) {
            Ok(self.handle)
        } else {
            Err(Stale)
        }
    }

    /// The bytes as they came: for whom they are passed on to, to be verified there.
    #[must_use]
    pub fn as_bytes(&self) -> [u8; LENGTH] {
        let mut bytes = [0; LENGTH];
        let came = self.content.iter().chain(&self.seal);
        for (to, from) in bytes.iter_mut().zip(came) {
            *to = *from;
        }
        bytes
    }
}

/// Nothing of what is to stay sealed, nor of what would let a reader of logs pass for the client.
impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealed")
            .field("claimed_epoch", &self.claimed_epoch())
            .finish_non_exhaustive()
    }
}

fn handle(content: &[u8; CONTENT]) -> Result<Handle, BadHandle> {
    let mut reader = Reader::new(content);
    let head = reader.array().map_err(|_| BadHandle)?;
    let epoch = reader.u64().map_err(|_| BadHandle)?;
    let [VERSION, kind, 0, 0, 0, 0, 0, 0] = head else {
        return Err(BadHandle);
    };
    let object = object(kind, reader)?;
    Ok(Handle { epoch, object })
}

fn object(kind: u8, mut reader: Reader<'_>) -> Result<Object, BadHandle> {
    let object = reader.array().map_err(|_| BadHandle)?;
    match kind {
        ROOT if object == [0; 16] => Ok(Object::Root),
        IMAGE => Ok(Object::Image(object)),
        NODE => node(&object),
        _ => Err(BadHandle),
    }
}

fn node(object: &[u8; 16]) -> Result<Object, BadHandle> {
    let mut reader = Reader::new(object);
    Ok(Object::Node {
        store: reader.u32().map_err(|_| BadHandle)?,
        generation: reader.u32().map_err(|_| BadHandle)?,
        inode: reader.u64().map_err(|_| BadHandle)?,
    })
}
