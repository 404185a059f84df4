//! Opening an image, and making it.

use std::ffi::CStr;
use std::sync::Mutex;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use labelgate_gfapi_sys::glfs_fd_t;
use labelgate_shared::Mailbox;

use crate::call::{last, text};
use crate::flight::{Done, Ends};
use crate::image::File;
use crate::{Error, Image, Kind, Volume};

/// Whom a new file is for: its owner alone.
const FILE_MODE: libc::mode_t = 0o600;
/// The same of a directory.
const DIRECTORY_MODE: libc::mode_t = 0o700;

/// How long a directory may take to be made by somebody else, and how soon it is tried again.
const BEING_MADE: Duration = Duration::from_secs(5);
const AGAIN: Duration = Duration::from_millis(20);

/// How an image is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenOptions<'a> {
    /// It is only read. Others may read it, too; it is locked against writers.
    pub read_only: bool,
    /// It is made if it is not there, and its directory as well.
    pub make: bool,
    /// The least size it shall have, in bytes.
    pub size: Option<u64>,
    /// The SELinux context that its file shall have on the volume.
    pub label: &'a str,
    /// How long is waited for a lock that another client has.
    pub patience: Duration,
}

impl Volume {
    /// Opens an image and locks it, at a path from the volume's root. Waits for the volume.
    ///
    /// A file that the volume has another label of is refused; one without any gets it.
    ///
    /// # Errors
    ///
    /// [`Kind::Held`] if another client holds it; what else the volume answers.
    pub fn open(
        &self,
        path: &str,
        options: OpenOptions<'_>,
        done: &Mailbox<Done>,
    ) -> Result<Image, Error> {
        self.act();
        let name = text("the image", path)?;
        let fd = match self.open_there(&name, options.read_only) {
            Err(error) if error.kind() == Kind::NotFound && options.make => {
                self.make_beneath(path, &name)?
            }
            opened => opened?,
        };
        let file = File {
            volume: self.clone(),
            fd,
            ends: Ends::new(done.clone()),
            known: AtomicU64::new(0),
            read_only: options.read_only,
            sizing: Mutex::default(),
            seeker: Mutex::new(std::ptr::null_mut()),
        };
        // From here on, it is closed whatever comes.
        let image = Image::new(file);
        image.prepare(&name, options)?;
        Ok(image)
    }

    /// As one that never waits for a lock: bricks answer at once what it forbids.
    pub(crate) fn open_there(&self, name: &CStr, read_only: bool) -> Result<*mut glfs_fd_t, Error> {
        let access = match read_only {
            true => libc::O_RDONLY,
            false => libc::O_RDWR,
        };
        let flags = access | libc::O_NOFOLLOW | libc::O_NONBLOCK;
        // SAFETY: the name is there.
        let fd = unsafe { (self.api().glfs_open)(self.fs(), name.as_ptr(), flags) };
        match fd.is_null() {
            true => Err(last("opening the image")),
            false => Ok(fd),
        }
    }

    /// Makes an image, and its directory if need be. While somebody else makes that, it is there for one
    /// call and not yet for the next.
    fn make_beneath(&self, path: &str, name: &CStr) -> Result<*mut glfs_fd_t, Error> {
        let until = Instant::now() + BEING_MADE;
        loop {
            self.make_directory(path)?;
            match self.make(name) {
                // The directory was looked up before another client, or thread, had made it whole.
                Err(error)
                    if matches!(error.kind(), Kind::NotFound | Kind::Lost)
                        && Instant::now() < until =>
                {
                    std::thread::sleep(AGAIN);
                }
                made => return made,
            }
        }
    }

    fn make(&self, name: &CStr) -> Result<*mut glfs_fd_t, Error> {
        let flags = libc::O_RDWR | libc::O_EXCL | libc::O_NONBLOCK;
        // SAFETY: the name is there.
        let fd = unsafe { (self.api().glfs_creat)(self.fs(), name.as_ptr(), flags, FILE_MODE) };
        if !fd.is_null() {
            return Ok(fd);
        }
        match last("making the image") {
            // Somebody else was faster.
            error if error.kind() == Kind::Exists => self.open_there(name, false),
            error => Err(error),
        }
    }

    /// Makes the directory that a path is in, if it is not there.
    fn make_directory(&self, path: &str) -> Result<(), Error> {
        let Some((directory, _)) = path
            .rsplit_once('/')
            .filter(|(parent, _)| !parent.is_empty())
        else {
            return Ok(());
        };
        let name = text("the image's directory", directory)?;
        // SAFETY: the name is there.
        let made = unsafe { (self.api().glfs_mkdir)(self.fs(), name.as_ptr(), DIRECTORY_MODE) };
        match made {
            0 => Ok(()),
            _ => match last("making the image's directory") {
                error if error.kind() == Kind::Exists => Ok(()),
                error => Err(error),
            },
        }
    }
}

impl Image {
    fn prepare(&self, name: &CStr, options: OpenOptions<'_>) -> Result<(), Error> {
        let file = self.file();
        let stat = file.stat()?;
        if stat.st_mode & libc::S_IFMT != libc::S_IFREG {
            return Err(Error::File("is not a regular file"));
        }
        if stat.st_nlink > 1 {
            return Err(Error::File("has another name on the volume as well"));
        }
        file.lock(options.read_only, options.patience)?;
        file.agree(name, options.label, options.read_only)?;
        file.open_seeker(name);
        match options.size.filter(|_| !options.read_only) {
            Some(size) => file.resize(size, false)?,
            None => file.size()?,
        };
        Ok(())
    }
}
