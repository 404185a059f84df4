//! The configuration: what it says, checked.
//!
//! A [`Config`] exists only if nothing is wrong with it. Everything wrong is reported at once,
//! with its line and with what to do about it.

mod gateway;
mod identity;
mod image;
mod limits;
mod name;
mod problem;
mod size;
mod store;

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use labelgate_control::{Designator, MAX_LABEL, Text};
use labelgate_mac::Label;
use serde::Deserialize;
use toml::Spanned;

pub use gateway::{GatewaySection, Provider};
pub use identity::{Identities, Identity};
pub use image::Image;
pub use limits::Limits;
pub use problem::{Problem, Problems};
pub use store::Store;

use gateway::RawGateway;
use identity::RawIdentity;
use image::RawImage;
use problem::Collector;
use store::RawStore;

/// The configuration that is shipped, in which every key is explained.
pub const DEFAULT: &str = include_str!("../../../../deploy/labelgate.toml");

/// A file larger than this is none of ours.
const LONGEST_FILE: u64 = 16 << 20;

/// A configuration with nothing wrong in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// What holds for all labels.
    pub gateway: GatewaySection,
    /// Every directory that holds images.
    pub stores: Vec<Arc<Store>>,
    /// Every image.
    pub images: Vec<Arc<Image>>,
    /// Who is who.
    pub identities: Identities,
}

/// The file, as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    gateway: RawGateway,
    #[serde(default)]
    store: Vec<RawStore>,
    #[serde(default)]
    image: Vec<RawImage>,
    #[serde(default)]
    identity: Vec<RawIdentity>,
}

impl Config {
    /// Reads and checks a file.
    pub fn read(file: &Path) -> Result<Self, Problems> {
        let unreadable = |why: String| Problems::with_file(file, why);
        let length = std::fs::metadata(file)
            .map_err(|error| unreadable(error.to_string()))?
            .len();
        if length > LONGEST_FILE {
            return Err(unreadable(format!(
                "has {length} bytes; that is no configuration"
            )));
        }
        let text = std::fs::read_to_string(file).map_err(|error| unreadable(error.to_string()))?;
        Self::parse(&text, file)
    }

    /// Checks a text; `file` is what it is called in problems.
    pub fn parse(text: &str, file: &Path) -> Result<Self, Problems> {
        let mut problems = Collector::new(file, text);
        let document: Document = match toml::from_str(text) {
            Ok(document) => document,
            Err(error) => {
                problems.toml(&error);
                return problems.finish(None);
            }
        };
        let gateway = document.gateway.check(&mut problems);
        let stores = check_stores(document.store, &mut problems);
        let images = check_images(
            document.image,
            &gateway.target_prefix,
            &stores,
            &mut problems,
        );
        let identities = check_identities(document.identity, &mut problems);
        problems.finish(Some(Self {
            gateway,
            stores: stores.in_order,
            images,
            identities,
        }))
    }

    /// The images of a label.
    pub fn images_of(&self, label: &Label) -> impl Iterator<Item = &Arc<Image>> {
        self.images
            .iter()
            .filter(move |image| image.label == *label)
    }
}

/// The stores, by name and in the order of the file.
struct Stores {
    by_name: HashMap<String, Arc<Store>>,
    in_order: Vec<Arc<Store>>,
}

fn check_stores(raw: Vec<RawStore>, problems: &mut Collector<'_>) -> Stores {
    let mut names = Seen::default();
    let mut stores = Stores {
        by_name: HashMap::new(),
        in_order: Vec::new(),
    };
    for RawStore { name, path } in raw {
        if let Err(why) = name::check_store(name.get_ref()) {
            problems.at(&name.span(), why);
        }
        names.check("store name", name.get_ref(), &name.span(), problems);
        if !path.get_ref().is_absolute() {
            let path_text = path.get_ref().display().to_string();
            let what =
                format_args!("store path {path_text:?} is not absolute; begin it with \"/\"");
            problems.at(&path.span(), what);
        }
        let store = Arc::new(Store {
            name: name.into_inner(),
            path: path.into_inner(),
        });
        let first = stores.by_name.entry(store.name.clone());
        first.or_insert_with(|| Arc::clone(&store));
        stores.in_order.push(store);
    }
    stores
}

fn check_images(
    raw: Vec<RawImage>,
    prefix: &str,
    stores: &Stores,
    problems: &mut Collector<'_>,
) -> Vec<Arc<Image>> {
    let (mut targets, mut files) = (Seen::default(), Seen::default());
    let mut images = Vec::new();
    for raw in raw {
        let (name_span, file_span) = (raw.name.span(), raw.file.span());
        let Some(image) = check_image(raw, prefix, stores, problems) else {
            continue;
        };
        targets.check("image", &image.to_string(), &name_span, problems);
        let path = image.store.path.join(&image.file);
        files.check("file", &path.display().to_string(), &file_span, problems);
        images.push(Arc::new(image));
    }
    images
}

fn check_image(
    raw: RawImage,
    prefix: &str,
    stores: &Stores,
    problems: &mut Collector<'_>,
) -> Option<Image> {
    if let Err(why) = name::check_image(raw.name.get_ref()) {
        problems.at(&raw.name.span(), why);
    }
    if let Err(why) = image::check_file(raw.file.get_ref()) {
        problems.at(&raw.file.span(), why);
    }
    let block_size = raw.block_size.as_ref().map_or(512, |size| *size.get_ref());
    if let Some(size) = raw
        .block_size
        .filter(|size| !matches!(size.get_ref(), 512 | 4096))
    {
        problems.at(
            &size.span(),
            format_args!("block_size is {block_size}; choose 512 or 4096"),
        );
    }
    let size = raw
        .size
        .and_then(|size| check_size(&size, block_size, raw.block_device, problems));
    let label = check_label(&raw.label, problems);
    let store = find_store(&raw.store, stores, problems);
    let (name, file) = (raw.name.into_inner(), raw.file.into_inner());
    let (label, store) = (label?, store?);
    let target = match name::target(prefix, &store.name, &name) {
        Ok(target) => target,
        Err(why) => {
            problems.at(&raw.store.span(), why);
            return None;
        }
    };
    Some(Image {
        designator: Designator::of(prefix, &store.name, &name),
        name,
        store,
        file,
        label,
        target,
        block_size,
        size,
        read_only: raw.read_only,
        direct: raw.direct,
        block_device: raw.block_device,
    })
}

fn check_size(
    text: &Spanned<String>,
    block_size: u32,
    block_device: bool,
    problems: &mut Collector<'_>,
) -> Option<u64> {
    if block_device {
        problems.at(
            &text.span(),
            "a block device has the size it has; remove size",
        );
        return None;
    }
    match size::parse(text.get_ref()) {
        Ok(size) if size % u64::from(block_size.max(1)) == 0 => Some(size),
        Ok(size) => {
            let what = format_args!("size {size} is not a multiple of the block size {block_size}");
            problems.at(&text.span(), what);
            None
        }
        Err(why) => {
            problems.at(&text.span(), why);
            None
        }
    }
}

fn find_store(
    name: &Spanned<String>,
    stores: &Stores,
    problems: &mut Collector<'_>,
) -> Option<Arc<Store>> {
    let store = stores.by_name.get(name.get_ref());
    if store.is_none() {
        let known: Vec<String> = stores
            .in_order
            .iter()
            .map(|s| format!("{:?}", s.name))
            .collect();
        let known = match known.as_slice() {
            [] => "there is no [[store]] yet".to_owned(),
            known => format!("the stores are {}", known.join(", ")),
        };
        problems.at(
            &name.span(),
            format_args!("unknown store {:?}; {known}", name.get_ref()),
        );
    }
    store.cloned()
}

fn check_identities(raw: Vec<RawIdentity>, problems: &mut Collector<'_>) -> Identities {
    let mut identities = Identities::default();
    let mut networks = Seen::default();
    for RawIdentity { address, label } in raw {
        let label = check_label(&label, problems);
        let network = match address.get_ref().parse() {
            Ok(network) => network,
            Err(why) => {
                problems.at(
                    &address.span(),
                    format_args!("address {:?}: {why}", address.get_ref()),
                );
                continue;
            }
        };
        networks.check("address", &format!("{network}"), &address.span(), problems);
        if let Some(label) = label {
            let name = Text::clean(&format!("address:{network}"));
            // A second identity of one network was reported just now.
            let _ = identities.insert(Arc::new(Identity {
                network,
                name,
                label,
            }));
        }
    }
    identities
}

fn check_label(text: &Spanned<String>, problems: &mut Collector<'_>) -> Option<Label> {
    let label = match text.get_ref().parse::<Label>() {
        Ok(label) => label,
        Err(why) => {
            let example = "write two categories, such as \"s0:c12,c34\"";
            problems.at(
                &text.span(),
                format_args!("label {:?}: {why}; {example}", text.get_ref()),
            );
            return None;
        }
    };
    let length = label.to_string().len();
    if length > MAX_LABEL {
        let what = format_args!("the label has {length} characters; use at most {MAX_LABEL}");
        problems.at(&text.span(), what);
        return None;
    }
    Some(label)
}

/// What must be there only once, and where it was seen first.
#[derive(Default)]
struct Seen(HashMap<String, Range<usize>>);

impl Seen {
    fn check(&mut self, kind: &str, what: &str, span: &Range<usize>, problems: &mut Collector<'_>) {
        if let Some(first) = self.0.get(what) {
            let line = problems.line(first);
            let what = format_args!("{kind} {what:?} is there already, on line {line}; remove one");
            problems.at(span, what);
        } else {
            self.0.insert(what.to_owned(), span.clone());
        }
    }
}
