//! `labelgate image create`.

use std::path::PathBuf;

use clap::Args;
use labelgate_api::endpoints::PostImage;
use labelgate_api::{BlockSize, CreateImage, ImageAccess, Nothing};

use crate::ask::Ask;
use crate::fault::Fault;
use crate::image::show;
use crate::image_argument::ImageArgument;
use crate::size;

/// How a new image is served.
#[derive(Debug, Args)]
pub(crate) struct Serving {
    /// Who may open it: a label such as s0:c12,c34; auto for a new one; content for a read-only
    /// image that every label may read.
    #[arg(long)]
    pub(crate) label: ImageAccess,
    /// Refuse writes.
    #[arg(long)]
    pub(crate) read_only: bool,
    /// Go past the page cache (O_DIRECT).
    #[arg(long)]
    pub(crate) direct: bool,
}

/// Reads a block size.
pub(crate) fn block_size(text: &str) -> Result<BlockSize, String> {
    let size: u32 = text.parse().map_err(|_| "write 512 or 4096")?;
    Ok(size.try_into()?)
}

/// Create an empty image, or take in a file, or an image of the pool, that is in the store already.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// The new image: STORE/IMAGE.
    image: ImageArgument,
    /// Its size: bytes, or a number with K, M, G or T. The file is sparse.
    #[arg(long, value_parser = size::parse, required_unless_present = "existing")]
    size: Option<u64>,
    /// Take in what is in the store as it is; it must be there.
    #[arg(long, conflicts_with = "size")]
    existing: bool,
    /// Where the file is below the store's path. [default: IMAGE.img] In a pool: its name, or
    /// NAMESPACE/NAME. [default: IMAGE in the namespace of the label]
    #[arg(long, value_name = "PATH")]
    file: Option<PathBuf>,
    /// Bytes of a logical block: 512 or 4096.
    #[arg(long, default_value = "512", value_parser = block_size, value_name = "BYTES")]
    block_size: BlockSize,
    #[command(flatten)]
    serving: Serving,
}

impl Create {
    pub(crate) async fn run(self, ask: &Ask) -> Result<(), Fault> {
        let body = CreateImage {
            store: self.image.store,
            name: self.image.image,
            label: self.serving.label,
            size: self.size,
            file: self.file,
            block_size: self.block_size,
            read_only: self.serving.read_only,
            direct: self.serving.direct,
        };
        ask.show::<PostImage>(&Nothing {}, &Nothing {}, &body, show)
            .await
    }
}
