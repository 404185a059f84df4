//! One message of every kind, each as large as it can be.

pub mod keysmith;

use std::net::SocketAddr;

use labelgate_control::{
    AddImage, AddKept, AddTree, Answer, Attached, AuditEvent, Bytes, ChapAlgorithm, Configure,
    ConfigureKeeper, Connection, Datagrams, Designator, Driver, Entry, FromGreeter, FromImporter,
    FromKeeper, FromPortmap, FromWorker, GlusterVolume, Greet, Handed, HandleRefusal, ImageFormat,
    ImageShape, Import, ImportBlame, ImportPhase, ImportProgress, ImportSource, KeepImage,
    KeeperLimits, KeptShape, Library, List, LoginState, MountRefusal, Negotiated, NotServed,
    Owners, Program, Proof, Protocol, Questions, Reverse, ReverseChallenge, Services, Text,
    ToGreeter, ToImporter, ToKeeper, ToPortmap, ToWorker, Verdict,
};
use labelgate_mac::Label;

/// As many bytes as a text may have.
fn full<const N: usize>() -> Text<N> {
    Text::clean(&"x".repeat(N))
}

/// As many bytes as there may be.
fn full_bytes<const N: usize>() -> Bytes<N> {
    Bytes::try_from(&[0xff; N][..]).unwrap()
}

const KEPT: KeptShape = KeptShape {
    size: u64::MAX,
    physical_block: u32::MAX,
    discard: true,
    stable_writes: true,
};

/// A label of so many categories that it is as long as one that has a worker may be.
fn label() -> Label {
    let categories = (0..180).map(|n| format!("c{}", 100 + 2 * n));
    let categories = categories.collect::<Vec<_>>().join(",");
    format!("s15:{categories}").parse().unwrap()
}

/// Every message to a worker.
#[allow(clippy::too_many_lines, reason = "a list")]
pub fn to_worker() -> Vec<ToWorker<Attached>> {
    let designator = Designator::of("iqn.2026-11.io.labelgate", "vms", "web-1");
    let address: SocketAddr = "[2001:db8:ffff:ffff:ffff:ffff:ffff:ffff]:65535"
        .parse()
        .unwrap();
    vec![
        ToWorker::Configure(
            Configure {
                label: label(),
                driver: Driver::Epoll,
                pool_bytes: u64::MAX,
                max_connections: u32::MAX,
                stores: u32::MAX,
                trees: u32::MAX,
                mapped: true,
                keepers: u32::MAX,
                unprivileged: true,
                context: Some(full()),
                handle_key: full_bytes(),
                bind_handles: true,
            },
            Attached,
        ),
        ToWorker::Mapped { trees: u32::MAX },
        ToWorker::Store(Attached),
        ToWorker::Tree(
            AddTree {
                tree: u32::MAX,
                name: full(),
                slot: u32::MAX,
                owners: Owners::Callers { squash_root: true },
            },
            Attached,
        ),
        ToWorker::AddImage(
            AddImage {
                image: u32::MAX,
                handed: Handed::Path,
                slot: u32::MAX,
                target: full(),
                file_name: full(),
                serial: designator.serial,
                naa: designator.naa,
                block_size: 4096,
                read_only: true,
                direct: true,
                size: Some(u64::MAX),
                poisoned: true,
            },
            Attached,
        ),
        ToWorker::RefreshImage {
            image: 1,
            size: Some(u64::MAX),
        },
        ToWorker::RemoveImage { image: 1 },
        ToWorker::Reservations {
            image: u32::MAX,
            record: full_bytes(),
        },
        ToWorker::ReservationsKept {
            image: u32::MAX,
            kept: true,
        },
        ToWorker::Connection(
            Connection {
                connection: u64::MAX,
                peer: address,
                local: address,
                identity: full(),
                login: LoginState::Negotiated(full_bytes()),
                granted: vec![full(); 8].try_into().unwrap(),
            },
            Attached,
        ),
        ToWorker::Connection(
            Connection {
                connection: u64::MAX,
                peer: address,
                local: address,
                identity: full(),
                login: LoginState::Rpc {
                    epoch: u64::MAX,
                    ports: Some(Services {
                        nfs_port: u16::MAX,
                        mount_port: u16::MAX,
                    }),
                },
                granted: List::default(),
            },
            Attached,
        ),
        ToWorker::CloseConnection { connection: 7 },
        ToWorker::Drain {
            milliseconds: u64::MAX,
        },
        ToWorker::Memory(Attached),
        ToWorker::Bell(Attached),
        ToWorker::Queues(Attached),
        ToWorker::AddKept(AddKept {
            image: u32::MAX,
            slot: u32::MAX,
            keeper: u32::MAX,
            target: full(),
            file_name: full(),
            serial: designator.serial,
            naa: designator.naa,
            block_size: 4096,
            read_only: true,
            poisoned: true,
            shape: KEPT,
        }),
        ToWorker::KeptShape {
            image: u32::MAX,
            shape: KEPT,
        },
        ToWorker::Keeper {
            slot: u32::MAX,
            bell: Attached,
        },
        ToWorker::KeeperGone {
            slot: u32::MAX,
            blamed: true,
        },
        ToWorker::KeeperLost { slot: u32::MAX },
    ]
}

/// Every message from a worker.
#[allow(clippy::too_many_lines, reason = "a list")]
pub fn from_worker() -> Vec<FromWorker> {
    let shape = ImageShape {
        size: u64::MAX,
        block_size: 4096,
        read_only: true,
    };
    let events = [
        AuditEvent::LoginAccepted {
            initiator: full(),
            target: full(),
        },
        AuditEvent::LoginRefused {
            initiator: full(),
            target: full(),
            reason: full(),
        },
        AuditEvent::Logout {
            initiator: full(),
            target: full(),
        },
        AuditEvent::SessionReinstated {
            initiator: full(),
            target: full(),
        },
        AuditEvent::ProtocolError { what: full() },
        AuditEvent::Mounted,
        AuditEvent::MountRefused { reason: full() },
        AuditEvent::HandleRefused { reason: full() },
    ];
    let audit = events.map(|event| FromWorker::Audit {
        connection: u64::MAX,
        event,
    });
    let mut messages = vec![
        FromWorker::Unshared,
        FromWorker::TreeOpened {
            tree: u32::MAX,
            result: Err(NotServed::Withheld),
        },
        FromWorker::Ready {
            driver: Driver::Ring,
            confinement: List::try_from(vec![full(); 16]).unwrap(),
        },
        FromWorker::ImageOpened {
            image: 1,
            result: Ok(shape),
        },
        FromWorker::ImageOpened {
            image: 1,
            result: Err(NotServed::Unfit(full())),
        },
        FromWorker::ImageOpened {
            image: 1,
            result: Err(NotServed::Refused { errno: i32::MIN }),
        },
        FromWorker::ImageOpened {
            image: 1,
            result: Err(NotServed::Withheld),
        },
        FromWorker::ImageOpened {
            image: 1,
            result: Err(NotServed::Held),
        },
        FromWorker::ImageRefused { image: 1 },
        FromWorker::ConnectionWithheld { connection: 7 },
        FromWorker::ImageRestored { image: 1 },
        FromWorker::ImageRefreshed {
            image: 1,
            result: Ok(shape),
        },
        FromWorker::ImagePoisoned { image: 1 },
        FromWorker::ImageRemoved { image: 1 },
        FromWorker::Reserved {
            image: u32::MAX,
            record: full_bytes(),
            description: full(),
            awaited: true,
        },
        FromWorker::ConnectionClosed {
            connection: u64::MAX,
        },
        FromWorker::Drained,
        FromWorker::QueueCleared { slot: u32::MAX },
        FromWorker::KeeperBroken { slot: u32::MAX },
        FromWorker::ImageOpened {
            image: 1,
            result: Err(NotServed::Unreachable(full())),
        },
    ];
    messages.extend(audit);
    messages
}

/// Every message to a greeter; those with a connection carry a descriptor.
pub fn to_greeter() -> Vec<ToGreeter<Attached>> {
    let address: SocketAddr = "[2001:db8:ffff:ffff:ffff:ffff:ffff:ffff]:65535"
        .parse()
        .unwrap();
    let services = Services {
        nfs_port: u16::MAX,
        mount_port: u16::MAX,
    };
    let greet = |protocol| {
        let greet = Greet {
            connection: u64::MAX,
            peer: address,
            local: address,
            protocol,
        };
        ToGreeter::Greet(greet, Attached)
    };
    vec![
        greet(Protocol::Iscsi { proof: Proof::Chap }),
        ToGreeter::Challenge {
            algorithm: ChapAlgorithm::Sha3_256,
            identifier: u8::MAX,
            challenge: full_bytes(),
        },
        ToGreeter::Verdict(Verdict::Granted {
            reverse: Some(Reverse {
                name: full(),
                response: full_bytes(),
            }),
        }),
        ToGreeter::Verdict(Verdict::Refused),
        greet(Protocol::Portmap(services)),
        greet(Protocol::Rpc(services)),
        ToGreeter::Mounted(Ok(full_bytes())),
        ToGreeter::Mounted(Err(MountRefusal::Access)),
        ToGreeter::Mounted(Err(MountRefusal::NoEntry)),
        ToGreeter::HandleRefused(HandleRefusal::Malformed),
        ToGreeter::HandleRefused(HandleRefusal::Stale),
        ToGreeter::NoRoom,
    ]
}

/// Every message from a greeter.
pub fn from_greeter() -> Vec<FromGreeter> {
    vec![
        FromGreeter::Ready {
            confinement: List::try_from(vec![full(); 16]).unwrap(),
        },
        FromGreeter::Challenge {
            offered: List::try_from(vec![ChapAlgorithm::Md5; 8]).unwrap(),
        },
        FromGreeter::Answer(Answer {
            name: full(),
            response: full_bytes(),
            reverse: Some(ReverseChallenge {
                identifier: u8::MAX,
                challenge: full_bytes(),
            }),
        }),
        FromGreeter::Negotiated(Negotiated {
            initiator: full(),
            target: Some(full()),
            login: full_bytes(),
        }),
        FromGreeter::Refused {
            initiator: full(),
            target: full(),
            reason: full(),
        },
        FromGreeter::Mount {
            xid: u32::MAX,
            token: full_bytes(),
            rest: full_bytes(),
        },
        FromGreeter::Handle(full_bytes()),
        FromGreeter::Ended,
    ]
}

/// Every message to an importer; all but the last carry a descriptor.
pub fn to_importer() -> Vec<ToImporter<Attached>> {
    vec![
        ToImporter::Target(Handed::Opened, Attached),
        ToImporter::Source(Handed::Opened, Attached),
        ToImporter::Spool(Handed::Opened, Attached),
        ToImporter::Start(Import {
            source: ImportSource::Stream(Some(ImageFormat::Qcow2)),
            min_size: u64::MAX,
            max_size: u64::MAX,
            max_data: u64::MAX,
            block_size: 4096,
            unprivileged: true,
        }),
    ]
}

/// Every message from an importer.
pub fn from_importer() -> Vec<FromImporter> {
    vec![
        FromImporter::Ready {
            confinement: List::try_from(vec![full(); 16]).unwrap(),
        },
        FromImporter::Progress(ImportProgress {
            phase: ImportPhase::Writing,
            done: u64::MAX,
            total: Some(u64::MAX),
        }),
        FromImporter::Done {
            format: ImageFormat::Raw,
            size: u64::MAX,
            written: u64::MAX,
        },
        FromImporter::Failed {
            blame: ImportBlame::Space,
            reason: full(),
        },
    ]
}

/// Every message to a port mapper; those with a socket carry a descriptor.
pub fn to_portmap() -> Vec<ToPortmap<Attached>> {
    let services = Services {
        nfs_port: u16::MAX,
        mount_port: u16::MAX,
    };
    let address: SocketAddr = "[2001:db8:ffff:ffff:ffff:ffff:ffff:ffff]:65535"
        .parse()
        .unwrap();
    let entry = Entry {
        program: Program::Mount,
        address,
    };
    let questions = Questions {
        services,
        local: address,
    };
    let entries = List::try_from(vec![entry; 4]).unwrap();
    vec![
        ToPortmap::Answer(questions, Attached),
        ToPortmap::Enter(entries, Attached),
        ToPortmap::TakeOut,
    ]
}

/// Every message from a port mapper.
pub fn from_portmap() -> Vec<FromPortmap> {
    vec![
        FromPortmap::Ready {
            confinement: List::try_from(vec![full(); 16]).unwrap(),
        },
        FromPortmap::Counted(Datagrams {
            answered: u32::MAX,
            silent: u32::MAX,
            limited: u32::MAX,
        }),
        FromPortmap::Entered,
        FromPortmap::NotEntered { reason: full() },
        FromPortmap::TakenOut,
    ]
}

/// Every message to a keeper.
pub fn to_keeper() -> Vec<ToKeeper<Attached>> {
    vec![
        ToKeeper::Configure(ConfigureKeeper {
            label: label(),
            store: full(),
            unprivileged: true,
            context: Some(full()),
            opens_anchors: true,
            library: Library::Gluster(Box::new(GlusterVolume {
                servers: Text::clean("10.0.0.1,10.0.0.2"),
                volume: Text::clean("vms"),
                directory: Text::clean("images"),
            })),
            limits: KeeperLimits {
                images: u32::MAX,
                connect_milliseconds: u32::MAX,
            },
        }),
        ToKeeper::Memory(Attached),
        ToKeeper::Queues(Attached),
        ToKeeper::Bell(Attached),
        ToKeeper::OwnBell(Attached),
        ToKeeper::Anchors(Attached),
        ToKeeper::AddImage(
            KeepImage {
                image: u32::MAX,
                handed: Handed::Path,
                read_only: true,
                size: Some(u64::MAX),
            },
            Attached,
        ),
        ToKeeper::RefreshImage {
            image: u32::MAX,
            size: Some(u64::MAX),
        },
        ToKeeper::RemoveImage { image: u32::MAX },
        ToKeeper::Leave,
    ]
}

/// Every message from a keeper.
pub fn from_keeper() -> Vec<FromKeeper> {
    let opened = |result| FromKeeper::ImageOpened {
        image: u32::MAX,
        result,
    };
    let refreshed = |result| FromKeeper::ImageRefreshed {
        image: u32::MAX,
        result,
    };
    vec![
        FromKeeper::Ready {
            confinement: List::try_from(vec![full(); 16]).unwrap(),
        },
        FromKeeper::Connected { instance: full() },
        opened(Ok(KEPT)),
        opened(Err(NotServed::Unreachable(full()))),
        refreshed(Ok(KEPT)),
        refreshed(Err(full())),
        FromKeeper::ImageResized {
            image: u32::MAX,
            shape: KEPT,
        },
        FromKeeper::ImageFenced { image: u32::MAX },
        FromKeeper::ImageRemoved { image: u32::MAX },
    ]
}
