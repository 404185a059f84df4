//! What an image is like.

use labelgate_rbd_sys::{
    RBD_FEATURE_DATA_POOL, rbd_image_info_t, rbd_linked_image_spec_t, rbd_snap_spec_t,
};

use crate::call::{check, filled, text_at, written};
use crate::handle::Opened;
use crate::{Error, Kind};

/// What an image is like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// Its identifier.
    pub id: String,
    /// Its size in bytes.
    pub size: u64,
    /// The size of its objects in bytes.
    pub object_size: u64,
    /// The length of a stripe's pieces in bytes.
    pub stripe_unit: u64,
    /// How many objects a stripe goes over.
    pub stripe_count: u64,
    /// Its features, as librbd's `RBD_FEATURE_…`.
    pub features: u64,
    /// What the names of its objects begin with; a dot follows.
    pub prefix: String,
    /// The pool that its data is in, if that is another than its own.
    pub data_pool: Option<String>,
    /// What it was cloned from.
    pub parent: Option<Parent>,
}

/// What an image was cloned from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parent {
    /// Its pool.
    pub pool: String,
    /// The number of its pool.
    pub pool_number: i64,
    /// Its namespace; empty for none.
    pub namespace: String,
    /// Its identifier.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The number of the snapshot.
    pub snapshot: u64,
    /// It is in the trash.
    pub trash: bool,
}

impl Opened {
    pub(crate) fn describe(&self) -> Result<Description, Error> {
        Ok(Description {
            parent: self.parent()?,
            ..self.describe_alone()?
        })
    }

    /// Whether there may be data of a parent's behind it. Asks nobody, unlike [`Opened::parent`], which
    /// looks for the parent in the trash and wants the right to.
    pub(crate) fn is_cloned(&self) -> Result<bool, Error> {
        let overlap = self.rbd().rbd_get_overlap;
        // SAFETY: the image is open, and a number is written.
        let overlap = written("asking how much is the parent's", |value| unsafe {
            overlap(self.image, value)
        })?;
        Ok(overlap > 0)
    }

    /// All but its parent.
    pub(crate) fn describe_alone(&self) -> Result<Description, Error> {
        let (rbd, image) = (self.rbd(), self.image);
        let mut info = rbd_image_info_t::zeroed();
        // SAFETY: the image is open, and it writes that many bytes.
        let asked = unsafe { (rbd.rbd_stat)(image, &mut info, size_of::<rbd_image_info_t>()) };
        check("asking what the image is like", asked)?;
        let number = |call: unsafe extern "C" fn(_, *mut u64) -> libc::c_int| {
            // SAFETY: the image is open, and a number is written.
            written("asking what the image is like", |value| unsafe {
                call(image, value)
            })
        };
        let features = number(rbd.rbd_get_features)?;
        let stripe_unit = number(rbd.rbd_get_stripe_unit)?;
        let stripe_count = number(rbd.rbd_get_stripe_count)?;
        let id = filled("asking for the image's identifier", |room, length| {
            // SAFETY: it writes no more than that many bytes there.
            unsafe { (rbd.rbd_get_id)(image, room, length) }
        })?;
        let prefix = filled("asking for the image's objects", |room, length| {
            // SAFETY: as above.
            unsafe { (rbd.rbd_get_block_name_prefix)(image, room, length) }
        })?;
        let data_pool = if features & RBD_FEATURE_DATA_POOL == 0 {
            None
        } else {
            // SAFETY: the image is open.
            let pool = unsafe { (rbd.rbd_get_data_pool_id)(image) };
            Some(self.connection.pool_name(pool)?)
        };
        Ok(Description {
            id,
            size: info.size,
            object_size: info.obj_size,
            stripe_unit,
            stripe_count,
            features,
            prefix,
            data_pool,
            parent: None,
        })
    }

    fn parent(&self) -> Result<Option<Parent>, Error> {
        let rbd = self.rbd();
        let mut parent = rbd_linked_image_spec_t::zeroed();
        let mut snapshot = rbd_snap_spec_t::zeroed();
        // SAFETY: the image is open, and both are written if all is well.
        let asked = unsafe { (rbd.rbd_get_parent)(self.image, &mut parent, &mut snapshot) };
        match check("asking what the image was cloned from", asked) {
            Err(error) if error.kind() == Kind::NotFound => return Ok(None),
            asked => asked?,
        };
        // SAFETY: these texts were written.
        let texts = [
            parent.pool_name,
            parent.pool_namespace,
            parent.image_id,
            parent.image_name,
        ]
        .map(|text| unsafe { text_at(text) });
        let (pool_number, trash, number) = (parent.pool_id, parent.trash, snapshot.id);
        // SAFETY: its texts are freed once.
        unsafe { (rbd.rbd_linked_image_spec_cleanup)(&mut parent) };
        // SAFETY: as above.
        unsafe { (rbd.rbd_snap_spec_cleanup)(&mut snapshot) };
        let [pool, namespace, id, name] = texts;
        Ok(Some(Parent {
            pool,
            pool_number,
            namespace,
            id,
            name,
            snapshot: number,
            trash,
        }))
    }
}
