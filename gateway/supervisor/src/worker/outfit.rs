//! What a new worker is started with, and what it is told first.

use std::collections::BTreeSet;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use labelgate_control::{Bytes, Configure, Handed, MAX_STORES, Text, ToWorker};
use labelgate_pages::Page;

use super::keepers::KeptStart;
use super::process::Launch;
use super::service::Service;
use super::trees::Trees;
use crate::image::open_directory;
use crate::metrics::LabelMeter;

/// A worker must be serving after this long. Images that are still locked by a predecessor have
/// been given up before that.
const START_PATIENCE: Duration = Duration::from_secs(30);

/// What a worker is started with.
pub(super) struct Outfit<'a> {
    pub(super) launch: Launch<'a>,
    pub(super) trees: Trees,
    /// Where it counts.
    pub(super) counters: (Page, OwnedFd),
    pub(super) kept: Option<KeptStart>,
    /// What it is told of what it shares with keepers.
    pub(super) shared: Vec<ToWorker>,
}

impl Service {
    /// Everything that a new worker is started with.
    pub(super) fn outfit(&self, now: Instant) -> io::Result<Outfit<'_>> {
        let uids = self.shared.uids.as_ref();
        let uid = uids.map(|uids| uids.of(&self.label)).transpose();
        let uid = uid.map_err(io::Error::other)?;
        let place = self.shared.room.take().map_err(io::Error::other)?;
        let mut trees = self.trees();
        let ids = self.ids_for(&mut trees);
        let slots = LabelMeter::slots_for(self.wanted().len() + trees.len());
        let counters = Page::create(slots)?;
        let kept = self.prepare_slots(now)?;
        let shared = kept.as_ref().map(Self::introduce_slots).transpose()?;
        Ok(Outfit {
            launch: Launch {
                program: &self.shared.program,
                label: &self.label,
                context: self.shared.provider.worker(&self.label),
                uid,
                ids,
                cgroups: self.shared.cgroups.as_deref(),
                until: now + START_PATIENCE,
                place,
            },
            trees,
            counters,
            kept,
            shared: shared.unwrap_or_default(),
        })
    }

    pub(super) fn configuration(
        &self,
        (stores, trees, keepers): (usize, usize, usize),
        mapped: bool,
    ) -> Configure {
        let section = &self.shared.section;
        let context = self.shared.provider.worker(&self.label);
        let identities = Arc::clone(&self.shared.identities.borrow());
        let key = identities.handle_key(&self.label);
        Configure {
            label: self.label.clone(),
            driver: section.driver,
            pool_bytes: section.pool_bytes,
            max_connections: section.limits.connections_per_label,
            stores: u32::try_from(stores).unwrap_or(u32::MAX),
            trees: u32::try_from(trees).unwrap_or(u32::MAX),
            mapped,
            keepers: u32::try_from(keepers).unwrap_or(u32::MAX),
            unprivileged: self.shared.uids.is_none(),
            // One that is too long is cut, and then it is none that a worker is in.
            context: context.map(|context| Text::clean(&context.to_string())),
            // Without one, which those in force always have, it does not start.
            handle_key: key
                .and_then(|key| Bytes::try_from(&key.expose()[..]).ok())
                .unwrap_or_default(),
            bind_handles: self.shared.nfs.bind_handles,
        }
    }

    /// The stores of the images that the worker will have to open itself. One that cannot be opened
    /// is left out: nor can its images.
    pub(super) fn stores(&self) -> Vec<(PathBuf, OwnedFd)> {
        let wanted = self.wanted();
        let led_to = wanted.iter().filter(|image| {
            let manner = self.shared.manner(image);
            manner.is_ok_and(|manner| manner.handed() == Handed::Path)
        });
        let paths: BTreeSet<&Path> = led_to.filter_map(|image| image.store.directory()).collect();
        let most = usize::try_from(MAX_STORES).unwrap_or(usize::MAX);
        let open = |path: &Path| Some((path.to_owned(), open_directory(path).ok()?));
        paths.into_iter().filter_map(open).take(most).collect()
    }
}
