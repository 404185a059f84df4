//! RPC clients before it is known who they are, under the real confinement: a system call that its
//! filter lacks would kill the greeter. Needs root, to give it a UID of its own.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic in a helper is a failed test, as in the tests themselves"
)]

mod scene;

use std::io::{Read, Write};
use std::net::Shutdown;
use std::time::Duration;

use labelgate_control::{
    Bytes, FromGreeter, HandleRefusal, MountRefusal, Protocol, Services, ToGreeter,
};
use labelgate_nfs::mount::{self, DirPath, MntReply, MountStat, Mounted};
use labelgate_nfs::portmap::{self, Mapping};
use labelgate_nfs::record::Mark;
use labelgate_nfs::rpc::{Accepted, CallHeader, Credential, Reply};
use labelgate_nfs::v3::{self, FileHandle, Procedure};
use labelgate_nfs::xdr::Encode;
use scene::Scene;

const SERVICES: Services = Services {
    nfs_port: 2049,
    mount_port: 2049,
};
const NFS: (u32, u32) = (v3::PROGRAM, v3::VERSION);
const MOUNT: (u32, u32) = (mount::PROGRAM, mount::VERSION);
const HANDLE: [u8; 48] = [5; 48];
const XID: u32 = 0x1234_5678;

async fn scene() -> Scene {
    Scene::speaking(Protocol::Rpc(SERVICES)).await
}

fn record(message: &[u8]) -> Vec<u8> {
    [&Mark::whole(message.len()).unwrap().encode(), message].concat()
}

fn call((program, version): (u32, u32), procedure: u32, arguments: &[u8]) -> Vec<u8> {
    let header = CallHeader {
        xid: XID,
        program,
        version,
        procedure,
        credential: Credential::None,
    };
    record(&[&header.to_bytes(), arguments].concat())
}

fn mnt(path: &str) -> Vec<u8> {
    let path = DirPath::new(path.as_bytes()).unwrap();
    call(MOUNT, mount::procedure::MNT, &path.to_bytes())
}

fn with_handle(procedure: Procedure, rest: &[u8]) -> Vec<u8> {
    let handle = FileHandle::new(&HANDLE).unwrap().to_bytes();
    call(NFS, procedure.number(), &[&handle, rest].concat())
}

fn send(scene: &mut Scene, bytes: &[u8]) {
    scene.client.write_all(bytes).unwrap();
}

/// The next reply, which is one fragment.
fn reply(scene: &mut Scene) -> Vec<u8> {
    let mut mark = [0; Mark::SIZE];
    scene.client.read_exact(&mut mark).unwrap();
    let mark = Mark::parse(mark);
    assert!(mark.is_last());
    let mut message = vec![0; usize::try_from(mark.length()).unwrap()];
    scene.client.read_exact(&mut message).unwrap();
    message
}

fn accepted(accepted: Accepted) -> Vec<u8> {
    Reply::accepted(XID, accepted).to_bytes()
}

/// The client has said all it wanted.
async fn end(mut scene: Scene) {
    scene.client.shutdown(Shutdown::Write).unwrap();
    assert_eq!(scene.hear().await, FromGreeter::Ended);
    assert!(scene.exit().success());
}

async fn shown(scene: &Scene) -> Vec<u8> {
    match scene.hear().await {
        FromGreeter::Handle(handle) => handle.to_vec(),
        said => panic!("no handle is shown: {said:?}"),
    }
}

/// The greeter is dismissed, and these bytes are all for the worker to read.
fn is_left_unread(mut scene: Scene, bytes: &[u8]) {
    scene.abandon();
    assert!(scene.exit().success());
    let mut left = vec![0; bytes.len()];
    let long = Some(Duration::from_secs(20));
    scene.copy.set_read_timeout(long).unwrap();
    scene.copy.read_exact(&mut left).unwrap();
    assert!(left == bytes, "not a byte of it is gone");
}

#[tokio::test]
async fn ports_are_told_to_who_asks_for_them_and_nothing_else() {
    let mut scene = Scene::speaking(Protocol::Portmap(SERVICES)).await;
    let wanted = Mapping {
        program: v3::PROGRAM,
        version: v3::VERSION,
        protocol: 6,
        port: 0,
    };
    let getport = portmap::procedure::GETPORT;
    let portmap = (portmap::PROGRAM, portmap::PORT_MAPPER);
    send(&mut scene, &call(portmap, getport, &wanted.to_bytes()));
    assert_eq!(reply(&mut scene), Reply::success(XID, &2049_u32));

    send(
        &mut scene,
        &call(portmap, portmap::procedure::SET, &wanted.to_bytes()),
    );
    let refused = reply(&mut scene);
    assert_ne!(refused, Reply::success(XID, &true));
    send(&mut scene, &mnt("/token"));
    assert_eq!(reply(&mut scene), accepted(Accepted::ProgUnavail));
    end(scene).await;
}

#[tokio::test]
async fn a_mount_is_the_supervisors_to_judge() {
    let mut scene = scene().await;
    send(&mut scene, &call(MOUNT, mount::procedure::NULL, &[]));
    assert_eq!(reply(&mut scene), Reply::success(XID, &()));
    send(&mut scene, &mnt("/token/"));
    let asked = FromGreeter::Mount {
        xid: XID,
        token: Bytes::try_from(&b"token"[..]).unwrap(),
        rest: Bytes::default(),
    };
    assert_eq!(scene.hear().await, asked);
    let root = Bytes::try_from(&HANDLE[..]).unwrap();
    scene.tell(ToGreeter::Mounted(Ok(root))).await;
    let mounted = MntReply::Mounted(Mounted(HANDLE));
    assert_eq!(reply(&mut scene), Reply::success(XID, &mounted));
    end(scene).await;
}

#[tokio::test]
async fn a_mount_that_is_refused_ends_the_connection() {
    for (path, token, rest, why, told) in [
        (
            "/token",
            "token",
            "",
            MountRefusal::Access,
            MountStat::Acces,
        ),
        ("/", "", "", MountRefusal::Access, MountStat::Acces),
        (
            "//a/b\n/c",
            "a",
            "b\n/c",
            MountRefusal::NoEntry,
            MountStat::NoEnt,
        ),
    ] {
        let mut scene = scene().await;
        send(&mut scene, &mnt(path));
        let asked = FromGreeter::Mount {
            xid: XID,
            token: Bytes::try_from(token.as_bytes()).unwrap(),
            rest: Bytes::try_from(rest.as_bytes()).unwrap(),
        };
        assert_eq!(scene.hear().await, asked);
        scene.tell(ToGreeter::Mounted(Err(why))).await;
        let refused = MntReply::Refused(told);
        assert_eq!(reply(&mut scene), Reply::success(XID, &refused));
        scene.refused().await;
        assert!(scene.exit().success());
    }
}

/// It reads nothing more of the connection, which the worker answers.
#[tokio::test]
async fn a_mount_that_only_a_worker_can_judge_is_left_to_it() {
    let mut scene = scene().await;
    let next = call(MOUNT, mount::procedure::NULL, &[]);
    send(&mut scene, &[mnt("/token/vms/d"), next].concat());
    let asked = FromGreeter::Mount {
        xid: XID,
        token: Bytes::try_from(&b"token"[..]).unwrap(),
        rest: Bytes::try_from(&b"vms/d"[..]).unwrap(),
    };
    assert_eq!(scene.hear().await, asked);
    scene.abandon();
    assert!(scene.exit().success());
}

/// One that is cut to what a message holds might be somebody's.
#[tokio::test]
async fn a_token_that_is_longer_than_any_is_nobodys_without_a_question() {
    let mut scene = scene().await;
    send(&mut scene, &mnt(&format!("/{}", "t".repeat(65))));
    let refused = MntReply::Refused(MountStat::Acces);
    assert_eq!(reply(&mut scene), Reply::success(XID, &refused));
    scene.refused().await;
    assert!(scene.exit().success());
}

#[tokio::test]
async fn a_call_with_a_file_handle_is_left_to_the_worker() {
    let mut scene = scene().await;
    let null = call(NFS, Procedure::Null.number(), &[]);
    let fsinfo = with_handle(Procedure::FsInfo, &[]);
    let getattr = with_handle(Procedure::GetAttr, &[]);
    send(&mut scene, &[&null[..], &fsinfo, &getattr].concat());
    assert_eq!(reply(&mut scene), Reply::success(XID, &()));
    assert_eq!(shown(&scene).await, HANDLE);
    is_left_unread(scene, &[fsinfo, getattr].concat());
}

#[tokio::test]
async fn a_call_that_comes_byte_by_byte_is_waited_for() {
    let mut scene = scene().await;
    scene.client.set_nodelay(true).unwrap();
    let getattr = with_handle(Procedure::GetAttr, &[]);
    for byte in &getattr {
        send(&mut scene, &[*byte]);
        std::thread::sleep(Duration::from_micros(500));
    }
    assert_eq!(shown(&scene).await, HANDLE);
    is_left_unread(scene, &getattr);
}

#[tokio::test]
async fn the_data_of_a_write_is_not_waited_for() {
    let mut scene = scene().await;
    let write = with_handle(Procedure::Write, &[0; 1 << 20]);
    let sent = &write[..60_000];
    send(&mut scene, sent);
    assert_eq!(shown(&scene).await, HANDLE);
    is_left_unread(scene, sent);
}

#[tokio::test]
async fn a_client_is_told_that_its_handle_is_no_good() {
    for (why, status) in [
        (HandleRefusal::Stale, 70_u32),
        (HandleRefusal::Malformed, 10_001),
    ] {
        let mut scene = scene().await;
        send(&mut scene, &with_handle(Procedure::GetAttr, &[]));
        assert_eq!(shown(&scene).await, HANDLE);
        scene.tell(ToGreeter::HandleRefused(why)).await;
        assert_eq!(reply(&mut scene), Reply::success(XID, &status));
        scene.refused().await;
        assert!(scene.exit().success());
    }
}

/// Linux asks for version 4 first.
#[tokio::test]
async fn other_versions_are_told_which_there_is() {
    let mut scene = scene().await;
    let mismatch = accepted(Accepted::ProgMismatch { low: 3, high: 3 });
    for version in [4, 2] {
        send(&mut scene, &call((v3::PROGRAM, version), 0, &[]));
        assert_eq!(reply(&mut scene), mismatch);
    }
    send(&mut scene, &call((100_227, 3), 0, &[]));
    assert_eq!(reply(&mut scene), accepted(Accepted::ProgUnavail));
    let getattr = with_handle(Procedure::GetAttr, &[]);
    send(&mut scene, &getattr);
    assert_eq!(shown(&scene).await, HANDLE);
    is_left_unread(scene, &getattr);
}

#[tokio::test]
async fn sixty_four_calls_are_enough() {
    let mut scene = scene().await;
    let null = call(NFS, Procedure::Null.number(), &[]);
    for _ in 0..64 {
        send(&mut scene, &null);
        assert_eq!(reply(&mut scene), Reply::success(XID, &()));
    }
    let expected =
        "the client broke the protocol: more calls than a client makes before it uses a mount";
    assert_eq!(scene.refused().await, expected);
    assert!(scene.exit().success());
}

#[tokio::test]
async fn what_is_no_such_call_ends_the_connection() {
    let long = [&mnt("/token")[4..], &[0; 2048]].concat();
    let reply = record(&Reply::success(XID, &()));
    let endless = Mark::new(0, false).unwrap().encode().repeat(20);
    for (bytes, expected) in [
        (record(&long), "a call longer than any before a file handle"),
        (reply, "a message that is no RPC call"),
        (endless, "a call in more pieces than anyone makes"),
        (record(&[]), "a call that ends before its header does"),
    ] {
        let mut scene = scene().await;
        send(&mut scene, &bytes);
        let expected = format!("the client broke the protocol: {expected}");
        assert_eq!(scene.refused().await, expected);
        assert!(scene.exit().success());
    }
}

#[tokio::test]
async fn a_client_that_stops_anywhere_in_its_first_call() {
    let getattr = with_handle(Procedure::GetAttr, &[]);
    for length in [1, 3, 4, 20, getattr.len() - 1] {
        let mut scene = scene().await;
        send(&mut scene, &getattr[..length]);
        scene.client.shutdown(Shutdown::Both).unwrap();
        let expected = "the client broke the protocol: a call that is not whole";
        assert_eq!(scene.refused().await, expected, "{length}");
        assert!(scene.exit().success());
    }
}

#[tokio::test]
async fn without_its_supervisor_it_does_not_wait_for_the_rest_of_a_call() {
    let mut scene = scene().await;
    send(&mut scene, &with_handle(Procedure::GetAttr, &[])[..30]);
    scene.abandon();
    assert_eq!(scene.exit().code(), Some(1));
}

#[tokio::test]
async fn a_supervisor_that_answers_something_else() {
    for said in [
        ToGreeter::Mounted(Ok(Bytes::default())),
        ToGreeter::HandleRefused(HandleRefusal::Stale),
    ] {
        let mut scene = scene().await;
        send(&mut scene, &mnt("/token"));
        assert!(matches!(scene.hear().await, FromGreeter::Mount { .. }));
        scene.tell(said).await;
        assert_eq!(scene.exit().code(), Some(1));
    }
}
