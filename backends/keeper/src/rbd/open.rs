//! How an image is opened: a thread connects and opens it, its lock is taken, it is grown.

use std::sync::Arc;
use std::thread;

use labelgate_control::{Anchor, NotServed, Text};
use labelgate_rbd::{Completions, Error, Image, OpenOptions};
use labelgate_shared::Mailbox;

use super::cluster::Clusters;
use super::meaning::not_served;
use super::{Errand, Kept, Rbd, shape};
use crate::backend::{Event, Opening};

/// Bytes of stack of a thread that opens an image: the library's own functions run on it.
const STACK: usize = 2 << 20;

/// How far an image has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Locking,
    Growing,
    Open,
}

/// What a thread has come to.
#[derive(Debug)]
pub(super) struct Opened {
    opening: Opening,
    /// What the cluster calls the connection, if there was none before.
    instance: Option<String>,
    result: Result<Image, NotServed>,
}

/// Has a thread connect and open an image: both wait for the cluster.
pub(super) fn begin(
    opening: Opening,
    clusters: Arc<Clusters>,
    completions: Completions,
    opened: Mailbox<Opened>,
) {
    let (image, refused) = (opening.clone(), opened.clone());
    let thread = thread::Builder::new()
        .name("open".into())
        .stack_size(STACK)
        .spawn(move || opened.put(open(image, &clusters, &completions)));
    if let Err(error) = thread {
        refused.put(Opened {
            opening,
            instance: None,
            result: Err(NotServed::Unreachable(Text::clean(&error.to_string()))),
        });
    }
}

fn open(opening: Opening, clusters: &Clusters, completions: &Completions) -> Opened {
    let Anchor::Rbd(anchor) = &opening.anchor else {
        let why = Text::clean("its anchor is another backend's");
        return Opened {
            opening,
            instance: None,
            result: Err(NotServed::Unfit(why)),
        };
    };
    let (cluster, instance) = match clusters.connect(anchor) {
        Ok(connected) => connected,
        Err(error) => {
            let result = Err(not_served(&error));
            return Opened {
                opening,
                instance: None,
                result,
            };
        }
    };
    let options = OpenOptions {
        read_only: opening.read_only,
        image: opening.image.into(),
    };
    let (pool, namespace, name) = (&anchor.pool, &anchor.namespace, &anchor.image);
    let image = cluster.open(pool, namespace, name, options, completions);
    let result = image.map_err(|error| not_served(&error));
    Opened {
        opening,
        instance,
        result,
    }
}

impl Rbd {
    /// A thread has opened an image, or could not.
    pub(super) fn enter(&mut self, opened: Opened) {
        if let Some(instance) = opened.instance {
            let instance = Text::clean(&instance);
            self.news.push_back(Event::Connected(instance));
        }
        let (opening, number) = (opened.opening.clone(), opened.opening.image);
        let image = match opened.result {
            Ok(image) => image,
            Err(why) => return self.news.push_back(Event::Opened(number, Err(why))),
        };
        let read_only = opening.read_only;
        let stage = Stage::Locking;
        self.images.insert(
            number,
            Kept {
                image,
                opening,
                stage,
            },
        );
        if read_only {
            // Others may read it, too.
            return self.go_on(number, Ok(labelgate_rbd::Outcome::Done));
        }
        let tag = self.errand(Errand::Lock(number));
        if let Some(kept) = self.images.get(&number) {
            kept.image.acquire_lock(tag);
        }
    }

    /// A step of its opening has ended.
    pub(super) fn go_on(&mut self, number: u32, result: Result<labelgate_rbd::Outcome, Error>) {
        if let Err(error) = result {
            // It is closed by being dropped.
            self.images.remove(&number);
            let why = not_served(&error);
            return self.news.push_back(Event::Opened(number, Err(why)));
        }
        let Some(kept) = self.images.get_mut(&number) else {
            return;
        };
        let wanted = kept.opening.size.filter(|&size| size > kept.image.size());
        match wanted {
            Some(size) if kept.stage == Stage::Locking => {
                kept.stage = Stage::Growing;
                let tag = self.errand(Errand::Grow(number));
                if let Some(kept) = self.images.get(&number) {
                    kept.image.resize(tag, size, false);
                }
            }
            _ => {
                kept.stage = Stage::Open;
                let shape = shape(&kept.image);
                self.news.push_back(Event::Opened(number, Ok(shape)));
            }
        }
    }
}
