//! Opening an image.

use std::ffi::CStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};

use labelgate_rbd_sys::rbd_config_option_t;

use crate::call::{check, text_at};
use crate::flight::Shared;
use crate::handle::{Handle, Opened};
use crate::helper::Helper;
use crate::objects::Objects;
use crate::watch::Watch;
use crate::{Completions, Error, Image, Pool, Shape};

/// How an image is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OpenOptions {
    /// It is only read. What is read of its size is then what it was when it was opened: watching it
    /// is a kind of writing.
    pub read_only: bool,
    /// What events call the image.
    pub image: u64,
}

pub(crate) fn open(
    pool: Pool,
    image: &str,
    options: OpenOptions,
    completions: &Completions,
) -> Result<Image, Error> {
    let context = pool.into_context();
    let opened = Opened::open(&context, image, options.read_only)?;
    refuse_cache(&opened)?;
    let description = opened.describe_alone()?;
    let cloned = opened.is_cloned()?;
    let shape = Shape {
        size: description.size,
        object_size: description.object_size,
        stripe_unit: description.stripe_unit,
        stripe_count: description.stripe_count,
        features: description.features,
    };
    let handle = Arc::new(Handle {
        watch: Watch::default(),
        opened,
        shared: Shared::new(completions.clone(), options.read_only, options.image),
        helper: Helper::default(),
        size: AtomicU64::new(shape.size),
        stale: AtomicBool::new(false),
        objects: Objects::of(context, &description, cloned).map(Arc::new),
        cloned,
        plain: shape.stripe_count <= 1,
        period: shape
            .object_size
            .saturating_mul(shape.stripe_count.max(1))
            .max(1),
    });
    let image = Image::new(Arc::clone(&handle), shape);
    if !options.read_only {
        Watch::begin(&handle)?;
    }
    Ok(image)
}

/// An image's own settings and its pool's stand above a connection's: somebody may have switched the
/// cache on there, and then what is acknowledged could be lost with this process.
fn refuse_cache(opened: &Opened) -> Result<(), Error> {
    if setting(opened, c"rbd_cache")?.is_none_or(|value| value == "false") {
        return Ok(());
    }
    let error = Error::returned("opening the image", (-libc::EOPNOTSUPP).into());
    Err(error.with("rbd_cache is set for the image or its pool (rbd config image|pool rm)"))
}

/// The value of an option that is in force for an image.
fn setting(opened: &Opened, name: &CStr) -> Result<Option<String>, Error> {
    let rbd = opened.rbd();
    let mut room = 128_i32;
    loop {
        let length = usize::try_from(room).unwrap_or(0);
        let mut options = vec![rbd_config_option_t::zeroed(); length];
        let mut count = room;
        let list = rbd.rbd_config_image_list;
        // SAFETY: the image is open, and there is room for as many as it is told.
        let listed = unsafe { list(opened.image, options.as_mut_ptr(), &mut count) };
        if listed == -libc::ERANGE && count > room && count < 1 << 16 {
            room = count;
            continue;
        }
        check("asking for the image's settings", listed)?;
        let mut listed = options.iter().take(usize::try_from(count).unwrap_or(0));
        let found = listed
            // SAFETY: so many were written, each with two texts.
            .find(|option| unsafe { text_at(option.name) }.as_bytes() == name.to_bytes())
            // SAFETY: as above.
            .map(|option| unsafe { text_at(option.value) });
        // SAFETY: their texts are freed once.
        unsafe { (rbd.rbd_config_image_list_cleanup)(options.as_mut_ptr(), count) };
        return Ok(found);
    }
}
