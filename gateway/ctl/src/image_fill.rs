//! `labelgate image import` and `clone`.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use labelgate_api::endpoints::{ImportImage, PostClone};
use labelgate_api::{BlockSize, CloneImage, ImageFormat, ImportQuery, Nothing, SnapshotName, Step};
use labelgate_client::Answers;

use crate::ask::{Ask, decode};
use crate::fault::Fault;
use crate::image::show;
use crate::image_argument::ImageArgument;
use crate::image_create::{Serving, block_size};
use crate::image_snapshot::{SnapshotArgument, SnapshotArgumentError};
use crate::output::Output;
use crate::progress::Bar;
use crate::size;
use crate::upload::Upload;

/// What the bytes of an import are.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Format {
    /// What they begin like.
    Auto,
    /// The bytes of the disk.
    Raw,
    /// QEMU's format, without backing file, data file or encryption.
    Qcow2,
}

impl From<Format> for ImageFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Auto => Self::Auto,
            Format::Raw => Self::Raw,
            Format::Qcow2 => Self::Qcow2,
        }
    }
}

/// Make a new image of a raw or qcow2 file, or of what comes by a pipe.
///
/// The bytes are looked at in a process that is confined to the new image's label. If the import
/// fails or is interrupted, nothing of it remains. What a pipe brings ends where it ends: see to
/// it that its writer did not fail (set -o pipefail).
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The new image: STORE/IMAGE.
    image: ImageArgument,
    /// The file, or - for standard input.
    file: PathBuf,
    /// What the file is. Say raw for a disk that a guest has written: it can begin like anything.
    #[arg(long, value_enum, default_value_t = Format::Auto)]
    format: Format,
    /// The most the disk may have: bytes, or a number with K, M, G or T. [default: what is free]
    #[arg(long, value_parser = size::parse, value_name = "SIZE")]
    max_size: Option<u64>,
    /// Bytes of a logical block: 512 or 4096.
    #[arg(long, default_value = "512", value_parser = block_size, value_name = "BYTES")]
    block_size: BlockSize,
    #[command(flatten)]
    serving: Serving,
}

impl Import {
    pub(crate) async fn run(self, ask: &Ask) -> Result<(), Fault> {
        let upload = Upload::open(&self.file)?;
        let bar = Bar::new(upload.total);
        let sent = Arc::clone(&upload.sent);
        let query = ImportQuery {
            label: self.serving.label,
            format: self.format.into(),
            max_size: self.max_size,
            block_size: self.block_size,
            read_only: self.serving.read_only,
            direct: self.serving.direct,
        };
        let (path, body) = (self.image.into(), upload.body());
        let exchange = ask.client.exchange::<ImportImage>(&path, &query, body);
        let answers = tokio::select! {
            answers = exchange => answers?,
            never = bar.follow(sent) => match never {},
        };
        follow(ask, answers, bar).await
    }
}

/// Make a new image that is a copy of another one.
///
/// Content can be copied to any label; other images only within their own. In a pool it is a snapshot that is
/// named, and the new image is a clone of it, which shares with it what is not written.
#[derive(Debug, Args)]
pub(crate) struct Clone {
    /// What is copied: STORE/IMAGE, or in a pool STORE/IMAGE@SNAPSHOT.
    from: Original,
    /// The new image: STORE/IMAGE.
    to: ImageArgument,
    /// The new image's size, if it shall be larger: bytes, or a number with K, M, G or T.
    #[arg(long, value_parser = size::parse)]
    size: Option<u64>,
    #[command(flatten)]
    serving: Serving,
}

/// What is copied.
#[derive(Debug, std::clone::Clone)]
struct Original {
    image: ImageArgument,
    snapshot: Option<SnapshotName>,
}

impl FromStr for Original {
    type Err = SnapshotArgumentError;

    fn from_str(text: &str) -> Result<Self, SnapshotArgumentError> {
        if text.contains('@') {
            let SnapshotArgument { image, snapshot } = text.parse()?;
            let snapshot = Some(snapshot);
            return Ok(Self { image, snapshot });
        }
        Ok(Self {
            image: text.parse()?,
            snapshot: None,
        })
    }
}

impl Clone {
    pub(crate) async fn run(self, ask: &Ask) -> Result<(), Fault> {
        let body = CloneImage {
            store: self.to.store,
            name: self.to.image,
            label: self.serving.label,
            snapshot: self.from.snapshot,
            size: self.size,
            read_only: self.serving.read_only,
            direct: self.serving.direct,
        };
        let bar = Bar::new(None);
        let path = self.from.image.into();
        let answers = ask
            .client
            .stream::<PostClone>(&path, &Nothing {}, &body)
            .await?;
        follow(ask, answers, bar).await
    }
}

/// Shows how far it is, and at the end the new image.
async fn follow(ask: &Ask, mut answers: Answers, bar: Bar) -> Result<(), Fault> {
    while let Some(line) = answers.line().await? {
        let step = decode(line.as_bytes())?;
        if ask.json && !matches!(step, Step::Error(_)) {
            let mut output = Output::new();
            output.bytes(line.as_bytes())?;
            output.bytes(b"\n")?;
            output.flush()?;
        }
        match step {
            Step::Progress(progress) => bar.set(progress),
            Step::Error(failure) => return Err(Fault::Refused(failure)),
            Step::Result(_) if ask.json => return Ok(()),
            Step::Result(image) => {
                drop(bar);
                let mut output = Output::new();
                show(&mut output, *image)?;
                return Ok(output.flush()?);
            }
        }
    }
    Err(Fault::BrokenOff("the answer has no end".to_owned()))
}
