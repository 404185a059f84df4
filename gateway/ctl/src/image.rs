//! `labelgate image`.

use clap::Subcommand;
use labelgate_api::endpoints::{
    DeleteImage, GetImage, ListImages, PostImageClear, PostImageFollow, PostImageLabel,
    PostImageSize,
};
use labelgate_api::{
    ClearImage, FollowMachine, Image, ImageAccess, Images, ImagesQuery, Label, LabelImage, Nothing,
    RemoveImageQuery, ResizeImage, StoreName,
};
use uuid::Uuid;

use crate::ask::Ask;
use crate::fault::Fault;
use crate::image_argument::ImageArgument;
use crate::image_create::Create;
use crate::image_fill::{Clone, Import};
use crate::image_snapshot::SnapshotCommand;
use crate::output::{Output, or_dash, yes};
use crate::size;
use crate::store::declared_in;
use crate::table::Table;

/// Images: virtual disks.
#[derive(Debug, Subcommand)]
pub(crate) enum ImageCommand {
    /// Create an empty image, or take in a file that is in the store already.
    Create(Create),
    /// Make a new image of a raw or qcow2 file, or of what comes by a pipe.
    Import(Import),
    /// Make a new image that is a copy of another one.
    Clone(Clone),
    /// Snapshots of images in pools: what an image held at one moment.
    #[command(subcommand)]
    Snapshot(SnapshotCommand),
    /// List images.
    List {
        /// Those of this store.
        #[arg(long)]
        store: Option<StoreName>,
        /// Those of this label.
        #[arg(long)]
        label: Option<Label>,
    },
    /// Show one image.
    Show {
        /// The image: STORE/IMAGE.
        image: ImageArgument,
    },
    /// Give an image another label. Sessions of the old label end first.
    Label {
        /// The image: STORE/IMAGE.
        image: ImageArgument,
        /// Who may open it: a label; auto for a new one; content for everybody, to read.
        label: ImageAccess,
    },
    /// Let an image follow a machine that the network tells by its level (CIPSO and the like), and that has
    /// no identity: it has the level of the machine's process while that runs, and is nobody's otherwise.
    /// Sessions on it end first. "image label" gives it a label of its own again.
    Follow {
        /// The image: STORE/IMAGE.
        image: ImageArgument,
        /// The machine's UUID.
        vm: Uuid,
    },
    /// Make an image larger, while it is served.
    Resize {
        /// The image: STORE/IMAGE.
        image: ImageArgument,
        /// Its new size: bytes, or a number with K, M, G or T.
        #[arg(value_parser = size::parse)]
        size: u64,
    },
    /// Serve an image again after a failed flush.
    Clear {
        /// The image: STORE/IMAGE.
        image: ImageArgument,
        /// Say that the store is sound, that what the kernel had cached of the image was dropped
        /// (dd if=FILE iflag=nocache count=0), and that the image was checked or restored.
        #[arg(long, required = true)]
        image_was_checked: bool,
    },
    /// Remove an image. Its file stays, unless told otherwise.
    Rm {
        /// The image: STORE/IMAGE.
        image: ImageArgument,
        /// Although there are sessions on it: end them.
        #[arg(long)]
        force: bool,
        /// Delete its file too.
        #[arg(long)]
        delete_data: bool,
    },
}

impl ImageCommand {
    pub(crate) async fn run(self, ask: &Ask) -> Result<(), Fault> {
        let nothing = Nothing {};
        match self {
            Self::Create(create) => create.run(ask).await,
            Self::Import(import) => import.run(ask).await,
            Self::Clone(clone) => clone.run(ask).await,
            Self::Snapshot(command) => command.run(ask).await,
            Self::List { store, label } => {
                let query = ImagesQuery { store, label };
                ask.show::<ListImages>(&nothing, &query, &nothing, list)
                    .await
            }
            Self::Show { image } => {
                ask.show::<GetImage>(&image.into(), &nothing, &nothing, show)
                    .await
            }
            Self::Label { image, label } => relabel(ask, image, label).await,
            Self::Follow { image, vm } => follow(ask, image, vm).await,
            Self::Resize { image, size } => {
                let body = ResizeImage { size };
                ask.show::<PostImageSize>(&image.into(), &nothing, &body, |output, resized| {
                    let size = or_dash(resized.image.size.map(size::show));
                    output.line(format_args!("The size is {size} now."))
                })
                .await
            }
            Self::Clear {
                image,
                image_was_checked,
            } => {
                ask.confirm(&format!("Serve {image} again?")).await?;
                let body = ClearImage { image_was_checked };
                ask.show::<PostImageClear>(&image.into(), &nothing, &body, show)
                    .await
            }
            Self::Rm {
                image,
                force,
                delete_data,
            } => {
                let data = if delete_data {
                    ", and delete its data"
                } else {
                    ""
                };
                let question = format!("Remove {image}{data}?");
                let query = RemoveImageQuery { force, delete_data };
                ask.revoke::<DeleteImage>(&question, &image.into(), &query)
                    .await
            }
        }
    }
}

async fn relabel(ask: &Ask, image: ImageArgument, label: ImageAccess) -> Result<(), Fault> {
    let question = format!("Give {image} the label {label}, and end its sessions?");
    ask.confirm(&question).await?;
    let body = LabelImage { label };
    ask.show::<PostImageLabel>(&image.into(), &Nothing {}, &body, |output, relabelled| {
        output.revocation("Relabelled", &relabelled.revocation)?;
        show(output, relabelled.image)
    })
    .await
}

async fn follow(ask: &Ask, image: ImageArgument, vm: Uuid) -> Result<(), Fault> {
    let question = format!("Let {image} follow machine {vm}, and end its sessions?");
    ask.confirm(&question).await?;
    let body = FollowMachine { vm };
    ask.show::<PostImageFollow>(&image.into(), &Nothing {}, &body, |output, relabelled| {
        output.revocation("Follows it from now on", &relabelled.revocation)?;
        show(output, relabelled.image)
    })
    .await
}

fn list(output: &mut Output, images: Images) -> std::io::Result<()> {
    let headings = [
        "IMAGE",
        "LABEL",
        "SIZE",
        "USED",
        "MODE",
        "DECLARED IN",
        "TARGET",
    ];
    let mut table = Table::new(&headings);
    for image in images.images {
        table.row([
            format!("{}/{}", image.store, image.name),
            access(&image),
            or_dash(image.size.map(size::show)),
            or_dash(image.allocated.map(size::show)),
            mode(&image),
            declared_in(image.source),
            image.target,
        ]);
    }
    let empty = "There is no such image. Make one: labelgate image create STORE/IMAGE --size 20G --label auto";
    output.table(&table, empty)
}

fn access(image: &Image) -> String {
    match &image.label {
        Some(label) => label.to_string(),
        None => "content".to_owned(),
    }
}

fn mode(image: &Image) -> String {
    match (image.poisoned, image.read_only || image.content) {
        (true, _) => "poisoned",
        (false, true) => "read-only",
        (false, false) => "read-write",
    }
    .to_owned()
}

/// Shows one image.
pub(crate) fn show(output: &mut Output, image: Image) -> std::io::Result<()> {
    output.fields(&[
        ("image", format!("{}/{}", image.store, image.name)),
        ("target", image.target.clone()),
        ("label", access(&image)),
        ("follows", or_dash(image.follows.map(|vm| vm.to_string()))),
        ("mode", mode(&image)),
        ("size", or_dash(image.size.map(size::show))),
        ("used", or_dash(image.allocated.map(size::show))),
        ("block size", u32::from(image.block_size).to_string()),
        ("direct", yes(image.direct)),
        ("file", image.file.display().to_string()),
        ("serial", image.serial.clone()),
        ("naa", image.naa.clone()),
        ("declared in", declared_in(image.source)),
        ("snapshots", or_dash(image.snapshots.map(|n| n.to_string()))),
        ("reservations", or_dash(image.reservations.clone())),
    ])?;
    if image.poisoned {
        output.line(
            "A flush of it has failed, and everything on it answers MEDIUM ERROR. Make the store \
             sound,\ndrop what the kernel has cached of it, check or restore it, and then: \
             labelgate image clear",
        )?;
    }
    Ok(())
}
