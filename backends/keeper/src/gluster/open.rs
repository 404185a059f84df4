//! How the volume is connected to, and an image opened.

use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use labelgate_control::{Anchor, GlusterVolume, NotServed, Text};
use labelgate_gluster::{Done, Image, OpenOptions, Server, Volume};
use labelgate_shared::Mailbox;

use super::meaning::not_served;
use crate::backend::Opening;

/// Bytes of stack of a thread that opens an image: the library's own functions run on it.
const STACK: usize = 2 << 20;

/// How long is waited for a lock. Whoever had it, if it was a keeper, is gone; bricks notice when
/// they see its connections end.
const PATIENCE: Duration = Duration::from_secs(8);

/// What a thread has come to.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) image: u32,
    pub(super) result: Result<Image, NotServed>,
}

/// Connects to the volume, on a thread of its own: the library may wait longer than anybody here.
pub(crate) fn connect(on: &GlusterVolume, patience: Duration) -> Result<Volume, Text<256>> {
    let why = |why: &str| {
        let (volume, servers) = (on.volume.as_str(), on.servers.as_str());
        // The list of servers may be longer than all that there is room for.
        Text::clean(&format!("{why}: volume {volume} at {servers}"))
    };
    let servers = Server::list(&on.servers).map_err(|error| why(&error.to_string()))?;
    let (tells, told) = channel();
    let (volume, directory) = (on.volume.clone(), on.directory.clone());
    let thread = thread::Builder::new().name("connect".into());
    let started = thread.spawn(move || {
        // Whoever waits may have given up.
        let _ = tells.send(Volume::connect(&servers, &volume, &directory));
    });
    started.map_err(|error| why(&error.to_string()))?;
    match told.recv_timeout(patience) {
        Ok(connected) => connected.map_err(|error| why(&error.to_string())),
        Err(_) => Err(why("nobody answers")),
    }
}

/// Has a thread open an image, which waits for the volume.
pub(super) fn begin(
    opening: Opening,
    on: &GlusterVolume,
    volume: &Volume,
    done: &Mailbox<Done>,
    opened: &Mailbox<Opened>,
) {
    let image = opening.image;
    let (on, volume, done) = (on.clone(), volume.clone(), done.clone());
    let theirs = opened.clone();
    let thread = thread::Builder::new().name("open".into()).stack_size(STACK);
    let started = thread.spawn(move || {
        let result = open(&opening, &on, &volume, &done);
        theirs.put(Opened { image, result });
    });
    if let Err(error) = started {
        let result = Err(NotServed::Unreachable(Text::clean(&error.to_string())));
        opened.put(Opened { image, result });
    }
}

fn open(
    opening: &Opening,
    on: &GlusterVolume,
    volume: &Volume,
    done: &Mailbox<Done>,
) -> Result<Image, NotServed> {
    let unfit = |why: &str| NotServed::Unfit(Text::clean(why));
    let Anchor::Gluster(anchor) = &opening.anchor else {
        return Err(unfit("its anchor is not one of Gluster's"));
    };
    if anchor.on() != *on {
        return Err(unfit(
            "its anchor leads to another volume than its keeper's",
        ));
    }
    let path = match on.directory.as_str() {
        "" => format!("/{}", anchor.path.as_str()),
        directory => format!("/{directory}/{}", anchor.path.as_str()),
    };
    let options = OpenOptions {
        read_only: opening.read_only,
        make: anchor.make && !opening.read_only && opening.size.is_some(),
        size: opening.size,
        label: &anchor.context,
        patience: PATIENCE,
    };
    let opened = volume.open(&path, options, done);
    opened.map_err(|error| not_served(&error))
}
