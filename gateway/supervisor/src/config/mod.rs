//! The configuration: what it says, checked.
//!
//! A [`Config`] exists only if nothing is wrong with it. Everything wrong is reported at once,
//! with its line and with what to do about it.

mod admin;
mod audit;
mod gateway;
mod identity;
mod image;
mod key_file;
mod label;
mod limits;
mod login;
mod metrics;
mod name;
mod netlabel;
mod nfs;
mod problem;
mod remote;
mod seen;
mod size;
mod squash;
mod store;
mod target;
mod token;
mod written_store;

use std::path::Path;
use std::sync::Arc;

use labelgate_mac::{Categories, Category};
use serde::Deserialize;

pub use admin::AdminSection;
pub use audit::AuditSection;
pub use gateway::{GatewaySection, Provider};
pub use identity::{
    Admission, Grant, Identities, Identity, IdentityClash, LONGEST_CHAP_NAME, LeaseTerm, Proof,
};
pub use image::{Audience, Image};
pub use limits::Limits;
pub use login::{ChapSection, LoginSection};
pub use metrics::MetricsSection;
pub(crate) use name::target;
pub use netlabel::{NetlabelKind, NetlabelSource};
pub use nfs::{NfsSection, Portmap};
pub use problem::{Problem, Problems};
pub use remote::RemoteSection;
pub use squash::Squash;
pub use store::{Place, Pool, Store, Target};
pub use token::{TokenDigest, epoch};

use admin::RawAdmin;
use audit::RawAudit;
use gateway::{RawGateway, Taken};
use identity::RawIdentity;
use image::{RawImage, check_image};
use label::check_label;
use metrics::RawMetrics;
use netlabel::{RawNetlabel, check_netlabels};
use nfs::RawNfs;
use problem::Collector;
use remote::RawRemote;
use seen::Seen;
use written_store::{RawStore, Stores, check_stores};

/// The configuration that is shipped, in which every key is explained.
pub const DEFAULT: &str = include_str!("../../../../deploy/labelgate.toml");

/// A file larger than this is none of ours.
const LONGEST_FILE: u64 = 16 << 20;

/// A configuration with nothing wrong in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// What holds for all labels.
    pub gateway: GatewaySection,
    /// Who may change what is served while the gateway runs.
    pub admin: AdminSection,
    /// Where the audit trail goes.
    pub audit: AuditSection,
    /// Where Prometheus finds the metrics.
    pub metrics: MetricsSection,
    /// Where clients of NFS connect to.
    pub nfs: NfsSection,
    /// Where hosts ask over the network.
    pub remote: RemoteSection,
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
    admin: RawAdmin,
    #[serde(default)]
    audit: RawAudit,
    #[serde(default)]
    metrics: RawMetrics,
    #[serde(default)]
    nfs: RawNfs,
    #[serde(default)]
    remote: RawRemote,
    #[serde(default)]
    store: Vec<RawStore>,
    #[serde(default)]
    image: Vec<RawImage>,
    #[serde(default)]
    identity: Vec<RawIdentity>,
    #[serde(default)]
    netlabel: Vec<RawNetlabel>,
}

impl Config {
    /// Those of the wanted categories, or of all, of which the gateway may make labels itself: those
    /// that belong to no `[[netlabel]]` source.
    #[must_use]
    pub fn own_categories(&self, wanted: Option<Categories>) -> Option<Categories> {
        let mut sources = self.identities.netlabel_sources().peekable();
        if sources.peek().is_none() {
            return wanted;
        }
        let taken: Vec<&Categories> = sources.map(|source| &source.categories).collect();
        let wanted = wanted.unwrap_or_else(Categories::all);
        let free = |category: &Category| !taken.iter().any(|taken| taken.contains(*category));
        Some(wanted.iter().filter(free).collect())
    }

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
        let mut taken = Taken::default();
        let gateway = document.gateway.check(&mut taken, &mut problems);
        let admin = document.admin.check(&gateway.run_dir, &mut problems);
        let audit = document.audit.check(&mut problems);
        let metrics = document.metrics.check(&mut problems);
        let nfs = document
            .nfs
            .check(gateway.provider, &mut taken, &mut problems);
        let remote = document.remote.check(&mut taken, &mut problems);
        let stores = check_stores(document.store, &mut problems);
        let images = check_images(
            document.image,
            &gateway.target_prefix,
            &stores,
            &mut problems,
        );
        let mut identities = check_identities(document.identity, &mut problems);
        check_netlabels(document.netlabel, &mut identities, &mut problems);
        problems.finish(Some(Self {
            gateway,
            admin,
            audit,
            metrics,
            nfs,
            remote,
            stores: stores.in_order,
            images,
            identities,
        }))
    }
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
        let place = image.store.place_of(&image.file);
        files.check("file", &place, &file_span, problems);
        images.push(Arc::new(image));
    }
    images
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
            // A second identity of one network was reported just now.
            let _ = identities.insert(Arc::new(Identity::at(network, label)));
        }
    }
    identities
}
