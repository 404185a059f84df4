//! A handle as a client shows it.

use std::fmt;
use std::net::IpAddr;

use subtle::ConstantTimeEq;

use crate::{BODY, Handle, HandleKey, LENGTH, MAC, Object, VERSION};

/// A handle as a client shows it: it has the form of one, and nothing is proved by it until it is
/// [opened](Self::open).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Sealed {
    body: [u8; BODY],
    mac: [u8; MAC],
    claimed: Handle,
}

/// Bytes that no handle of ours ever was (NFS3ERR_BADHANDLE).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadHandle {
    /// It is shorter or longer than each of them.
    #[error("a handle of {0} bytes; they have {LENGTH}")]
    Length(usize),
    /// It is of another version.
    #[error("a handle of version {0}")]
    Version(u8),
    /// A reserved byte is in use, or no object has its kind and its bytes.
    #[error("a handle that leads to nothing that there is")]
    Object,
}

/// It may have been a handle once, or it is somebody else's, or forged (NFS3ERR_STALE). Which of
/// these cannot be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a handle that is another's, forged, or no longer valid")]
pub struct Stale;

impl Sealed {
    /// Reads a handle.
    ///
    /// # Errors
    /// It is none of ours, whatever key it was sealed with.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadHandle> {
        let (body, mac) = split(bytes).ok_or(BadHandle::Length(bytes.len()))?;
        let [version, kind, a, b, c, d, e, f, rest @ ..] = body;
        if version != VERSION {
            return Err(BadHandle::Version(version));
        }
        if [a, b, c, d, e, f] != [0; 6] {
            return Err(BadHandle::Object);
        }
        let [a, b, c, d, e, f, g, h, object @ ..] = rest;
        let object = Object::of_parts((kind, object)).ok_or(BadHandle::Object)?;
        let epoch = u64::from_be_bytes([a, b, c, d, e, f, g, h]);
        let claimed = Handle { epoch, object };
        Ok(Self { body, mac, claimed })
    }

    /// Whose it claims to be, which is not proved.
    #[must_use]
    pub const fn epoch(&self) -> u64 {
        self.claimed.epoch
    }

    /// Believes a handle that was sealed with this key, for this client or for any.
    ///
    /// # Errors
    /// It was not.
    pub fn open(&self, key: &HandleKey, client: Option<IpAddr>) -> Result<Handle, Stale> {
        // The time says nothing of how much of a forged one is right.
        let right = key.mac(&self.body, client).ct_eq(&self.mac);
        if right.into() {
            Ok(self.claimed)
        } else {
            Err(Stale)
        }
    }
}

/// Without the MAC: who can read a log has no handle by that.
impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sealed {:?}", self.claimed)
    }
}

fn split(bytes: &[u8]) -> Option<([u8; BODY], [u8; MAC])> {
    let (body, mac) = bytes.split_first_chunk()?;
    Some((*body, mac.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(label: &str) -> HandleKey {
        HandleKey::for_label(&[1; 32], label)
    }

    fn address(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    const ROOT: Handle = Handle {
        epoch: 7,
        object: Object::Root,
    };

    #[test]
    fn it_is_good_for_its_label_and_its_client_alone() {
        let here = address("10.9.1.2");
        let sealed = Sealed::parse(&ROOT.seal(&key("s0:c1,c2"), here)).unwrap();
        assert_eq!(sealed.epoch(), 7);
        assert_eq!(sealed.open(&key("s0:c1,c2"), here), Ok(ROOT));
        let mapped = address("::ffff:10.9.1.2");
        assert_eq!(sealed.open(&key("s0:c1,c2"), mapped), Ok(ROOT));
        for (label, client) in [
            ("s0:c1,c3", here),
            ("s0:c1,c2", address("10.9.1.3")),
            ("s0:c1,c2", None),
        ] {
            assert_eq!(sealed.open(&key(label), client), Err(Stale), "{label}");
        }
        let another = HandleKey::for_label(&[2; 32], "s0:c1,c2");
        assert_eq!(sealed.open(&another, here), Err(Stale));
    }

    #[test]
    fn one_that_is_not_bound_is_good_from_anywhere_and_only_as_such() {
        let sealed = Sealed::parse(&ROOT.seal(&key("s0:c1,c2"), None)).unwrap();
        assert_eq!(sealed.open(&key("s0:c1,c2"), None), Ok(ROOT));
        let here = address("10.9.1.2");
        assert_eq!(sealed.open(&key("s0:c1,c2"), here), Err(Stale));
    }

    #[test]
    fn what_no_handle_ever_was_is_malformed() {
        let good = ROOT.seal(&key("s0:c1,c2"), None);
        assert_eq!(Sealed::parse(&[]), Err(BadHandle::Length(0)));
        assert_eq!(Sealed::parse(&good[..47]), Err(BadHandle::Length(47)));
        let longer = [&good[..], &[0]].concat();
        assert_eq!(Sealed::parse(&longer), Err(BadHandle::Length(49)));
        let changed = |at: usize, to: u8| {
            let mut bytes = good;
            bytes[at] = to;
            Sealed::parse(&bytes)
        };
        assert_eq!(changed(0, 2), Err(BadHandle::Version(2)));
        assert_eq!(changed(1, 3), Err(BadHandle::Object));
        for reserved in 2..8 {
            assert_eq!(changed(reserved, 1), Err(BadHandle::Object));
        }
        for object in 16..32 {
            assert_eq!(
                changed(object, 1),
                Err(BadHandle::Object),
                "a root has none"
            );
        }
    }

    #[test]
    fn its_mac_is_not_shown() {
        let sealed = Sealed::parse(&ROOT.seal(&key("s0:c1,c2"), None)).unwrap();
        let shown = format!("{sealed:?}");
        assert_eq!(shown, "sealed Handle { epoch: 7, object: Root }");
    }

    fn handles() -> impl Strategy<Value = Handle> {
        let node = any::<(u32, u32, u64)>();
        let object = prop_oneof![
            Just(Object::Root),
            any::<[u8; 16]>().prop_map(Object::Image),
            node.prop_map(|(store, generation, inode)| Object::Node {
                store,
                generation,
                inode,
            }),
        ];
        (any::<u64>(), object).prop_map(|(epoch, object)| Handle { epoch, object })
    }

    proptest! {
        #[test]
        fn whatever_was_sealed_is_opened_as_it_was(
            handle in handles(), client in any::<Option<IpAddr>>(), master in any::<[u8; 32]>(),
        ) {
            let key = HandleKey::for_label(&master, "s0:c1,c2");
            let sealed = Sealed::parse(&handle.seal(&key, client)).unwrap();
            prop_assert_eq!(sealed.epoch(), handle.epoch);
            prop_assert_eq!(sealed.open(&key, client), Ok(handle));
        }

        /// Not one bit of it can be another.
        #[test]
        fn whatever_was_changed_is_not_believed(
            handle in handles(), client in any::<Option<IpAddr>>(), bit in 0..8 * LENGTH,
        ) {
            let key = key("s0:c1,c2");
            let mut bytes = handle.seal(&key, client);
            bytes[bit / 8] ^= 1 << (bit % 8);
            let opened = Sealed::parse(&bytes).map(|sealed| sealed.open(&key, client));
            prop_assert!(matches!(opened, Err(_) | Ok(Err(Stale))), "{opened:?}");
        }
    }
}
