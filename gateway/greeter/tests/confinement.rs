//! What a greeter can do and what it costs, as the kernel sees it. Needs root, to give it a UID of
//! its own.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a panic in a helper is a failed test, as in the tests themselves"
)]

mod scene;

use std::fs::{read_dir, read_to_string};
use std::process::{Command, Output, Stdio};

use labelgate_control::{FromGreeter, Proof, SupervisorEnd, ToGreeter, pair};
use labelgate_mac::confinement::descriptors::close_on_exec;
use scene::{NAMES, Scene, UID};

/// The most that is a greeter's alone, in KiB.
const MOST_PRIVATE: u64 = 2048;

/// A field of a file of `Name: value` lines.
fn field(file: &str, name: &str) -> String {
    let line = file.lines().find_map(|line| line.strip_prefix(name));
    line.unwrap().trim_start_matches(':').trim().to_owned()
}

fn status(scene: &Scene, name: &str) -> String {
    let path = format!("/proc/{}/status", scene.child.id());
    field(&read_to_string(path).unwrap(), name)
}

/// In KiB.
fn memory(scene: &Scene, name: &str) -> u64 {
    let path = format!("/proc/{}/smaps_rollup", scene.child.id());
    let value = field(&read_to_string(path).unwrap(), name);
    value.strip_suffix(" kB").unwrap().trim().parse().unwrap()
}

#[tokio::test]
async fn before_it_is_given_a_connection_it_can_do_nothing_else() {
    let scene = Scene::ready(Proof::Chap).await;
    assert_eq!(status(&scene, "Seccomp"), "2", "a filter");
    assert_eq!(status(&scene, "NoNewPrivs"), "1");
    // The bounding set is for whoever starts it to empty (`drop_bounding`).
    for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
        assert_eq!(status(&scene, set), "0000000000000000", "{set}");
    }
    let own = [UID; 4].map(|uid| uid.to_string()).join("\t");
    assert_eq!(status(&scene, "Uid"), own);
    assert_eq!(status(&scene, "Gid"), own);
    assert_eq!(status(&scene, "Groups"), "");
    assert_eq!(status(&scene, "Threads"), "1");
    let limits = read_to_string(format!("/proc/{}/limits", scene.child.id())).unwrap();
    let limit = |name: &str| {
        let line = limits.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap().split_whitespace().next().unwrap().to_owned()
    };
    assert_eq!(limit("Max processes"), "0");
    assert_eq!(limit("Max core file size"), "0");
    assert_eq!(limit("Max open files"), "8");
}

#[tokio::test]
async fn it_holds_two_sockets_and_its_standard_descriptors() {
    // As the supervisor does it.
    close_on_exec().unwrap();
    let mut scene = Scene::with(Proof::Address).await;
    // It has its connection once it has answered.
    scene.request_with(0x04, &NAMES);
    scene.answer();
    let path = format!("/proc/{}/fd", scene.child.id());
    let mut numbers: Vec<u32> = read_dir(path)
        .unwrap()
        .map(|entry| {
            entry
                .unwrap()
                .file_name()
                .to_str()
                .unwrap()
                .parse()
                .unwrap()
        })
        .collect();
    numbers.sort_unstable();
    // 0 and 3 are the control socket.
    assert_eq!(numbers, [0, 1, 2, 3, 4]);
}

/// Two of them, so that what they share is not counted as one's own.
#[tokio::test]
async fn it_costs_little_memory() {
    let mut scenes = [Scene::open().await, Scene::open().await];
    let value = "v".repeat(255);
    let unknown: Vec<String> = (0..30).map(|n| format!("X-{n:02}={value}")).collect();
    let unknown: Vec<&str> = unknown.iter().map(String::as_str).collect();
    for scene in &mut scenes {
        scene.request(&[&NAMES[..], &["AuthMethod=CHAP"], &unknown].concat());
        scene.answer();
    }
    for scene in &scenes {
        let [rss, pss, dirty, anonymous] =
            ["Rss", "Pss", "Private_Dirty", "Anonymous"].map(|name| memory(scene, name));
        println!(
            "a greeter in the middle of a login: RSS {rss} KiB, PSS {pss} KiB, of its own {dirty} \
             KiB, anonymous {anonymous} KiB"
        );
        assert!(dirty < MOST_PRIVATE, "{dirty} KiB of its own");
        assert!(anonymous < MOST_PRIVATE, "{anonymous} KiB anonymous");
    }
}

/// Starts it under this identity, with these arguments; what it says confines it, or how it ended.
async fn start(identity: &[&str], arguments: &[&str]) -> Result<Vec<String>, Output> {
    let (ours, theirs) = pair().unwrap();
    let supervisor = SupervisorEnd::<ToGreeter>::new(ours).unwrap();
    let child = Command::new("setpriv")
        .args(identity)
        .arg(env!("CARGO_BIN_EXE_labelgate-greeter"))
        .args(arguments)
        .stdin(Stdio::from(theirs))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let said = supervisor.receive().await.unwrap();
    drop(supervisor);
    let output = child.wait_with_output().unwrap();
    match said {
        Some(FromGreeter::Ready { confinement }) => {
            assert!(output.status.success(), "{}", output.status);
            let words = confinement.iter().map(|words| words.as_str().to_owned());
            Ok(words.collect())
        }
        Some(said) => panic!("{said:?}"),
        None => Err(output),
    }
}

fn refusal(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// With a supervisor that has no privileges to give it a UID of its own.
#[tokio::test]
async fn it_runs_under_the_supervisors_uid_only_when_it_is_told_to() {
    let own = ["--reuid=2100000077", "--regid=2100000077"];
    let alone = [&own[..], &["--clear-groups"]].concat();
    let in_groups = [&own[..], &["--groups=2100000077,2100000078"]].concat();

    let confined = start(&alone, &[]).await.unwrap();
    assert_eq!(confined[0], "uid 2100000077 gid 2100000077");
    for identity in [&in_groups, &alone] {
        let confined = start(identity, &["--unprivileged"]).await.unwrap();
        let expected = "uid 2100000077 gid 2100000077 (the supervisor's)";
        assert_eq!(confined[0], expected);
        assert!(confined.iter().any(|words| words.contains("(greeter)")));
    }

    for identity in [&in_groups[..], &["--reuid=0"]] {
        let words = refusal(&start(identity, &[]).await.unwrap_err());
        assert!(words.contains("not confined"), "{words}");
    }
}

#[tokio::test]
async fn other_arguments_are_none() {
    let alone = ["--reuid=2100000077", "--regid=2100000077", "--clear-groups"];
    for arguments in [&["--privileged"][..], &["--unprivileged", "x"], &[""]] {
        let words = refusal(&start(&alone, arguments).await.unwrap_err());
        assert!(words.contains("started by labelgated"), "{words}");
    }
}
