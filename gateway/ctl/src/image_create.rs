//! `labelgate image create`.

use std::path::PathBuf;

use clap::Args;
use labelgate_api::endpoints::PostImage;
use labelgate_api::{BlockSize, CloneSource, CreateImage, ImageAccess, Nothing};

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

/// Reads what an image is to be a clone of.
fn clone_source(text: &str) -> Result<CloneSource, String> {
    let form = "write it as IMAGE@SNAPSHOT or NAMESPACE/IMAGE@SNAPSHOT";
    let (image, snapshot) = text.rsplit_once('@').ok_or(form)?;
    let snapshot = snapshot.parse();
    Ok(CloneSource {
        image: image.to_owned(),
        snapshot: snapshot.map_err(|error: labelgate_api::NameError| error.to_string())?,
    })
}

/// Create an empty image, or take in a file, or an image of the pool, that is in the store already.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// The new image: STORE/IMAGE.
    image: ImageArgument,
    /// Its size: bytes, or a number with K, M, G or T. The file is sparse.
    #[arg(long, value_parser = size::parse, required_unless_present_any = ["existing", "clone_of"])]
    size: Option<u64>,
    /// Take in what is in the store as it is; it must be there.
    #[arg(long, conflicts_with = "size")]
    existing: bool,
    /// In a pool: make it a clone of this snapshot, which shares with it what is not written. The image that
    /// the snapshot is of must be none of another label's.
    #[arg(long, conflicts_with_all = ["size", "existing"], value_name = "[NAMESPACE/]IMAGE@SNAPSHOT",
          value_parser = clone_source)]
    clone_of: Option<CloneSource>,
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
            clone_of: self.clone_of,
            file: self.file,
            block_size: self.block_size,
            read_only: self.serving.read_only,
            direct: self.serving.direct,
        };
        ask.show::<PostImage>(&Nothing {}, &Nothing {}, &body, show)
            .await
    }
}
