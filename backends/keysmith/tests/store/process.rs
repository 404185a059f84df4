//! The process itself, confined, and its supervisor's end.

use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use labelgate_control::{
    ConfigureKeysmith, FromKeysmith, KeyScope, KeysmithAnswer, KeysmithRefusal, KeysmithTask,
    Secret, SupervisorEnd, ToKeysmith, pair,
};
use labelgate_fixtures::procfs;

use crate::bench::text;
use crate::keeper::Keeper;
use crate::{Bench, name};

struct Process {
    child: Child,
    control: SupervisorEnd<ToKeysmith>,
    next: u64,
}

impl Process {
    fn start() -> Self {
        let (ours, theirs) = pair().unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_labelgate-keysmith"))
            .env_clear()
            .stdin(Stdio::from(theirs))
            // It may write no file, which ours may be.
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let control = SupervisorEnd::new(ours).unwrap();
        Self {
            child,
            control,
            next: 0,
        }
    }

    async fn configured(configure: &ConfigureKeysmith) -> Self {
        let process = Self::start();
        process.tell(ToKeysmith::Configure(configure.clone())).await;
        let said = process.hear().await;
        let Some(FromKeysmith::Ready {
            confinement,
            instance,
            ..
        }) = said
        else {
            panic!("{said:?}");
        };
        println!("{confinement:?} as {instance}");
        process
    }

    async fn tell(&self, message: ToKeysmith) {
        self.control.send(message).await.unwrap();
    }

    async fn hear(&self) -> Option<FromKeysmith> {
        let heard = tokio::time::timeout(Duration::from_secs(60), self.control.receive());
        heard.await.expect("it says nothing").unwrap()
    }

    async fn begin(&mut self, task: KeysmithTask) -> u64 {
        self.next += 1;
        let request = self.next;
        self.tell(ToKeysmith::Request { request, task }).await;
        request
    }

    async fn answer(&self) -> (u64, Result<KeysmithAnswer, KeysmithRefusal>) {
        match self.hear().await {
            Some(FromKeysmith::Answer { request, result }) => {
                (request, result.map_err(|(why, _)| why))
            }
            other => panic!("no answer but {other:?}"),
        }
    }

    async fn ask(&mut self, task: KeysmithTask) -> Result<KeysmithAnswer, KeysmithRefusal> {
        let asked = self.begin(task).await;
        let (answered, result) = self.answer().await;
        assert_eq!(answered, asked);
        result
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

#[tokio::test]
async fn it_works_confined_and_ends_with_its_supervisor() {
    let bench = Bench::start();
    let mut process = Process::configured(&bench.configure).await;
    let status = procfs::status(process.child.id()).unwrap();
    println!("{status:?}, {:?} bytes", procfs::memory(process.child.id()));
    assert_eq!((&*status.seccomp, &*status.no_new_privs), ("2", "1"));
    assert_eq!(status.capabilities.trim_start_matches('0'), "");
    let create = KeysmithTask::CreateImage {
        name: name("ns", "disk"),
        size: 8 << 20,
        object_size: Some(20),
    };
    assert_eq!(process.ask(create).await, Ok(KeysmithAnswer::Done));
    let make = KeysmithTask::MakeKey {
        entity: text("labelgate.a"),
        scope: KeyScope::Namespace(text("ns")),
    };
    let Ok(KeysmithAnswer::Key(key)) = process.ask(make).await else {
        panic!("no key");
    };
    let mut keeper = Keeper::connect(&bench, "labelgate.a", key.reveal()).unwrap();
    keeper.open("ns", "disk", false).unwrap();
    keeper.do_everything().unwrap();
    keeper.write(0).unwrap();
    let name = || name("ns", "disk");
    let resize = KeysmithTask::ResizeImage {
        name: name(),
        size: 16 << 20,
        shrink: false,
    };
    assert_eq!(process.ask(resize).await, Ok(KeysmithAnswer::Done));
    let fence = bench.fence("labelgate.a", &[&keeper.cluster.instance().unwrap()]);
    let fenced = process.ask(fence).await;
    assert!(matches!(
        fenced,
        Ok(KeysmithAnswer::Excluded { instances: 1, .. })
    ));
    let revoked = process.ask(bench.revoke("labelgate.a")).await;
    assert!(matches!(revoked, Ok(KeysmithAnswer::Excluded { .. })));
    drop(keeper);
    let remove = KeysmithTask::RemoveImage { name: name() };
    assert_eq!(process.ask(remove).await, Ok(KeysmithAnswer::Done));
    assert!(process.end().success());
}

#[tokio::test]
async fn what_takes_long_holds_up_nothing_else() {
    let mut bench = Bench::start();
    bench.create("ns", "disk", 8 << 20);
    let mut process = Process::configured(&bench.configure).await;
    bench.ceph.freeze_osd(0).unwrap();
    let list = || KeysmithTask::ListImages {
        namespace: text("ns"),
        after: text(""),
    };
    let mut waiting = Vec::new();
    for _ in 0..5 {
        waiting.push(process.begin(list()).await);
    }
    // The monitors are there, and need no OSD for this.
    let begun = Instant::now();
    let entity = bench.revoke("labelgate.none");
    let revoked = process.ask(entity).await;
    assert!(
        matches!(revoked, Ok(KeysmithAnswer::Excluded { .. })),
        "{revoked:?}"
    );
    println!("revoked after {:?}, with the OSD frozen", begun.elapsed());
    assert!(begun.elapsed() < Duration::from_secs(5));
    bench.ceph.thaw_osd(0).unwrap();
    for _ in 0..5 {
        let (request, result) = process.answer().await;
        assert!(waiting.contains(&request));
        assert!(
            matches!(result, Ok(KeysmithAnswer::Images { .. })),
            "{result:?}"
        );
    }
    assert!(process.end().success());
}

#[tokio::test]
async fn it_says_why_it_cannot_work() {
    let bench = Bench::start();
    let said = async |configure: ConfigureKeysmith| {
        let process = Process::start();
        process.tell(ToKeysmith::Configure(configure)).await;
        let Some(FromKeysmith::Failed { why, reason }) = process.hear().await else {
            panic!("it works");
        };
        println!("{why:?}: {reason}");
        assert!(!reason.contains(bench.configure.key.reveal()));
        assert_eq!(process.end().code(), Some(1));
        why
    };
    let wrong_key = ConfigureKeysmith {
        key: Secret::new(bench.ceph.admin_key()).unwrap(),
        ..bench.configure.clone()
    };
    assert_eq!(said(wrong_key).await, KeysmithRefusal::Permission);
    let no_pool = ConfigureKeysmith {
        pool: text("none"),
        ..bench.configure.clone()
    };
    assert_eq!(said(no_pool).await, KeysmithRefusal::NotFound);
    let evil_pool = ConfigureKeysmith {
        pool: text("a b"),
        ..bench.configure.clone()
    };
    assert_eq!(said(evil_pool).await, KeysmithRefusal::Unfit);
    let context = ConfigureKeysmith {
        context: Some(text("system_u:system_r:labelgate_keysmith_t:s0")),
        ..bench.configure.clone()
    };
    assert_eq!(said(context).await, KeysmithRefusal::Confinement);
}

#[tokio::test]
async fn without_its_supervisors_word_it_does_nothing() {
    let unasked = Process::start();
    let status = unasked.end();
    assert_eq!((status.code(), status.signal()), (Some(1), None));
    let mut unconfigured = Process::start();
    let list = KeysmithTask::ListImages {
        namespace: text(""),
        after: text(""),
    };
    unconfigured.begin(list).await;
    assert_eq!(unconfigured.hear().await, None);
    assert_eq!(unconfigured.end().code(), Some(1));
}
