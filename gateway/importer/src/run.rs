//! An importer's life.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use labelgate_control::{
    FromImporter, Handed, ImageFormat, Import, ImportBlame, ImportPhase, ImportSource, ImporterEnd,
    Incoming, List, MAX_STORES, OpenAs, SendError, Text, ToImporter,
};
use labelgate_mac::confinement::{Identity, Profile, Reach, Report as Confinement, confine};

use crate::disk::write_qcow2;
use crate::duplicate::duplicate;
use crate::stream::Stream;
use crate::target::{Limits, Target};
use crate::{Fault, Report, ToSupervisor};

/// Messages before [`ToImporter::Start`]: three files, and directories.
const FILES: u32 = 3 + MAX_STORES;

/// An importer's life: takes its files and its orders from standard input, confines the process,
/// fills the image, and says what came of it.
///
/// To be called first thing in `main`, while the process has one thread.
///
/// # Errors
/// Why the supervisor cannot be told how it ended.
pub fn run() -> io::Result<()> {
    let control = ImporterEnd::from_stdin()?;
    let outcome = Files::receive(&control).and_then(|(files, import)| {
        let confinement = confined(&import, &files.stores)?;
        files.work(&import, &control, &confinement)
    });
    say(
        &control,
        &match outcome {
            Ok(done) => done,
            Err(fault) => FromImporter::Failed {
                blame: fault.blame(),
                reason: Text::clean(&fault.to_string()),
            },
        },
    )
}

fn confined(import: &Import, stores: &[OwnedFd]) -> Result<Confinement, Fault> {
    // The last block may be larger than what is left of the disk.
    let most = import.max_size.max(import.max_data).max(import.min_size);
    let most = most.saturating_add(import.block_size.into());
    let mut profile = Profile::importer(most);
    if !stores.is_empty() {
        profile.reach = Reach::Beneath(stores);
    }
    if import.unprivileged {
        profile.identity = Identity::Shared;
    }
    Ok(confine(&profile)?)
}

/// What it was given.
#[derive(Debug, Default)]
struct Files {
    target: Option<Given>,
    source: Option<Given>,
    spool: Option<Given>,
    stores: Vec<OwnedFd>,
}

/// A file that was handed over.
#[derive(Debug)]
struct Given(Handed, OwnedFd);

impl Given {
    /// Opens it, if that is still to be done; by now the process is confined.
    fn open(self, write: bool) -> Result<File, Fault> {
        let Self(handed, descriptor) = self;
        let how = OpenAs {
            write,
            direct: false,
        };
        Ok(handed.open(descriptor, how)?.into())
    }
}

impl Files {
    fn receive(control: &ImporterEnd) -> Result<(Self, Import), Fault> {
        let mut files = Self::default();
        for _ in 0..=FILES {
            let incoming = control.receive_blocking().map_err(|_| Fault::Abandoned)?;
            let message = match incoming {
                Incoming::Message(message) => message,
                Incoming::Withheld(_) => return Err(Fault::Withheld),
                Incoming::Nothing | Incoming::Closed => return Err(Fault::Abandoned),
            };
            match message {
                ToImporter::Start(import) => return Ok((files, import)),
                ToImporter::Target(how, file) => once(&mut files.target, Given(how, file))?,
                ToImporter::Source(how, file) => once(&mut files.source, Given(how, file))?,
                ToImporter::Spool(how, file) => once(&mut files.spool, Given(how, file))?,
                ToImporter::Store(directory) => files.stores.push(directory),
            }
        }
        Err(Fault::Abandoned)
    }

    fn work(
        self,
        import: &Import,
        control: &ImporterEnd,
        confinement: &Confinement,
    ) -> Result<FromImporter, Fault> {
        let (Some(target), Some(source)) = (self.target, self.source) else {
            return Err(Fault::Abandoned);
        };
        let ready = FromImporter::Ready {
            confinement: words(confinement),
        };
        say(control, &ready).map_err(|_| Fault::Abandoned)?;
        let limits = Limits {
            size: import.max_size,
            data: import.max_data,
            block_size: import.block_size,
        };
        let mut target = Target::new(target.open(true)?, limits);
        let mut report = ToSupervisor::new(control);
        let (format, size) = match import.source {
            ImportSource::File => (
                ImageFormat::Raw,
                duplicate(&source.open(false)?, &mut target, &mut report)?,
            ),
            ImportSource::Stream(format) => {
                let spool = self.spool.ok_or(Fault::Abandoned)?;
                stream(
                    source.open(false)?,
                    format,
                    spool.open(true)?,
                    &mut target,
                    import.max_data,
                    &mut report,
                )?
            }
        };
        target.finish(size, import.min_size)?;
        report.progress(ImportPhase::Flushing, size, Some(size))?;
        target.flush()?;
        Ok(FromImporter::Done {
            format,
            size,
            written: target.written(),
        })
    }
}

/// There is one of each.
fn once(place: &mut Option<Given>, file: Given) -> Result<(), Fault> {
    match place.replace(file) {
        None => Ok(()),
        Some(_) => Err(Fault::Abandoned),
    }
}

fn stream(
    source: File,
    format: Option<ImageFormat>,
    spool: File,
    target: &mut Target,
    max_data: u64,
    report: &mut impl Report,
) -> Result<(ImageFormat, u64), Fault> {
    let stream = Stream::new(source)?;
    let format = format.unwrap_or_else(|| stream.format());
    let size = match format {
        ImageFormat::Raw => stream.write_raw(target, report)?,
        ImageFormat::Qcow2 => {
            let spooled = stream.spool(spool, max_data, report)?;
            write_qcow2(spooled, target, report)?
        }
    };
    Ok((format, size))
}

fn words(confinement: &Confinement) -> List<Text<128>, 16> {
    let entries = confinement.entries().iter().take(Confinement::MAX_ENTRIES);
    let words: Vec<Text<128>> = entries.map(|entry| Text::clean(entry)).collect();
    List::try_from(words).unwrap_or_default()
}

/// Says what must arrive.
fn say(control: &ImporterEnd, message: &FromImporter) -> io::Result<()> {
    loop {
        match control.send(message) {
            Ok(()) => return Ok(()),
            // The supervisor is behind with our progress.
            Err(SendError::WouldBlock) => std::thread::sleep(Duration::from_millis(10)),
            Err(error) => return Err(io::Error::other(error)),
        }
    }
}

impl Fault {
    /// Whose fault it is.
    #[must_use]
    pub fn blame(&self) -> ImportBlame {
        match self {
            Self::Unsupported(_) | Self::Malformed(_) | Self::Empty => ImportBlame::Image,
            Self::TooLarge { .. } | Self::TooMuchData { .. } => ImportBlame::Space,
            Self::File { error, .. } => match error.kind() {
                io::ErrorKind::StorageFull
                | io::ErrorKind::QuotaExceeded
                | io::ErrorKind::FileTooLarge => ImportBlame::Space,
                _ => ImportBlame::Gateway,
            },
            Self::Abandoned | Self::Withheld | Self::NotOpen(_) | Self::Confinement(_) => {
                ImportBlame::Gateway
            }
        }
    }
}
