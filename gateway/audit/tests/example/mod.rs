//! What a record of each event says, in the gateway's own words.

use labelgate_audit::{Decision, Event, Record};
use labelgate_mac::Label;

/// The labels that an event may be about: now, and before.
pub struct Labels {
    now: Label,
    before: Label,
}

impl Labels {
    pub fn new() -> Self {
        let (now, before) = ("s0:c107,c434", "s0:c12,c34");
        let parse = |text: &str| text.parse().unwrap();
        Self {
            now: parse(now),
            before: parse(before),
        }
    }
}

const IMAGE: Option<&str> = Some("vms/web-1");
const STORE: Option<&str> = Some("ceph");
const PID: Option<u32> = Some(4711);

/// A record of this event, if it is one that somebody asks a trail to write.
#[allow(clippy::too_many_lines, reason = "a table")]
pub fn example(event: Event, labels: &Labels) -> Option<Record<'_>> {
    let record = match event {
        Event::Connection
        | Event::Authentication
        | Event::Login
        | Event::Logout
        | Event::SessionReinstated
        | Event::ProtocolError
        | Event::Mount
        | Event::HandleRefused => of_client(event, labels),
        Event::Image
        | Event::ImagePoisoned
        | Event::ImageRemoved
        | Event::WorkerStart
        | Event::WorkerEnd
        | Event::GreeterStart
        | Event::GreeterEnd
        | Event::PortmapStart
        | Event::PortmapEnd
        | Event::KeeperStart
        | Event::KeeperEnd
        | Event::KeeperLost
        | Event::KeeperFence
        | Event::KeysmithStart
        | Event::KeysmithEnd
        | Event::ImporterStart
        | Event::ImporterEnd => of_process(event, labels),
        Event::ImageCleared
        | Event::ImageCreate
        | Event::ImageImport
        | Event::ImageClone
        | Event::ImageResize
        | Event::ImageSnapshot
        | Event::ImageSnapshotDelete
        | Event::ImageRollback
        | Event::ImageDelete
        | Event::LabelChange => of_image(event, labels),
        Event::IdentityAdd
        | Event::IdentityRemove
        | Event::IdentityRotate
        | Event::GroupGrant
        | Event::GroupRevoke
        | Event::LevelAllocate
        | Event::LevelRelease
        | Event::LeaseStart
        | Event::LeaseEnd
        | Event::WorkerKill
        | Event::Revocation => of_access(event, labels),
        Event::GatewayStart | Event::GatewayStop => Record::new(event, Decision::Note),
        Event::GatewayHalt | Event::GatewayResume | Event::SelinuxMode | Event::SelinuxPolicy => {
            of_enforcement(event)
        }
        Event::Reload
        | Event::PortmapEntry
        | Event::StoreAdd
        | Event::StoreRekey
        | Event::StoreRemove
        | Event::HostAdd
        | Event::HostChange
        | Event::HostCertificate
        | Event::HostRemove
        | Event::Admin
        | Event::Backup
        | Event::Restore => of_gateway(event),
        Event::Suppressed => Record {
            count: Some(1780),
            ..Record::new(event, Decision::Note).label(&labels.now)
        }
        .reason("1780 records were too many to be written singly"),
        Event::Lost | Event::TrailRotated | Event::TrailTorn | Event::TrailDamaged => return None,
    };
    Some(record)
}

fn of_client(event: Event, labels: &Labels) -> Record<'_> {
    let client = |decision| Record {
        identity: Some("vm-a"),
        peer: Some(([192, 0, 2, 17], 40_112).into()),
        connection: Some(12),
        ..Record::new(event, decision).label(&labels.now)
    };
    let named = |decision| Record {
        initiator: Some("iqn.2026-11.org.example:vm-a"),
        target: Some("iqn.2026-11.io.labelgate:vms.web-1"),
        ..client(decision)
    };
    match event {
        Event::Connection => client(Decision::Allow),
        Event::Authentication => client(Decision::Deny).reason("wrong CHAP response for \"vm-a\""),
        Event::Login => named(Decision::Allow),
        Event::ProtocolError => client(Decision::Note).reason("SNACK is not supported"),
        Event::Mount => client(Decision::Allow),
        Event::HandleRefused => {
            client(Decision::Deny).reason("a handle of another label or client, or a forged one")
        }
        _ => named(Decision::Note),
    }
}

fn of_process(event: Event, labels: &Labels) -> Record<'_> {
    let bare = |decision| Record::new(event, decision);
    let labelled = |decision| bare(decision).label(&labels.now);
    let image = |decision| Record {
        image: IMAGE,
        ..labelled(decision)
    };
    let process = |record| Record { pid: PID, ..record };
    let in_store = |record| Record {
        image: STORE,
        ..record
    };
    match event {
        Event::Image => {
            image(Decision::Allow).reason("21474836480 bytes in blocks of 512, read-write")
        }
        Event::ImagePoisoned => image(Decision::Note).reason("a flush has failed"),
        Event::ImageRemoved => image(Decision::Note),
        Event::GreeterStart | Event::PortmapStart => process(bare(Decision::Allow)),
        Event::PortmapEnd => {
            process(bare(Decision::Note)).reason("killed by the supervisor: the gateway stops")
        }
        Event::GreeterEnd => process(bare(Decision::Note)).reason("ended as it was asked to"),
        Event::WorkerStart | Event::ImporterStart => process(labelled(Decision::Allow)),
        Event::KeeperStart => process(in_store(labelled(Decision::Allow))),
        Event::KeeperEnd => process(in_store(labelled(Decision::Note)))
            .reason("killed by the supervisor: its worker is gone"),
        Event::KeeperLost => in_store(labelled(Decision::Note))
            .reason("there has been none for so long that clients are told so"),
        Event::KeeperFence => in_store(labelled(Decision::Note))
            .reason("its keys were taken back, and it is shut out"),
        Event::KeysmithStart => process(in_store(bare(Decision::Allow))),
        Event::KeysmithEnd => process(in_store(bare(Decision::Note)))
            .reason("killed by the supervisor: it was asked nothing for a while"),
        Event::WorkerEnd => process(labelled(Decision::Note))
            .reason("tried a forbidden system call (signal 31); 2 connections ended with it"),
        _ => process(labelled(Decision::Note)).reason("ended as it was asked to"),
    }
}

fn asked(event: Event) -> Record<'static> {
    Record::new(event, Decision::Allow).asked_by("uid 1000 (alice)")
}

fn of_image(event: Event, labels: &Labels) -> Record<'_> {
    let image = Record {
        image: IMAGE,
        ..asked(event).label(&labels.now)
    };
    match event {
        Event::ImageCleared => image.reason("the admin says that the image was checked"),
        Event::ImageResize => image.reason("42949672960 bytes"),
        Event::ImageSnapshot | Event::ImageSnapshotDelete => {
            image.reason("snapshot before-upgrade")
        }
        Event::ImageRollback => image.reason("snapshot before-upgrade, its sessions were ended"),
        Event::ImageDelete => image.reason("its data stay"),
        Event::LabelChange => Record {
            was: Some(&labels.before),
            ..image
        },
        _ => image,
    }
}

fn of_access(event: Event, labels: &Labels) -> Record<'_> {
    let asked = asked(event).label(&labels.now);
    match event {
        Event::LevelAllocate => asked.reason("identity vm-a"),
        Event::LevelRelease => asked,
        Event::LeaseStart | Event::LeaseEnd => Record {
            lease: Some("6f7d2f8e-6a0b-4a51-8f4b-0c3b6f5a9d10"),
            ..asked
        },
        Event::WorkerKill => Record { pid: PID, ..asked },
        Event::IdentityAdd | Event::IdentityRemove | Event::IdentityRotate => Record {
            identity: Some("vm-a"),
            proof: Some("chap"),
            ..asked
        },
        Event::Revocation => Record {
            decision: Decision::Note,
            identity: Some("vm-a"),
            count: Some(1),
            milliseconds: Some(7),
            ..asked
        }
        .reason("1 workers were killed"),
        _ => Record {
            identity: Some("vm-a"),
            ..asked
        },
    }
}

fn of_enforcement(event: Event) -> Record<'static> {
    let deny = Record::new(event, Decision::Deny);
    let note = Record::new(event, Decision::Note);
    match event {
        Event::GatewayHalt => {
            deny.reason("SELinux is permissive, so the kernel refuses nothing; run: setenforce 1")
        }
        Event::SelinuxMode => deny.reason("SELinux is permissive (setenforce 0)"),
        Event::SelinuxPolicy => note.reason("policy number 3 since the machine started"),
        _ => note,
    }
}

fn of_gateway(event: Event) -> Record<'static> {
    let asked = asked(event);
    let store = Record {
        image: Some("vms"),
        ..asked
    };
    match event {
        Event::StoreAdd => store.reason("/srv/vms"),
        Event::StoreRemove => store,
        Event::StoreRekey => Record {
            image: STORE,
            ..asked
        },
        Event::PortmapEntry => {
            Record::new(event, Decision::Allow).reason("entered with /run/rpcbind.sock")
        }
        Event::Admin => Record {
            decision: Decision::Deny,
            ..asked
        }
        .reason("DELETE /v1/stores/vms: not in group labelgate-admin"),
        _ => asked,
    }
}
