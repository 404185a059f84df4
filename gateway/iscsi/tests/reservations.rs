//! Reservations between sessions: who hears what, and what has really ended when it is answered.

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

use labelgate_engine::{Exclusion, ImageDescription};
use labelgate_iscsi::pdu::{
    InitiatorTaskTag, LogoutReason, LogoutRequest, Lun, TaskFunction, TaskManagement, opcode,
};
use labelgate_iscsi::serial::StatSn;
use labelgate_scsi::Kept;
use rig::{Direction, IMAGE, Initiator, Rig};

const GOOD: u8 = 0x00;
const CHECK_CONDITION: u8 = 0x02;
const CONFLICT: u8 = 0x18;

const REGISTER: u8 = 0;
const RESERVE: u8 = 1;
const PREEMPT: u8 = 4;
const PREEMPT_AND_ABORT: u8 = 5;
const REGISTER_AND_IGNORE: u8 = 6;
const WRITE_EXCLUSIVE: u8 = 1;

const RESERVE_6: [u8; 6] = [0x16, 0, 0, 0, 0, 0];

fn isid(number: u8) -> [u8; 6] {
    [0x80, 0, 0, 0, 0, number]
}

fn login(rig: &mut Rig, number: u8) -> Initiator {
    Initiator::login_as(rig, u32::from(number), "vm", isid(number), rig::LOGIN_KEYS)
}

/// PERSISTENT RESERVE OUT as it is sent.
fn out(vm: &mut Initiator, action: u8, kind: u8, keys: (u64, u64), flags: u8) -> Vec<u8> {
    let mut list = [0; 24];
    list[..8].copy_from_slice(&keys.0.to_be_bytes());
    list[8..16].copy_from_slice(&keys.1.to_be_bytes());
    list[20] = flags;
    let cdb = [0x5f, action, kind, 0, 0, 0, 0, 0, 24, 0];
    vm.command(&cdb, Direction::Out, 24, &list)
}

/// Sends it and takes its status.
fn status(rig: &mut Rig, vm: &Initiator, bytes: &[u8]) -> u8 {
    rig.feed(vm.id, bytes);
    let answer = rig.one(vm.id);
    match answer.header.opcode {
        opcode::SCSI_RESPONSE | opcode::DATA_IN => answer.status(),
        other => panic!("{other:?}"),
    }
}

/// Two initiators, of which the first holds a reservation, with keys 1 and 2.
fn reserved(rig: &mut Rig, kind: u8) -> (Initiator, Initiator) {
    let (mut one, mut other) = (login(rig, 1), login(rig, 2));
    let register = out(&mut one, REGISTER, 0, (0, 1), 0);
    assert_eq!(status(rig, &one, &register), GOOD);
    let register = out(&mut other, REGISTER, 0, (0, 2), 0);
    assert_eq!(status(rig, &other, &register), GOOD);
    let reserve = out(&mut one, RESERVE, kind, (1, 0), 0);
    assert_eq!(status(rig, &one, &reserve), GOOD);
    (one, other)
}

fn exclusions(rig: &mut Rig) -> Option<Exclusion> {
    let mut last = None;
    while let Some((image, exclusion)) = rig.target.take_exclusion() {
        assert_eq!(image, IMAGE);
        last = Some(exclusion);
    }
    last
}

#[test]
fn another_nexus_gets_reservation_conflict_and_its_write_does_not_happen() {
    let mut rig = Rig::new();
    let (mut one, mut other) = reserved(&mut rig, WRITE_EXCLUSIVE);

    let write = other.write(0, &[7; 512]);
    assert_eq!(status(&mut rig, &other, &write), CONFLICT);
    let read = other.read(0, 1);
    assert_eq!(status(&mut rig, &other, &read), GOOD);
    let write = one.write(8, &[9; 512]);
    assert_eq!(status(&mut rig, &one, &write), GOOD);

    assert_eq!(rig.disk[..512], [0; 512]);
    assert_eq!(rig.disk[8 * 512..9 * 512], [9; 512]);
    assert_eq!(exclusions(&mut rig), Some(Exclusion::Writers));
}

#[test]
fn a_conflict_carries_no_sense_and_says_what_was_not_moved() {
    let mut rig = Rig::new();
    let (_, mut other) = reserved(&mut rig, WRITE_EXCLUSIVE);

    let write = other.write(0, &[7; 1024]);
    rig.feed(other.id, &write);

    let answer = rig.one(other.id);
    assert_eq!((answer.status(), answer.data.len()), (CONFLICT, 0));
    assert_eq!(answer.number(44), 1024, "residual count");
    assert_eq!(answer.bhs[1] & 0x02, 0x02, "underflow");
}

#[test]
fn reserving_ends_only_when_everything_that_was_begun_before_has_ended() {
    let mut rig = Rig::new();
    let (mut one, mut other) = (login(&mut rig, 1), login(&mut rig, 2));
    let register = out(&mut one, REGISTER, 0, (0, 1), 0);
    assert_eq!(status(&mut rig, &one, &register), GOOD);
    rig.hold = true;
    let write = other.write(0, &[7; 512]);
    rig.feed(other.id, &write);

    let reserve = out(&mut one, RESERVE, WRITE_EXCLUSIVE, (1, 0), 0);
    rig.feed(one.id, &reserve);

    assert!(rig.pdus(one.id).is_empty(), "the write is in flight");
    let late = other.write(8, &[8; 512]);
    assert_eq!(status(&mut rig, &other, &late), CONFLICT);
    rig.release();
    assert_eq!(rig.one(one.id).status(), GOOD);
    assert_eq!(rig.one(other.id).status(), GOOD, "it was there first");
}

#[test]
fn a_write_whose_data_comes_after_the_reservation_is_a_conflict() {
    let mut rig = Rig::new();
    let (mut one, mut other) = (login(&mut rig, 1), login(&mut rig, 2));
    let register = out(&mut one, REGISTER, 0, (0, 1), 0);
    assert_eq!(status(&mut rig, &one, &register), GOOD);
    let cdb = rig::write10(0, 2);
    let begun = other.command_with(&cdb, Direction::Out, 1024, &[7; 512], true);
    rig.feed(other.id, &begun);
    let r2t = rig.one(other.id);
    assert_eq!(r2t.header.opcode, opcode::R2T);
    let reserve = out(&mut one, RESERVE, WRITE_EXCLUSIVE, (1, 0), 0);
    assert_eq!(status(&mut rig, &one, &reserve), GOOD);

    rig.feed(other.id, &data_out(&r2t, &[7; 512]));

    assert_eq!(rig.one(other.id).status(), CONFLICT);
    assert_eq!(rig.disk[..1024], [0; 1024]);
}

#[test]
fn a_target_cold_reset_ends_all_sessions_and_what_reserve_has_reserved() {
    let mut rig = Rig::new();
    let (mut one, other) = (login(&mut rig, 1), login(&mut rig, 2));
    let reserve = one.command(&RESERVE_6, Direction::None, 0, &[]);
    assert_eq!(status(&mut rig, &one, &reserve), GOOD);

    rig.feed(other.id, &reset(&other, TaskFunction::TargetColdReset));

    assert!(rig.is_closed(one.id) && rig.is_closed(other.id));
    assert_eq!(exclusions(&mut rig), Some(Exclusion::Nobody));
    let mut again = login(&mut rig, 3);
    let reserve = again.command(&RESERVE_6, Direction::None, 0, &[]);
    assert_eq!(status(&mut rig, &again, &reserve), GOOD);
}

/// The Data-Out that an R2T asks for.
fn data_out(r2t: &rig::Pdu, data: &[u8]) -> Vec<u8> {
    let mut bhs = [0; 48];
    bhs[0] = 0x05;
    bhs[1] = 0x80;
    bhs[5..8].copy_from_slice(&(data.len() as u32).to_be_bytes()[1..]);
    bhs[16..24].copy_from_slice(&r2t.bhs[16..24]);
    bhs[40..44].copy_from_slice(&r2t.bhs[40..44]);
    rig::with_data(&bhs, data)
}

#[test]
fn preempt_and_abort_ends_the_preempted_writes_before_its_answer() {
    let mut rig = Rig::new();
    let (mut one, mut other) = reserved(&mut rig, WRITE_EXCLUSIVE);
    rig.hold = true;
    let write = one.write(0, &[7; 512]);
    rig.feed(one.id, &write);
    let coming = one.command_with(&rig::write10(8, 2), Direction::Out, 1024, &[7; 512], true);
    rig.feed(one.id, &coming);
    assert_eq!(rig.one(one.id).header.opcode, opcode::R2T);

    let preempt = out(&mut other, PREEMPT_AND_ABORT, WRITE_EXCLUSIVE, (2, 1), 0);
    rig.feed(other.id, &preempt);
    assert!(
        rig.pdus(other.id).is_empty(),
        "a write of the preempted one is in flight"
    );
    rig.release();

    assert_eq!(rig.one(other.id).status(), GOOD);
    assert!(
        rig.pdus(one.id).is_empty(),
        "what was aborted is not answered"
    );
    rig.hold = false;
    let test = one.command(&[0; 6], Direction::None, 0, &[]);
    rig.feed(one.id, &test);
    assert_eq!(rig.one(one.id).sense(), (6, 0x2f, 0x00));
    let test = one.command(&[0; 6], Direction::None, 0, &[]);
    rig.feed(one.id, &test);
    assert_eq!(rig.one(one.id).sense(), (6, 0x2a, 0x05));
    let write = one.write(0, &[8; 512]);
    assert_eq!(status(&mut rig, &one, &write), CONFLICT);
}

#[test]
fn preempt_lets_the_preempted_writes_end_and_waits_for_them() {
    let mut rig = Rig::new();
    let (mut one, mut other) = reserved(&mut rig, WRITE_EXCLUSIVE);
    rig.hold = true;
    let write = one.write(0, &[7; 512]);
    rig.feed(one.id, &write);

    let preempt = out(&mut other, PREEMPT, WRITE_EXCLUSIVE, (2, 1), 0);
    rig.feed(other.id, &preempt);
    assert!(rig.pdus(other.id).is_empty());
    rig.release();

    assert_eq!(rig.one(other.id).status(), GOOD);
    assert_eq!(rig.one(one.id).status(), GOOD);
}

#[test]
fn a_pattern_that_is_being_written_stops_where_its_writer_is_excluded() {
    let mut rig = Rig::new();
    let (mut one, mut other) = (login(&mut rig, 1), login(&mut rig, 2));
    let register = out(&mut one, REGISTER, 0, (0, 1), 0);
    assert_eq!(status(&mut rig, &one, &register), GOOD);
    rig.hold = true;
    // WRITE SAME of two MiB: a buffer at a time.
    let cdb = [0x41, 0, 0, 0, 0, 0, 0, 0x10, 0, 0];
    let same = other.command(&cdb, Direction::Out, 512, &[7; 512]);
    rig.feed(other.id, &same);
    let reserve = out(&mut one, RESERVE, WRITE_EXCLUSIVE, (1, 0), 0);
    rig.feed(one.id, &reserve);

    rig.release();

    assert_eq!(rig.one(one.id).status(), GOOD);
    assert_eq!(rig.one(other.id).status(), CONFLICT);
    assert!(rig.held.is_empty(), "no second half is written");
}

#[test]
fn a_plain_reservation_ends_with_its_session_and_by_every_reset() {
    for end in [
        "hang up",
        "log out",
        "unit reset",
        "target reset",
        "another login",
    ] {
        let mut rig = Rig::new();
        let (mut one, mut other) = (login(&mut rig, 1), login(&mut rig, 2));
        let reserve = one.command(&RESERVE_6, Direction::None, 0, &[]);
        assert_eq!(status(&mut rig, &one, &reserve), GOOD);
        assert_eq!(exclusions(&mut rig), Some(Exclusion::Everybody));
        let read = other.read(0, 1);
        assert_eq!(status(&mut rig, &other, &read), CONFLICT);

        match end {
            "hang up" => rig.hang_up(one.id),
            "log out" => rig.feed(one.id, &logout(&one)),
            "another login" => drop(Initiator::begin(
                &mut rig,
                3,
                "vm",
                isid(1),
                rig::LOGIN_KEYS,
            )),
            "unit reset" => rig.feed(other.id, &reset(&other, TaskFunction::LogicalUnitReset)),
            _ => rig.feed(other.id, &reset(&other, TaskFunction::TargetWarmReset)),
        }

        assert_eq!(exclusions(&mut rig), Some(Exclusion::Nobody), "{end}");
        assert_eq!(rig.changes.last().unwrap().description, "", "{end}");
        rig.pdus(other.id);
        let test = other.command(&[0; 6], Direction::None, 0, &[]);
        rig.feed(other.id, &test);
        rig.pdus(other.id);
        let reserve = other.command(&RESERVE_6, Direction::None, 0, &[]);
        assert_eq!(status(&mut rig, &other, &reserve), GOOD, "{end}");
    }
}

fn logout(vm: &Initiator) -> Vec<u8> {
    let request = LogoutRequest {
        immediate: false,
        reason: LogoutReason::CloseSession,
        initiator_task_tag: InitiatorTaskTag(9001),
        cid: labelgate_iscsi::pdu::Cid(1),
        cmd_sn: vm.cmd_sn,
        exp_stat_sn: StatSn::new(0),
    };
    request.encode().to_vec()
}

fn reset(vm: &Initiator, function: TaskFunction) -> Vec<u8> {
    TaskManagement {
        immediate: true,
        function,
        lun: Lun::ZERO,
        initiator_task_tag: InitiatorTaskTag(9000),
        referenced_task_tag: InitiatorTaskTag::RESERVED,
        cmd_sn: vm.cmd_sn,
        exp_stat_sn: StatSn::new(0),
        ref_cmd_sn: vm.cmd_sn.minus(1),
        exp_data_sn: 0,
    }
    .encode()
    .to_vec()
}

#[test]
fn a_persistent_reservation_is_there_for_its_nexus_when_that_comes_back() {
    let mut rig = Rig::new();
    let (one, mut other) = reserved(&mut rig, WRITE_EXCLUSIVE);
    rig.hang_up(one.id);

    let write = other.write(0, &[7; 512]);
    assert_eq!(status(&mut rig, &other, &write), CONFLICT);
    let mut again = Initiator::login_as(&mut rig, 3, "vm", isid(1), rig::LOGIN_KEYS);
    let write = again.write(0, &[7; 512]);
    assert_eq!(status(&mut rig, &again, &write), GOOD);
    let mut stranger = Initiator::login_as(&mut rig, 4, "other", isid(1), rig::LOGIN_KEYS);
    let write = stranger.write(0, &[8; 512]);
    assert_eq!(
        status(&mut rig, &stranger, &write),
        CONFLICT,
        "the name and ISID of another identity are not its nexus"
    );
}

#[test]
fn what_is_to_outlive_the_worker_is_kept_before_it_is_answered() {
    let mut rig = Rig::new();
    let mut one = login(&mut rig, 1);
    let register = out(&mut one, REGISTER, 0, (0, 1), 0x01);
    assert_eq!(status(&mut rig, &one, &register), GOOD);
    let reserve = out(&mut one, RESERVE, WRITE_EXCLUSIVE, (1, 0), 0);
    assert_eq!(status(&mut rig, &one, &reserve), GOOD);
    let change = rig.changes.last().unwrap().clone();
    let text = "write exclusive, held by iqn.2008-11.org.linux-kvm:vm,i,0x800000000001; \
                1 registered, outlives restarts";
    assert_eq!(change.description, text);

    let mut next = Rig::new();
    next.target
        .restore(IMAGE, Kept::parse(&change.record).unwrap());

    assert_eq!(exclusions(&mut next), Some(Exclusion::Writers));
    let (mut one, mut other) = (login(&mut next, 1), login(&mut next, 2));
    let write = other.write(0, &[7; 512]);
    assert_eq!(status(&mut next, &other, &write), CONFLICT);
    let write = one.write(0, &[7; 512]);
    assert_eq!(status(&mut next, &one, &write), GOOD);
}

#[test]
fn what_cannot_be_kept_is_not_answered_with_good() {
    let mut rig = Rig::new();
    let mut one = login(&mut rig, 1);
    rig.keeps = false;

    let register = out(&mut one, REGISTER_AND_IGNORE, 0, (0, 1), 0x01);
    rig.feed(one.id, &register);

    let answer = rig.one(one.id);
    assert_eq!(answer.status(), CHECK_CONDITION);
    assert_eq!(answer.sense(), (4, 0x44, 0x00));
}

#[test]
fn an_image_that_comes_anew_has_no_reservations_of_before() {
    let mut rig = Rig::new();
    let (_, _) = reserved(&mut rig, WRITE_EXCLUSIVE);
    let now = rig.now;
    labelgate_engine::Engine::image_removed(&mut rig.target, IMAGE, now, &mut rig.outbox);
    rig.pump();
    let description = ImageDescription {
        target: rig::TARGET.to_owned(),
        file_name: "disk".to_owned(),
        serial: "0123456789abcdef0123456789abcdef".to_owned(),
        naa: [0x30, 1, 2, 3, 4, 5, 6, 7],
        geometry: rig::geometry(rig::SIZE),
    };
    labelgate_engine::Engine::image_added(&mut rig.target, IMAGE, description);

    let mut other = login(&mut rig, 5);

    let write = other.write(0, &[7; 512]);
    assert_eq!(status(&mut rig, &other, &write), GOOD);
}
