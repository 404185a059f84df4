//! Filling a new image: from a stream that a client sends, or from another image.
//!
//! Whoever made the image may have made it to harm, so the supervisor looks at none of its bytes.
//! It makes a file that has no name yet, starts `labelgate-importer` under the UID of the image's
//! label, and moves the client's bytes into a pipe. What the importer says is bounded and shown to
//! the client; what counts is the file. Only when the importer has ended well and is reaped, and the
//! file is on stable storage and of a size that can be, is it given its name. Whatever goes wrong
//! before that, `kill -9` of the supervisor included, nothing is left of it.

mod conduct;
mod error;
mod new_file;
mod process;
mod pump;
mod space;

use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::time::Duration;

use labelgate_mac::{Context, Label};
use rustix::fs::fstat;
use tokio::io::AsyncRead;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

pub use error::ImportError;
pub use labelgate_control::{ImageFormat, ImportBlame, ImportPhase, ImportProgress};
pub use new_file::{NewFile, NewFileError, sweep};

use crate::cgroups::Cgroups;
use crate::image::{Manner, open_directory};
use crate::program::Program;
use conduct::{Told, conduct};
use labelgate_control::{Handed, Import, ImportSource, ToImporter};
use process::Process;
use space::Space;

/// What is to be filled, by whom, and how much of it there may be.
#[derive(Debug, Clone, Copy)]
pub struct ImportJob<'a> {
    /// The program: `labelgate-importer`.
    pub program: &'a Program,
    /// The label that the image is to have; `None` for content, which many read.
    pub label: Option<&'a Label>,
    /// What the importer runs as, where a provider has contexts.
    pub context: Option<&'a Context>,
    /// The UID and GID of that label, or, for content, one that nobody else has meanwhile; `None`
    /// if the supervisor has none to give out.
    pub uid: Option<u32>,
    /// How the image is labelled, and who opens it.
    pub manner: &'a Manner,
    /// Where the importer's cgroup comes from, if there are any.
    pub cgroups: Option<&'a Cgroups>,
    /// The directory of the store.
    pub store: &'a Path,
    /// The directory of the store of the image that is copied, if one is.
    pub source_store: Option<&'a Path>,
    /// The image's file, relative to that. It must not be there.
    pub file: &'a Path,
    /// The image's block size: its size is made a multiple of that.
    pub block_size: u32,
    /// The image is made at least this large, in bytes.
    pub min_size: u64,
    /// The largest disk that may come out, in bytes; by default what its store can spare.
    pub max_size: Option<u64>,
    /// How long it may take in all.
    pub time: Duration,
    /// How long it may get no further: neither the client nor the importer.
    pub patience: Duration,
}

impl ImportJob<'_> {
    /// Who will read the image, in words.
    fn reader(&self) -> String {
        self.label
            .map_or_else(|| "content".to_owned(), ToString::to_string)
    }
}

/// An image that has been filled and has its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Imported {
    /// The format that it came in.
    pub format: ImageFormat,
    /// The size of its file, in bytes: the disk's, rounded up to whole blocks.
    pub size: u64,
    /// How much space it takes in its store, in bytes.
    pub allocated: u64,
}

/// Fills a new image from a stream, which is the image in this format: `None` lets its first bytes
/// decide, which is right for an image that an admin has chosen and wrong for a raw disk that a
/// guest could write to: such a guest could have made it look like qcow2.
///
/// Dropping the future ends the import: the importer is killed, and nothing is left of the image.
///
/// # Errors
/// [`ImportError`]. Nothing is left of the image.
pub async fn import(
    job: ImportJob<'_>,
    format: Option<ImageFormat>,
    body: impl AsyncRead + Unpin,
    progress: mpsc::Sender<ImportProgress>,
) -> Result<Imported, ImportError> {
    let files = Files::make(&job).await?;
    let (pipe, source) = pump::pipe()?;
    let spool = files.spool(&job).await?;
    let process = Process::start(&job).await?;
    process
        .tell(ToImporter::Source(Handed::Opened, source))
        .await?;
    process
        .tell(ToImporter::Spool(
            files.target.handed(),
            duplicate_of(&spool)?,
        ))
        .await?;
    let space = files.space.watch(&files.target, Some(spool));
    let source = ImportSource::Stream(format);
    begin(&job, &files, &process, source).await?;
    let told = conduct(&job, process, pump::pump(body, pipe), space, progress).await?;
    files.finish(&job, told).await
}

/// Fills a new image with the content of another one, which must be open for reading, or the way to
/// it, of the same label or of content, and written by nobody meanwhile: the caller holds its lock,
/// or the importer takes it.
///
/// Dropping the future ends the copying: the importer is killed, and nothing is left of the image.
///
/// # Errors
/// [`ImportError`]. Nothing is left of the image.
pub async fn duplicate(
    job: ImportJob<'_>,
    (handed, source): (Handed, OwnedFd),
    progress: mpsc::Sender<ImportProgress>,
) -> Result<Imported, ImportError> {
    let files = Files::make(&job).await?;
    let process = Process::start(&job).await?;
    process.tell(ToImporter::Source(handed, source)).await?;
    let space = files.space.watch(&files.target, None);
    begin(&job, &files, &process, ImportSource::File).await?;
    let nothing = std::future::ready(Ok(()));
    let told = conduct(&job, process, nothing, space, progress).await?;
    files.finish(&job, told).await
}

async fn begin(
    job: &ImportJob<'_>,
    files: &Files,
    process: &Process,
    source: ImportSource,
) -> Result<(), ImportError> {
    let target = duplicate_of(files.target.file())?;
    let handed = files.target.handed();
    process.tell(ToImporter::Target(handed, target)).await?;
    for store in stores(job).await? {
        process.tell(ToImporter::Store(store)).await?;
    }
    let import = Import {
        source,
        min_size: job.min_size,
        max_size: files.max_size(job),
        max_data: files.space.free(),
        block_size: job.block_size,
        unprivileged: job.uid.is_none(),
    };
    process.tell(ToImporter::Start(import)).await
}

/// The directories beneath which the importer opens files itself, if it does.
async fn stores(job: &ImportJob<'_>) -> Result<Vec<OwnedFd>, ImportError> {
    let paths = match job.manner.handed() {
        Handed::Opened => Vec::new(),
        Handed::Path => [Some(job.store), job.source_store].into(),
    };
    let paths: Vec<_> = paths.into_iter().flatten().map(Path::to_owned).collect();
    blocking(move || {
        let opened = paths.iter().map(|path| open_directory(path));
        Ok(opened.collect::<std::io::Result<_>>()?)
    })
    .await
}

/// Another descriptor of the same open file.
fn duplicate_of(file: &File) -> Result<OwnedFd, ImportError> {
    Ok(file.as_fd().try_clone_to_owned()?)
}

/// The new image's file, and how much may be written to it.
struct Files {
    target: NewFile,
    space: Space,
}

impl Files {
    async fn make(job: &ImportJob<'_>) -> Result<Self, ImportError> {
        let (store, file) = (job.store.to_owned(), job.file.to_owned());
        let manner = job.manner.clone();
        blocking(move || {
            let target = NewFile::create(&store, &file, &manner)?;
            let space = Space::of(target.file())?;
            Ok(Self { target, space })
        })
        .await
    }

    fn max_size(&self, job: &ImportJob<'_>) -> u64 {
        job.max_size.unwrap_or(self.space.free())
    }

    async fn spool(&self, job: &ImportJob<'_>) -> Result<File, ImportError> {
        let (store, file) = (job.store.to_owned(), job.file.to_owned());
        let manner = job.manner.clone();
        blocking(move || Ok(new_file::nameless(&store, &file, &manner)?)).await
    }

    /// Looks at the file, of an importer that is gone, and gives it its name.
    async fn finish(self, job: &ImportJob<'_>, told: Told) -> Result<Imported, ImportError> {
        let least = job.min_size;
        let most = self.max_size(job).max(least);
        let block_size = u64::from(job.block_size.max(1));
        blocking(move || {
            let stat = fstat(self.target.file()).map_err(std::io::Error::from)?;
            let size = u64::try_from(stat.st_size).unwrap_or(0);
            let most = most.checked_next_multiple_of(block_size);
            let fits = size >= least && most.is_none_or(|most| size <= most);
            if size == 0 || !fits || !size.is_multiple_of(block_size) {
                return Err(ImportError::Lied { size });
            }
            self.target.publish()?;
            Ok(Imported {
                format: told.format,
                size,
                allocated: space::allocated(&stat),
            })
        })
        .await
    }
}

/// Does what a store may make slow.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ImportError> + Send + 'static,
) -> Result<T, ImportError> {
    let done = spawn_blocking(work).await;
    done.map_err(|error| ImportError::System(std::io::Error::other(error)))?
}
