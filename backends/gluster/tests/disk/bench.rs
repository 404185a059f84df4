//! A volume, a connection, memory, and waiting for what ends.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use labelgate_fixtures::peer::Gluster;
use labelgate_fixtures::process::{command, run};
use labelgate_gluster::{Done, Error, Image, Kind, OpenOptions, Outcome, Server, Volume};
use labelgate_shared::{Mailbox, Memory, Place};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// How long anything may take.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);
/// The label of every image.
pub(crate) const LABEL: &str = "system_u:object_r:labelgate_image_t:s0:c1,c2";
/// How much memory there is, in bytes.
const ROOM: usize = 32 << 20;

/// What an error means; a failed test if there is none.
#[track_caller]
pub(crate) fn kind<T: std::fmt::Debug>(result: Result<T, Error>) -> Kind {
    match result {
        Ok(fine) => panic!("no error but {fine:?}"),
        Err(error) => error.kind(),
    }
}

pub(crate) struct Bench {
    pub(crate) gluster: Gluster,
    pub(crate) volume: Volume,
    pub(crate) done: Mailbox<Done>,
    memory: Memory,
    ended: HashMap<u64, Result<Outcome, Error>>,
    next: u64,
}

impl Bench {
    pub(crate) fn start() -> Self {
        let gluster = Gluster::start().unwrap();
        let volume = Self::connect(&gluster).unwrap();
        Self {
            gluster,
            volume,
            done: Mailbox::new().unwrap(),
            memory: Memory::anonymous(ROOM).unwrap(),
            ended: HashMap::new(),
            next: 0,
        }
    }

    /// Another connection.
    pub(crate) fn connect(gluster: &Gluster) -> Result<Volume, Error> {
        let servers = Server::list(&gluster.address().to_string()).unwrap();
        Volume::connect(&servers, gluster.volume(), "")
    }

    pub(crate) const fn options() -> OpenOptions<'static> {
        OpenOptions {
            read_only: false,
            make: false,
            size: None,
            label: LABEL,
            patience: Duration::ZERO,
        }
    }

    pub(crate) fn open_by(
        &self,
        volume: &Volume,
        name: &str,
        options: OpenOptions<'_>,
    ) -> Result<Image, Error> {
        volume.open(name, options, &self.done)
    }

    /// A new image, opened.
    pub(crate) fn image(&self, name: &str, size: u64) -> Image {
        let options = OpenOptions {
            make: true,
            size: Some(size),
            ..Self::options()
        };
        self.open_by(&self.volume, name, options).unwrap()
    }

    /// Where the brick has a file.
    pub(crate) fn on_brick(&self, name: &str) -> PathBuf {
        self.gluster.brick(self.gluster.volume(), 0).join(name)
    }

    /// What another client reads, as QEMU's tool compares it.
    pub(crate) fn seen(&self, name: &str, commands: &[&str]) -> Result<(), String> {
        let mut client: Command = command("qemu-io");
        client.args(["-r", "-f", "raw"]);
        for command in commands {
            client.args(["-c", command]);
        }
        client.arg(self.gluster.qemu_name(name));
        let read = run(&mut client, LIMIT).map_err(|failure| failure.to_string())?;
        match read.status.success() && !read.output().contains("failed") {
            true => Ok(()),
            false => Err(read.output()),
        }
    }

    /// A tag that was not used before.
    pub(crate) fn tag(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    pub(crate) fn place(&self, at: usize, length: usize) -> Place {
        self.memory.place(at as u64, length as u64).unwrap()
    }

    pub(crate) fn put(&self, at: usize, bytes: &[u8]) {
        assert!(self.place(at, bytes.len()).copy_in(0, bytes));
    }

    pub(crate) fn get(&self, at: usize, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        assert!(self.place(at, length).copy_out(0, &mut bytes));
        bytes
    }

    /// Takes what has ended, after waiting for something to for at most this long.
    pub(crate) fn gather(&mut self, limit: Duration) {
        let mut polled = [PollFd::new(&self.done, PollFlags::IN)];
        let limit = Timespec::try_from(limit).unwrap();
        poll(&mut polled, Some(&limit)).unwrap();
        for Done { tag, result } in self.done.take() {
            let twice = self.ended.insert(tag, result);
            assert_eq!(twice, None, "operation {tag} has ended twice");
        }
    }

    /// What has become of an operation, if it has ended by then.
    pub(crate) fn within(&mut self, tag: u64, limit: Duration) -> Option<Result<Outcome, Error>> {
        let begun = Instant::now();
        self.gather(Duration::ZERO);
        while !self.ended.contains_key(&tag) && begun.elapsed() < limit {
            self.gather(limit.saturating_sub(begun.elapsed()));
        }
        self.ended.remove(&tag)
    }

    /// Waits for an operation's end.
    #[track_caller]
    pub(crate) fn wait(&mut self, tag: u64) -> Result<Outcome, Error> {
        let ended = self.within(tag, LIMIT);
        ended.unwrap_or_else(|| panic!("operation {tag} does not end"))
    }

    /// Writes and waits.
    pub(crate) fn write(&mut self, image: &Image, offset: u64, bytes: &[u8]) -> Result<(), Error> {
        self.put(0, bytes);
        let tag = self.tag();
        image.write(tag, offset, self.place(0, bytes.len()), false)?;
        self.wait(tag).map(drop)
    }

    /// Reads and waits.
    pub(crate) fn read(
        &mut self,
        image: &Image,
        offset: u64,
        length: usize,
    ) -> Result<Vec<u8>, Error> {
        self.put(0, &vec![0xee; length]);
        let tag = self.tag();
        image.read(tag, offset, self.place(0, length))?;
        self.wait(tag)?;
        Ok(self.get(0, length))
    }

    /// Begins something that has no error, and waits for its end.
    pub(crate) fn ask(&mut self, begin: impl FnOnce(u64)) -> Result<Outcome, Error> {
        let tag = self.tag();
        begin(tag);
        self.wait(tag)
    }

    /// Begins something, and waits for its end.
    pub(crate) fn run(
        &mut self,
        begin: impl FnOnce(u64) -> Result<(), Error>,
    ) -> Result<Outcome, Error> {
        let tag = self.tag();
        begin(tag)?;
        self.wait(tag)
    }

    pub(crate) fn close(&mut self, image: Image) {
        self.ask(|tag| image.close(tag)).unwrap();
    }
}
