//! Logins that another process has led to their end: what the engine makes of them.

#![allow(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    missing_docs,
    reason = "a test that fails may panic, and its numbers are its own"
)]

mod rig;

use std::time::Duration;

use labelgate_engine::{ConnectionId, Engine, ImageDescription, ImageId, Login as Progress};
use labelgate_iscsi::login::{Authority, Handover, Login, Step, Surroundings};
use labelgate_iscsi::name::IscsiName;
use labelgate_iscsi::pdu::{
    BHS, Cid, Header, InitiatorTaskTag, Isid, LoginRequest, LoginStatus, Lun, Request,
    SegmentLength, Stage, TargetTransferTag, TextRequest, Tsih, opcode,
};
use labelgate_iscsi::serial::{CmdSn, StatSn};
use labelgate_iscsi::{Notice, Target};
use rig::{Direction, Initiator, LOGIN_KEYS, Pdu, Rig, TARGET};

const OTHER: &str = "iqn.2026-11.io.labelgate:vms.a2";
const VM: &str = "chap vm-a";
const INITIATOR: &str = "iqn.2008-11.org.linux-kvm:vm";
const ISID: [u8; 6] = [0x80, 0, 0, 0, 0, 1];

/// A greeter: it knows neither targets nor sessions, and asks for no proof here.
struct Greeter;

impl Surroundings for Greeter {
    fn has_target(&self, _: &IscsiName) -> bool {
        true
    }

    fn has_session(&self, _: Tsih) -> bool {
        false
    }

    fn authority(&mut self) -> Option<&mut dyn Authority> {
        None
    }
}

/// Who logs in, and for what.
#[derive(Clone, Copy)]
struct Wish<'a> {
    identity: &'a str,
    initiator: &'a str,
    isid: [u8; 6],
    /// `None` for discovery.
    target: Option<&'a str>,
    keys: &'a str,
    /// So many answers went out before the last one.
    answered: u32,
}

const WISH: Wish<'_> = Wish {
    identity: VM,
    initiator: INITIATOR,
    isid: ISID,
    target: Some(TARGET),
    keys: LOGIN_KEYS,
    answered: 2,
};

impl Wish<'_> {
    fn request(&self) -> LoginRequest {
        LoginRequest {
            immediate: true,
            transit: true,
            continued: false,
            current_stage: Some(Stage::Operational),
            next_stage: Some(Stage::FullFeature),
            version_max: 0,
            version_min: 0,
            isid: Isid(self.isid),
            tsih: Tsih::NONE,
            initiator_task_tag: InitiatorTaskTag(0x0102_0304),
            cid: Cid(9),
            cmd_sn: CmdSn::new(700),
            exp_stat_sn: StatSn::new(0),
        }
    }

    fn text(&self) -> String {
        let target = self.target.map_or_else(
            || "SessionType=Discovery\0".to_owned(),
            |name| format!("SessionType=Normal\0TargetName={name}\0"),
        );
        format!("InitiatorName={}\0{target}{}", self.initiator, self.keys)
    }

    /// What a greeter hands over.
    fn handover(&self) -> Handover {
        let text = self.text();
        let Step::Established { established, reply } =
            Login::start(&self.request(), text.as_bytes(), &mut Greeter)
        else {
            panic!("not established");
        };
        Handover {
            established: *established,
            reply,
            stat_sn: StatSn::new(self.answered),
        }
    }

    fn connect(&self, rig: &mut Rig, number: u32) -> ConnectionId {
        let login = Progress::Negotiated(self.handover().encode());
        rig.connect_with(number, self.identity, login, &[])
    }

    /// Connects and is let in.
    fn login(&self, rig: &mut Rig, number: u32) -> Initiator {
        let id = self.connect(rig, number);
        let answer = rig.one(id);
        assert_eq!(answer.header.opcode, opcode::LOGIN_RESPONSE);
        assert_eq!(status(&answer), LoginStatus::Success.code());
        Initiator {
            id,
            cmd_sn: answer.exp_cmd_sn(),
            tag: 100,
        }
    }
}

fn status(answer: &Pdu) -> u16 {
    u16::from_be_bytes([answer.bhs[36], answer.bhs[37]])
}

/// A rig with a second image of the same label.
fn rig() -> Rig {
    let mut rig = Rig::new();
    let description = ImageDescription {
        target: OTHER.to_owned(),
        file_name: "other".to_owned(),
        serial: "1123456789abcdef0123456789abcdef".to_owned(),
        naa: [0x30, 1, 2, 3, 4, 5, 6, 8],
        geometry: rig::geometry(rig::SIZE),
    };
    rig.target.image_added(ImageId(8), description);
    rig
}

fn notices(target: &mut Target) -> Vec<Notice> {
    std::iter::from_fn(|| target.take_notice()).collect()
}

#[test]
fn the_last_answer_names_the_session_and_full_feature_phase_begins() {
    let mut rig = rig();
    let id = WISH.connect(&mut rig, 1);

    let answer = rig.one(id);
    assert_eq!(answer.header.opcode, opcode::LOGIN_RESPONSE);
    assert_eq!(
        answer.bhs[1], 0x87,
        "from the operational stage, at its end"
    );
    assert_eq!(answer.bhs[8..14], ISID);
    assert_ne!(answer.bhs[14..16], [0, 0], "TSIH");
    assert_eq!(answer.number(16), 0x0102_0304, "the task's tag");
    assert_eq!(answer.number(24), 2, "StatSN");
    assert_eq!(answer.exp_cmd_sn(), CmdSn::new(700));
    assert_eq!(answer.data, WISH.handover().reply.text);
    let begun = Notice::LoggedIn {
        connection: id,
        initiator: INITIATOR.to_owned(),
        target: Some(TARGET.to_owned()),
    };
    assert_eq!(notices(&mut rig.target), [begun]);

    let mut vm = Initiator {
        id,
        cmd_sn: CmdSn::new(700),
        tag: 100,
    };
    let attention = vm.command(&[0; 6], Direction::None, 0, &[]);
    rig.feed(id, &attention);
    let answer = rig.one(id);
    assert_eq!(
        (answer.status(), answer.number(24)),
        (2, 3),
        "StatSN goes on"
    );
    let write = vm.write(0, &[7; 512]);
    rig.feed(id, &write);
    assert_eq!(rig.one(id).number(24), 4);
    assert_eq!(rig.disk[..512], [7; 512]);
}

#[test]
fn digests_begin_behind_the_last_answer() {
    let mut rig = rig();
    let keys = "HeaderDigest=CRC32C\0DataDigest=CRC32C\0";
    let wish = Wish { keys, ..WISH };
    let id = wish.connect(&mut rig, 1);
    let answer = rig.raw(id);
    let text = wish.handover().reply.text;
    assert_eq!(answer.len(), BHS + text.len().next_multiple_of(4));

    let mut vm = Initiator {
        id,
        cmd_sn: CmdSn::new(700),
        tag: 100,
    };
    let command = vm.command(&[0; 6], Direction::None, 0, &[]);
    let digest = crc32c::crc32c(&command).to_le_bytes();
    rig.feed(id, &[&command[..], &digest].concat());
    let answer = rig.raw(id);
    let (header, rest) = answer.split_at(BHS);
    assert_eq!(rest[..4], crc32c::crc32c(header).to_le_bytes());
    let length = Header::parse(header.try_into().unwrap())
        .data_segment_length
        .get();
    assert_eq!(rest.len(), 4 + length.next_multiple_of(4) + 4);
    assert!(!rig.is_closed(id));
}

#[test]
fn two_sessions_have_two_names() {
    let mut rig = rig();
    let tsih = |rig: &mut Rig, number: u32| {
        let isid = [0x80, 0, 0, 0, 0, number as u8];
        let id = Wish { isid, ..WISH }.connect(rig, number);
        rig.one(id).bhs[14..16].to_vec()
    };
    let all: Vec<_> = (1..=4).map(|number| tsih(&mut rig, number)).collect();
    for (index, name) in all.iter().enumerate() {
        assert!(!all[..index].contains(name));
    }
}

/// RFC 7143, 6.3.5, and DESIGN: within the identity that was proved, whatever names are used.
#[test]
fn only_a_session_of_the_same_identity_initiator_isid_and_target_is_reinstated() {
    let differ = [
        Wish {
            identity: "chap vm-b",
            ..WISH
        },
        Wish {
            identity: "address 192.0.2.1",
            ..WISH
        },
        Wish {
            initiator: "iqn.2008-11.org.linux-kvm:other",
            ..WISH
        },
        Wish {
            isid: [0x80, 0, 0, 0, 0, 2],
            ..WISH
        },
        Wish {
            target: Some(OTHER),
            ..WISH
        },
        Wish {
            target: None,
            ..WISH
        },
    ];
    for wish in differ {
        let mut rig = rig();
        let old = WISH.login(&mut rig, 1);
        let new = wish.login(&mut rig, 2);
        assert!(!rig.is_closed(old.id) && !rig.is_closed(new.id));
    }

    let mut rig = rig();
    let old = WISH.login(&mut rig, 1);
    let _ = notices(&mut rig.target);
    // Other spellings of the same name.
    let shouted = Wish {
        initiator: "IQN.2008-11.ORG.linux-kvm:VM",
        answered: 5,
        ..WISH
    };
    let new = shouted.login(&mut rig, 2);
    assert!(rig.is_closed(old.id) && !rig.is_closed(new.id));
    let ended = Notice::Reinstated {
        connection: old.id,
        initiator: INITIATOR.to_owned(),
        target: Some(TARGET.to_owned()),
    };
    assert!(notices(&mut rig.target).contains(&ended));
}

#[test]
fn a_new_session_waits_for_what_the_old_one_has_in_flight() {
    let mut rig = rig();
    let mut old = WISH.login(&mut rig, 1);
    let attention = old.command(&[0; 6], Direction::None, 0, &[]);
    rig.feed(old.id, &attention);
    rig.hold = true;
    let write = old.write(0, &[7; 512]);
    rig.feed(old.id, &write);
    assert_eq!(rig.held.len(), 1);

    let new = WISH.connect(&mut rig, 2);
    assert!(rig.is_closed(old.id));
    assert!(
        rig.pdus(new).is_empty(),
        "the write is in the kernel's hands"
    );
    rig.release();

    let answer = rig.one(new);
    assert_eq!(status(&answer), LoginStatus::Success.code());
    assert_eq!(answer.number(24), 2);
    assert_eq!(rig.disk[0], 7);
}

/// Two logins for one nexus that wait at the same time: the later one wins.
#[test]
fn of_two_that_wait_the_later_one_is_let_in() {
    let mut rig = rig();
    let mut old = WISH.login(&mut rig, 1);
    let attention = old.command(&[0; 6], Direction::None, 0, &[]);
    rig.feed(old.id, &attention);
    rig.hold = true;
    let write = old.write(0, &[7; 512]);
    rig.feed(old.id, &write);
    let second = WISH.connect(&mut rig, 2);
    let third = WISH.connect(&mut rig, 3);
    assert!(rig.is_closed(second));
    assert!(rig.pdus(third).is_empty());
    rig.release();
    assert_eq!(status(&rig.one(third)), LoginStatus::Success.code());
    assert!(!rig.is_closed(third));
}

#[test]
fn a_target_that_is_not_here_and_one_that_never_was_get_the_same_bytes() {
    let refusal = |target: &str| {
        let mut rig = rig();
        let wish = Wish {
            target: Some(target),
            ..WISH
        };
        let id = wish.connect(&mut rig, 1);
        assert!(rig.is_closed(id));
        let refused = Notice::LoginRefused {
            connection: id,
            initiator: Some(INITIATOR.to_owned()),
            target: Some(target.to_owned()),
            status: LoginStatus::NotFound,
        };
        assert_eq!(notices(&mut rig.target), [refused]);
        rig.raw(id)
    };
    let there = refusal("iqn.2026-11.io.labelgate:vms.b");
    assert_eq!(there, refusal("iqn.2026-11.io.labelgate:nothing"));
    assert_eq!(there.len(), BHS);
    assert_eq!(there[36..38], LoginStatus::NotFound.code().to_be_bytes());
    assert_eq!(there[24..28], 2_u32.to_be_bytes(), "StatSN");
    assert_eq!(there[14..16], [0, 0], "no TSIH");

    // A name that is none is refused before anything is handed over, with the same bytes but for
    // the numbers of that process.
    let malformed = Wish {
        target: Some("not_a_name"),
        ..WISH
    };
    let text = malformed.text();
    let step = Login::start(&malformed.request(), text.as_bytes(), &mut Greeter);
    let Step::Refused { reply, .. } = step else {
        panic!("not refused");
    };
    let numbers = labelgate_iscsi::pdu::Numbers {
        stat_sn: StatSn::new(2),
        exp_cmd_sn: CmdSn::new(700),
        max_cmd_sn: CmdSn::new(700),
    };
    assert_eq!(there, reply.response.encode(numbers));
}

#[test]
fn bytes_that_are_no_login_end_their_connection_alone() {
    let whole = WISH.handover().encode();
    let mut wrong_version = whole.clone();
    wrong_version[0] = 9;
    let mut wrong_burst = whole.clone();
    wrong_burst[28..32].copy_from_slice(&u32::MAX.to_be_bytes());
    let cases = [
        (
            Vec::new(),
            "the greeter handed over bytes that are no login",
        ),
        (
            vec![0xff; 1536],
            "the greeter is of another version than the worker",
        ),
        (
            whole[..whole.len() - 1].to_vec(),
            "the greeter handed over bytes that are no login",
        ),
        (
            [&whole[..], &[0]].concat(),
            "the greeter handed over bytes that are no login",
        ),
        (
            wrong_version,
            "the greeter is of another version than the worker",
        ),
        (
            wrong_burst,
            "the greeter handed over parameters that are not ours",
        ),
    ];
    let mut rig = rig();
    let mut vm = WISH.login(&mut rig, 1);
    let attention = vm.command(&[0; 6], Direction::None, 0, &[]);
    rig.feed(vm.id, &attention);
    let _ = (rig.pdus(vm.id), notices(&mut rig.target));
    for (number, (bytes, why)) in (2..).zip(cases) {
        let id = rig.connect_with(number, VM, Progress::Negotiated(bytes), &[]);
        assert!(rig.is_closed(id));
        assert!(rig.raw(id).is_empty(), "nothing is said to it");
        let closed = Notice::Closed {
            connection: id,
            why,
        };
        assert_eq!(notices(&mut rig.target), [closed]);
    }
    let write = vm.write(0, &[7; 512]);
    rig.feed(vm.id, &write);
    assert_eq!(rig.one(vm.id).status(), 0);
}

/// The connection was handed to the wrong engine: nothing is read from it.
#[test]
fn a_connection_that_is_to_speak_rpc_is_closed_unread() {
    let mut rig = rig();
    let progress = Progress::Rpc {
        epoch: 1,
        ports: None,
    };
    let id = rig.connect_with(1, VM, progress, &[]);
    assert!(rig.is_closed(id));
}

#[test]
fn a_gateway_that_shuts_down_says_so() {
    let mut rig = rig();
    let deadline = rig.now + Duration::from_secs(5);
    let now = rig.now;
    rig.target.drain(deadline, now, &mut rig.outbox);
    rig.pump();
    let id = WISH.connect(&mut rig, 1);
    let answer = rig.one(id);
    assert_eq!(status(&answer), LoginStatus::ServiceUnavailable.code());
    assert!(rig.is_closed(id));
}

/// A discovery session that asks what there is, and the names it is told.
fn shown(rig: &mut Rig, number: u32, granted: &[&str], question: &str) -> Vec<String> {
    let wish = Wish {
        target: None,
        keys: "",
        isid: [0x80, 0, 0, 0, 1, number as u8],
        ..WISH
    };
    let login = Progress::Negotiated(wish.handover().encode());
    let id = rig.connect_with(number, VM, login, granted);
    let answer = rig.one(id);
    assert_eq!(status(&answer), LoginStatus::Success.code());
    let text = format!("SendTargets={question}\0");
    let request = TextRequest {
        immediate: false,
        is_final: true,
        continued: false,
        lun: Lun::ZERO,
        initiator_task_tag: InitiatorTaskTag(5),
        target_transfer_tag: TargetTransferTag::RESERVED,
        cmd_sn: answer.exp_cmd_sn(),
        exp_stat_sn: StatSn::new(3),
    };
    let header = request.encode(SegmentLength::saturating(text.len()));
    assert!(matches!(Request::parse(&header), Request::Text(_)));
    rig.feed(id, &rig::with_data(&header, text.as_bytes()));
    let answer = rig.one(id);
    assert_eq!(answer.header.opcode, opcode::TEXT_RESPONSE);
    let text = String::from_utf8(answer.data).unwrap();
    let pairs = text.split('\0').filter_map(|pair| pair.split_once('='));
    let names = pairs.filter(|(key, _)| *key == "TargetName");
    names.map(|(_, name)| name.to_owned()).collect()
}

#[test]
fn granted_targets_are_shown_to_their_identity_and_to_nobody_else() {
    const GROUP: &str = "iqn.2026-11.io.labelgate:group.shared";
    let mut rig = rig();
    let granted = [GROUP];
    assert_eq!(shown(&mut rig, 1, &granted, "All"), [GROUP, TARGET, OTHER]);
    assert_eq!(shown(&mut rig, 2, &granted, GROUP), [GROUP]);
    assert_eq!(shown(&mut rig, 3, &granted, TARGET), [TARGET]);
    // Another connection of the same worker.
    assert_eq!(shown(&mut rig, 4, &[], "All"), [TARGET, OTHER]);
    let nobody: [&str; 0] = [];
    assert_eq!(shown(&mut rig, 5, &[], GROUP), nobody);
    let foreign = "iqn.2026-11.io.labelgate:vms.b";
    assert_eq!(shown(&mut rig, 6, &granted, foreign), nobody);
    assert_eq!(shown(&mut rig, 7, &granted, "no_name"), nobody);
    // One that is here and granted as well is shown once.
    assert_eq!(shown(&mut rig, 8, &[TARGET], "All"), [TARGET, OTHER]);
}
