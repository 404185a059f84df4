//! Ends are real: what is answered only once the kernel has ended an operation, and what an
//! operation without an initiator holds back.

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

use labelgate_iscsi::pdu::{
    InitiatorTaskTag, LogoutReason, LogoutRequest, Lun, TaskFunction, TaskManagement, opcode,
};
use labelgate_iscsi::serial::{CmdSn, StatSn};
use rig::{Direction, Initiator, Rig};

fn management(function: TaskFunction, referenced: InitiatorTaskTag, cmd_sn: CmdSn) -> Vec<u8> {
    TaskManagement {
        immediate: true,
        function,
        lun: Lun::ZERO,
        initiator_task_tag: InitiatorTaskTag(9000),
        referenced_task_tag: referenced,
        cmd_sn,
        exp_stat_sn: StatSn::new(0),
        ref_cmd_sn: cmd_sn.minus(1),
        exp_data_sn: 0,
    }
    .encode()
    .to_vec()
}

#[test]
fn an_abort_is_answered_only_when_the_write_has_ended_and_the_write_never_is() {
    let mut rig = Rig::new();
    let mut vm = Initiator::login(&mut rig, 1);
    rig.hold = true;
    let write = vm.write(0, &[7; 512]);
    rig.feed(vm.id, &write);

    rig.feed(
        vm.id,
        &management(TaskFunction::AbortTask, vm.last_tag(), vm.cmd_sn),
    );
    assert!(
        rig.pdus(vm.id).is_empty(),
        "the write is still in the kernel's hands"
    );
    rig.release();

    let answer = rig.one(vm.id);
    assert_eq!(answer.header.opcode, opcode::TASK_MANAGEMENT_RESPONSE);
    assert_eq!(answer.bhs[2], 0, "function complete");
}

#[test]
fn aborting_a_task_that_is_not_there_says_so() {
    let mut rig = Rig::new();
    let vm = Initiator::login(&mut rig, 1);

    rig.feed(
        vm.id,
        &management(TaskFunction::AbortTask, InitiatorTaskTag(4711), vm.cmd_sn),
    );

    assert_eq!(rig.one(vm.id).bhs[2], 1, "task does not exist");
}

#[test]
fn a_lun_reset_waits_for_everybodys_io_and_everybody_hears_of_it() {
    let mut rig = Rig::new();
    let mut one = Initiator::login(&mut rig, 1);
    let mut other =
        Initiator::login_as(&mut rig, 2, "other", [0x80, 0, 0, 0, 0, 2], rig::LOGIN_KEYS);
    rig.hold = true;
    let write = other.write(0, &[7; 512]);
    rig.feed(other.id, &write);

    rig.feed(
        one.id,
        &management(
            TaskFunction::LogicalUnitReset,
            InitiatorTaskTag::RESERVED,
            one.cmd_sn,
        ),
    );
    assert!(rig.pdus(one.id).is_empty());
    rig.release();
    rig.hold = false;

    assert_eq!(
        rig.one(one.id).header.opcode,
        opcode::TASK_MANAGEMENT_RESPONSE
    );
    assert!(rig.pdus(other.id).is_empty(), "an aborted task is silent");
    for vm in [&mut one, &mut other] {
        let tur = vm.command(&[0; 6], Direction::None, 0, &[]);
        rig.feed(vm.id, &tur);
        assert_eq!(rig.one(vm.id).sense(), (6, 0x29, 0x03));
    }
}

#[test]
fn clearing_the_task_set_tells_the_other_nexus_and_not_the_one_that_did_it() {
    let mut rig = Rig::new();
    let mut one = Initiator::login(&mut rig, 1);
    let mut other =
        Initiator::login_as(&mut rig, 2, "other", [0x80, 0, 0, 0, 0, 2], rig::LOGIN_KEYS);
    rig.hold = true;
    let write = other.write(0, &[7; 512]);
    rig.feed(other.id, &write);
    rig.feed(
        one.id,
        &management(
            TaskFunction::ClearTaskSet,
            InitiatorTaskTag::RESERVED,
            one.cmd_sn,
        ),
    );
    rig.release();
    rig.hold = false;
    assert_eq!(
        rig.one(one.id).header.opcode,
        opcode::TASK_MANAGEMENT_RESPONSE
    );

    let tur = one.command(&[0; 6], Direction::None, 0, &[]);
    rig.feed(one.id, &tur);
    assert_eq!(rig.one(one.id).status(), 0);
    let tur = other.command(&[0; 6], Direction::None, 0, &[]);
    rig.feed(other.id, &tur);
    assert_eq!(rig.one(other.id).sense(), (6, 0x2f, 0x00));
}

#[test]
fn a_write_whose_initiator_is_gone_never_lands_on_a_newer_one() {
    let mut rig = Rig::new();
    let mut old = Initiator::login(&mut rig, 1);
    rig.hold = true;
    let write = old.write(8, &[1; 512]);
    rig.feed(old.id, &write);
    rig.hang_up(old.id);

    let mut new = Initiator::login_as(
        &mut rig,
        2,
        "elsewhere",
        [0x80, 0, 0, 0, 0, 9],
        rig::LOGIN_KEYS,
    );
    let write = new.write(8, &[2; 512]);
    rig.feed(new.id, &write);
    assert_eq!(rig.held.len(), 1, "the newer write waits");
    rig.release();
    assert_eq!(rig.held.len(), 1, "now it has been submitted");
    rig.release();

    assert_eq!(rig.one(new.id).status(), 0);
    assert_eq!(rig.disk[8 * 512..9 * 512], [2; 512]);
}

#[test]
fn a_session_is_reinstated_only_when_the_io_of_the_old_one_has_ended() {
    let mut rig = Rig::new();
    let isid = [0x80, 0, 0, 0, 0, 1];
    let mut old = Initiator::login(&mut rig, 1);
    rig.hold = true;
    let write = old.write(0, &[1; 512]);
    rig.feed(old.id, &write);

    let new = Initiator::begin(&mut rig, 2, "address 192.0.2.1", isid, rig::LOGIN_KEYS);
    assert!(rig.is_closed(old.id));
    assert!(rig.pdus(new.id).is_empty(), "the login waits");
    rig.release();

    assert_eq!(rig.one(new.id).header.opcode, opcode::LOGIN_RESPONSE);
}

#[test]
fn another_identity_with_the_same_name_and_isid_reinstates_nothing() {
    let mut rig = Rig::new();
    let isid = [0x80, 0, 0, 0, 0, 1];
    let old = Initiator::login(&mut rig, 1);

    let new = Initiator::begin(&mut rig, 2, "somebody else", isid, rig::LOGIN_KEYS);

    assert_eq!(rig.one(new.id).header.opcode, opcode::LOGIN_RESPONSE);
    assert!(!rig.is_closed(old.id));
}

#[test]
fn a_logout_is_answered_only_when_everything_has_ended() {
    let mut rig = Rig::new();
    let mut vm = Initiator::login(&mut rig, 1);
    rig.hold = true;
    let write = vm.write(0, &[7; 512]);
    rig.feed(vm.id, &write);
    let logout = LogoutRequest {
        immediate: true,
        reason: LogoutReason::CloseSession,
        initiator_task_tag: InitiatorTaskTag(77),
        cid: labelgate_iscsi::pdu::Cid(1),
        cmd_sn: vm.cmd_sn,
        exp_stat_sn: StatSn::new(0),
    };

    rig.feed(vm.id, &logout.encode());
    assert!(rig.pdus(vm.id).is_empty());
    rig.release();

    assert_eq!(rig.one(vm.id).header.opcode, opcode::LOGOUT_RESPONSE);
    assert!(rig.is_closed(vm.id));
    assert!(rig.target.is_idle());
}

#[test]
fn compare_and_write_is_atomic_against_overlapping_io() {
    let mut rig = Rig::new();
    let mut vm = Initiator::login(&mut rig, 1);
    rig.hold = true;
    let mut cdb = [0; 16];
    cdb[0] = 0x89;
    cdb[13] = 1;
    let mut data = vec![0; 512];
    data.extend_from_slice(&[5; 512]);
    let compare_and_write = vm.command(&cdb, Direction::Out, 1024, &data);
    rig.feed(vm.id, &compare_and_write);
    let write = vm.write(0, &[9; 1024]);
    rig.feed(vm.id, &write);

    assert_eq!(rig.held.len(), 1, "its read; the write waits");
    rig.release();
    assert_eq!(rig.held.len(), 1, "its write; the other still waits");
    rig.release();
    assert_eq!(rig.disk[..512], [5; 512]);
    rig.release();

    assert_eq!(
        rig.pdus(vm.id)
            .iter()
            .map(rig::Pdu::status)
            .collect::<Vec<_>>(),
        [0, 0]
    );
    assert_eq!(rig.disk[..1024], [9; 1024]);
}

#[test]
fn or_write_is_atomic_against_overlapping_io() {
    let mut rig = Rig::new();
    let mut vm = Initiator::login(&mut rig, 1);
    rig.hold = true;
    rig.disk[..512].fill(0x0c);
    let mut cdb = [0; 16];
    cdb[0] = 0x8b;
    cdb[13] = 1;
    let or_write = vm.command(&cdb, Direction::Out, 512, &[0x0a; 512]);
    rig.feed(vm.id, &or_write);
    let write = vm.write(0, &[9; 1024]);
    rig.feed(vm.id, &write);

    assert_eq!(rig.held.len(), 1, "its read; the write waits");
    rig.release();
    assert_eq!(rig.held.len(), 1, "its write; the other still waits");
    rig.release();
    assert_eq!(rig.disk[..512], [0x0e; 512]);
    rig.release();

    let answers = rig.pdus(vm.id);
    let answers: Vec<_> = answers.iter().map(rig::Pdu::status).collect();
    assert_eq!(answers, [0, 0]);
    assert_eq!(rig.disk[..1024], [9; 1024]);
}

#[test]
fn a_miscompare_says_where_and_writes_nothing() {
    let mut rig = Rig::new();
    let mut vm = Initiator::login(&mut rig, 1);
    rig.disk[100] = 1;
    let mut cdb = [0; 16];
    cdb[0] = 0x89;
    cdb[13] = 1;
    let mut data = vec![0; 512];
    data.extend_from_slice(&[5; 512]);

    let command = vm.command(&cdb, Direction::Out, 1024, &data);
    rig.feed(vm.id, &command);

    let answer = rig.one(vm.id);
    assert_eq!(answer.sense(), (0x0e, 0x1d, 0x00));
    assert_eq!(answer.data[2 + 3..2 + 7], 100_u32.to_be_bytes());
    assert_eq!(rig.disk[0], 0);
}
