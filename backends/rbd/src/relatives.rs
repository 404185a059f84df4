//! Which images are clones of which, as the side says that a clone does not write.
//!
//! What a clone was made of is in its own header, which whoever writes the clone may change. That it was
//! made is noted elsewhere: with a clone of the second format in the header of its parent, with one of the
//! first in an object of the clone's pool and namespace.

use crate::call::{check, text};
use crate::{Error, Kind, Pool};

/// The longest answer that is taken, in bytes: some 20,000 clones.
const MAX_ANSWER: usize = 1 << 20;

/// A clone, as its parent has noted it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Child {
    /// The number of its pool.
    pub pool: i64,
    /// Its namespace; empty for none.
    pub namespace: String,
    /// Its identifier.
    pub id: String,
}

impl Pool {
    /// The number of the pool.
    #[must_use]
    pub fn number(&self) -> i64 {
        let number = self.context.connection.libraries.rados.rados_ioctx_get_id;
        // SAFETY: the handle is there.
        unsafe { number(self.context.io) }
    }

    /// Its name.
    ///
    /// # Errors
    ///
    /// What the cluster answers.
    pub fn name(&self) -> Result<String, Error> {
        self.context.connection.pool_name(self.number())
    }

    /// The name of the image with this identifier, if there is one.
    ///
    /// # Errors
    ///
    /// What the cluster answers.
    pub fn name_of(&self, id: &str) -> Result<Option<String>, Error> {
        let all = self.list()?.into_iter();
        Ok(all
            .filter(|entry| entry.id == id)
            .map(|entry| entry.name)
            .next())
    }

    /// The clones of the second format that were made of a snapshot of the image with this identifier.
    ///
    /// # Errors
    ///
    /// What the cluster answers, and [`Kind::OutOfRange`] if they are too many.
    pub fn children(&self, id: &str, snapshot: u64) -> Result<Vec<Child>, Error> {
        let asked = snapshot.to_le_bytes();
        let answer = self.ask_class(&format!("rbd_header.{id}"), "children_list", &asked)?;
        answer.map_or(Ok(Vec::new()), |bytes| {
            Reader(&bytes).children().ok_or_else(nonsense)
        })
    }

    /// The identifiers of the clones of the first format, in this pool and namespace, that were made of
    /// a snapshot of an image of this namespace, which may be in another pool.
    ///
    /// # Errors
    ///
    /// As [`Pool::children`].
    pub fn first_format_children(
        &self,
        pool: i64,
        id: &str,
        snapshot: u64,
    ) -> Result<Vec<String>, Error> {
        let mut asked = pool.to_le_bytes().to_vec();
        let length = u32::try_from(id.len()).map_err(|_| Error::Text("the identifier"))?;
        asked.extend(length.to_le_bytes());
        asked.extend(id.as_bytes());
        asked.extend(snapshot.to_le_bytes());
        let answer = self.ask_class("rbd_children", "get_children", &asked)?;
        answer.map_or(Ok(Vec::new()), |bytes| {
            let mut reader = Reader(&bytes);
            reader.list(Reader::text).ok_or_else(nonsense)
        })
    }

    /// Has RBD's class on an object carry out a method that reads; `None` if there is nothing of it.
    fn ask_class(
        &self,
        object: &str,
        method: &str,
        asked: &[u8],
    ) -> Result<Option<Vec<u8>>, Error> {
        let (object, method) = (text("the object", object)?, text("the method", method)?);
        let mut answer = vec![0_u8; MAX_ANSWER];
        let exec = self.context.connection.libraries.rados.rados_exec;
        // SAFETY: all names are there, and both buffers are as long as it is told.
        let said = unsafe {
            exec(
                self.context.io,
                object.as_ptr(),
                c"rbd".as_ptr(),
                method.as_ptr(),
                asked.as_ptr().cast(),
                asked.len(),
                answer.as_mut_ptr().cast(),
                answer.len(),
            )
        };
        match check("asking for the image's clones", said) {
            Err(error) if error.kind() == Kind::NotFound => Ok(None),
            length => {
                answer.truncate(usize::try_from(length?).unwrap_or(0));
                Ok(Some(answer))
            }
        }
    }
}

fn nonsense() -> Error {
    Error::Text("the cluster's list of clones")
}

/// What is left of an answer in Ceph's encoding.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u32> {
        let bytes = self.take(4)?.try_into().ok()?;
        Some(u32::from_le_bytes(bytes))
    }

    fn text(&mut self) -> Option<String> {
        let length = usize::try_from(self.number()?).ok()?;
        let bytes = self.take(length)?.to_vec();
        String::from_utf8(bytes).ok()
    }

    fn list<T>(&mut self, mut one: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.number()?;
        // Nothing is allocated for what is not there.
        (0..count).map(|_| one(self)).collect()
    }

    fn children(&mut self) -> Option<Vec<Child>> {
        self.list(Self::child)
    }

    /// Version, oldest version that understands it, length, and so many bytes.
    fn child(&mut self) -> Option<Child> {
        let [version, oldest] = *self.take(2)? else {
            return None;
        };
        if oldest > 2 {
            return None;
        }
        let length = usize::try_from(self.number()?).ok()?;
        let mut body = Reader(self.take(length)?);
        let pool = i64::from_le_bytes(body.take(8)?.try_into().ok()?);
        let id = body.text()?;
        let namespace = match version {
            0 | 1 => String::new(),
            _ => body.text()?,
        };
        Some(Child {
            pool,
            namespace,
            id,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// As Ceph 16.2 has answered.
    const ANSWER: &[u8] = b"\x02\x00\x00\x00\
        \x02\x01\x1f\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x0c\x00\x00\x0010119fd9dda7\x03\x00\x00\x00lab\
        \x02\x01\x1f\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x0c\x00\x00\x001011be4e8f76\x03\x00\x00\x00lab";

    #[test]
    fn clones_are_read_as_ceph_writes_them() {
        let of = |id: &str| Child {
            pool: 1,
            namespace: "lab".into(),
            id: id.into(),
        };
        let all = Reader(ANSWER).children().unwrap();
        assert_eq!(all, [of("10119fd9dda7"), of("1011be4e8f76")]);
        let ids = b"\x01\x00\x00\x00\x0c\x00\x00\x001031c551cf62";
        let ids = Reader(ids).list(Reader::text).unwrap();
        assert_eq!(ids, ["1031c551cf62"]);
    }

    #[test]
    fn what_breaks_off_is_no_list() {
        for length in 0..ANSWER.len() {
            assert_eq!(Reader(&ANSWER[..length]).children(), None, "{length}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Reader(&bytes).children();
        }
    }
}
