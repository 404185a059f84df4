//! The program itself, confined, and left alone by its supervisor.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic in a helper is a failed test, as in the tests themselves"
)]

use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use labelgate_control::{
    FromImporter, Handed, Import, ImportSource, SupervisorEnd, ToImporter, pair,
};

struct Bench {
    child: Child,
    control: SupervisorEnd<ToImporter>,
}

impl Bench {
    fn start() -> Self {
        let (ours, theirs) = pair().unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_labelgate-importer"))
            .env_clear()
            .stdin(Stdio::from(theirs))
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let control = SupervisorEnd::new(ours).unwrap();
        Self { child, control }
    }

    async fn tell(&self, message: ToImporter) {
        self.control.send(message).await.unwrap();
    }

    async fn hear(&self) -> Option<FromImporter> {
        self.control.receive().await.unwrap()
    }

    /// Waits for its end, which must come by itself.
    fn end(mut self) -> ExitStatus {
        drop(self.control);
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            if start.elapsed() > Duration::from_secs(20) {
                self.child.kill().unwrap();
                panic!("it goes on");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

fn import() -> Import {
    Import {
        source: ImportSource::Stream(None),
        min_size: 0,
        max_size: 1 << 40,
        max_data: 1 << 40,
        block_size: 512,
        unprivileged: true,
    }
}

fn nameless() -> OwnedFd {
    tempfile::tempfile().unwrap().into()
}

#[tokio::test]
async fn it_does_nothing_without_its_files_and_its_orders() {
    let unasked = Bench::start();
    assert_eq!(unasked.end().signal(), None);

    let without_files = Bench::start();
    without_files.tell(ToImporter::Start(import())).await;
    assert!(matches!(
        without_files.hear().await,
        Some(FromImporter::Failed { .. })
    ));
    assert!(without_files.end().success());

    let without_end = Bench::start();
    for _ in 0..2 {
        without_end
            .tell(ToImporter::Target(Handed::Opened, nameless()))
            .await;
    }
    assert!(matches!(
        without_end.hear().await,
        Some(FromImporter::Failed { .. })
    ));
}

#[tokio::test]
async fn it_opens_what_it_is_led_to_beneath_its_stores() {
    use rustix::fs::{Mode, OFlags, open};
    let [store, elsewhere] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let path_only = |path: &Path| open(path, OFlags::PATH, Mode::empty()).unwrap();
    let file = |directory: &Path, name: &str, bytes: &[u8]| {
        let path = directory.join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let image = file(store.path(), "image", &[7; 4096]);
    for (target, well) in [
        (file(store.path(), "target", b""), true),
        (file(elsewhere.path(), "target", b""), false),
    ] {
        let bench = Bench::start();
        bench.tell(ToImporter::Store(path_only(store.path()))).await;
        bench
            .tell(ToImporter::Source(Handed::Path, path_only(&image)))
            .await;
        bench
            .tell(ToImporter::Target(Handed::Path, path_only(&target)))
            .await;
        let file = ImportSource::File;
        let orders = Import {
            source: file,
            ..import()
        };
        bench.tell(ToImporter::Start(orders)).await;
        let end = loop {
            match bench.hear().await.unwrap() {
                FromImporter::Ready { .. } | FromImporter::Progress(_) => {}
                end => break end,
            }
        };
        assert_eq!(matches!(end, FromImporter::Done { .. }), well, "{end:?}");
        let filled = std::fs::read(&target).unwrap();
        assert_eq!(filled == [7; 4096], well);
    }
}

#[tokio::test]
async fn it_says_that_it_is_confined_before_it_begins() {
    let bench = Bench::start();
    let (source, mut pipe) = std::io::pipe().unwrap();
    bench
        .tell(ToImporter::Source(Handed::Opened, source.into()))
        .await;
    bench
        .tell(ToImporter::Spool(Handed::Opened, nameless()))
        .await;
    bench
        .tell(ToImporter::Target(Handed::Opened, nameless()))
        .await;
    bench.tell(ToImporter::Start(import())).await;
    let Some(FromImporter::Ready { confinement }) = bench.hear().await else {
        panic!("not ready");
    };
    assert!(
        confinement
            .iter()
            .any(|words| words.contains("(importer), others kill"))
    );
    assert!(confinement.iter().any(|words| words.contains("no files")));
    pipe.write_all(&[1; 1000]).unwrap();
    drop(pipe);
    loop {
        match bench.hear().await {
            Some(FromImporter::Done { size, written, .. }) => {
                assert_eq!((size, written), (1000, 1000));
                break;
            }
            Some(FromImporter::Progress(_)) => {}
            said => panic!("{said:?}"),
        }
    }
    assert!(bench.end().success());
}

/// As when the supervisor is killed: the pipe ends like that of a complete image.
#[tokio::test]
async fn it_does_not_go_on_for_nobody() {
    // A disk of 2^38 bytes, all of it one cluster: it would take minutes.
    let bench = Bench::start();
    let (source, mut pipe) = std::io::pipe().unwrap();
    let target = nameless();
    bench
        .tell(ToImporter::Source(Handed::Opened, source.into()))
        .await;
    bench
        .tell(ToImporter::Spool(Handed::Opened, nameless()))
        .await;
    bench
        .tell(ToImporter::Target(
            Handed::Opened,
            target.try_clone().unwrap(),
        ))
        .await;
    bench.tell(ToImporter::Start(import())).await;
    assert!(matches!(
        bench.hear().await,
        Some(FromImporter::Ready { .. })
    ));
    let mut image = b"QFI\xfb".to_vec();
    image.extend(2_u32.to_be_bytes());
    image.extend([0; 12]);
    image.extend(21_u32.to_be_bytes());
    image.extend((1_u64 << 38).to_be_bytes());
    image.extend(0_u32.to_be_bytes());
    image.extend(1_u32.to_be_bytes());
    image.extend((2_u64 << 20).to_be_bytes());
    image.resize(2 << 20, 0);
    image.extend((4_u64 << 20).to_be_bytes());
    image.resize(4 << 20, 0);
    // Every cluster is one of zeros, which takes no space.
    for _ in 0..1 << 18 {
        image.extend((6_u64 << 20).to_be_bytes());
    }
    image.resize(8 << 20, 0);
    let feeder = std::thread::spawn(move || {
        let _ = pipe.write_all(&image);
    });
    let mut writing = false;
    while !writing {
        match bench.hear().await {
            Some(FromImporter::Progress(now)) => writing = now.total.is_some(),
            said => panic!("{said:?}"),
        }
    }
    let status = bench.end();
    assert!(!status.success() && status.signal().is_none(), "{status}");
    feeder.join().unwrap();
}
