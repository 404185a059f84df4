//! What a guest that owns its QEMU tries against the worker of its label: to confuse it about whose
//! answer is whose, to make it hold more than it may, to be served before others for ever.

#![allow(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that fails may panic, and its numbers are its own"
)]

mod rig;
use labelgate_engine::{Engine, Operation};
use labelgate_iscsi::Limits;
use labelgate_iscsi::pdu::*;
use labelgate_iscsi::serial::{CmdSn, StatSn};
use rig::{Direction, Initiator, Rig, with_data, write10};
use std::time::Duration;

fn tmf(function: TaskFunction, referenced: InitiatorTaskTag, cmd_sn: CmdSn) -> Vec<u8> {
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
fn logout(cmd_sn: CmdSn) -> Vec<u8> {
    LogoutRequest {
        immediate: true,
        reason: LogoutReason::CloseSession,
        initiator_task_tag: InitiatorTaskTag(77),
        cid: Cid(1),
        cmd_sn,
        exp_stat_sn: StatSn::new(0),
    }
    .encode()
    .to_vec()
}
fn nop(cmd_sn: CmdSn) -> Vec<u8> {
    NopOut {
        immediate: true,
        lun: Lun::ZERO,
        initiator_task_tag: InitiatorTaskTag(5),
        target_transfer_tag: TargetTransferTag::RESERVED,
        cmd_sn,
        exp_stat_sn: StatSn::new(0),
    }
    .encode(SegmentLength::saturating(0))
    .to_vec()
}
fn data_out(
    tag: InitiatorTaskTag,
    transfer: u32,
    number: u32,
    offset: u32,
    data: &[u8],
    last: bool,
) -> Vec<u8> {
    let pdu = DataOut {
        is_final: last,
        lun: Lun::ZERO,
        initiator_task_tag: tag,
        target_transfer_tag: TargetTransferTag(transfer),
        exp_stat_sn: StatSn::new(0),
        data_sn: number,
        buffer_offset: offset,
    };
    with_data(&pdu.encode(SegmentLength::saturating(data.len())), data)
}
const ISID: [u8; 6] = [0x80, 0, 0, 0, 0, 1];
const ISID2: [u8; 6] = [0x80, 0, 0, 0, 0, 2];
fn small() -> Limits {
    Limits {
        shared_bytes: 2 << 20,
        ..Limits::default()
    }
}
/// Room for two of the longest reads, and a share.
fn for_two() -> Limits {
    Limits {
        shared_bytes: 3 << 20,
        ..Limits::default()
    }
}
fn other(rig: &mut Rig, n: u32) -> Initiator {
    Initiator::login_as(
        rig,
        n,
        "other",
        [0x80, 0, 0, 0, 0, n as u8],
        rig::LOGIN_KEYS,
    )
}

#[test]
fn a_logout_of_a_connection_that_is_gone_does_not_reach_its_successor() {
    let mut rig = Rig::new();
    let mut evil = Initiator::login(&mut rig, 1);
    rig.hold = true;
    let w = evil.write(0, &[7; 512]);
    rig.feed(evil.id, &w);
    rig.feed(evil.id, &logout(evil.cmd_sn));
    rig.hang_up(evil.id);
    let innocent = Initiator::login_as(&mut rig, 1, "somebody else", ISID2, rig::LOGIN_KEYS);
    rig.release();
    assert!(
        !rig.is_closed(innocent.id),
        "an innocent session was logged out"
    );
}

#[test]
fn a_login_of_a_connection_that_is_gone_does_not_become_its_successors() {
    let mut rig = Rig::new();
    let mut old = Initiator::login(&mut rig, 1);
    rig.hold = true;
    let w = old.write(0, &[7; 512]);
    rig.feed(old.id, &w);
    let pending = Initiator::begin(&mut rig, 2, "address 192.0.2.1", ISID, rig::LOGIN_KEYS);
    rig.hang_up(pending.id);
    let fresh = rig.connect(2, "somebody else"); // has not sent a byte
    rig.release();
    assert!(
        rig.pdus(fresh).is_empty(),
        "a connection that said nothing was logged in"
    );
}

#[test]
fn operations_without_an_initiator_keep_what_they_hold_from_being_promised_again() {
    let mut rig = Rig::new();
    rig.hold = true;
    let mut orphans = 0;
    for n in 1..6 {
        let isid = [0x80, 0, 0, 0, 9, n as u8];
        let mut evil = Initiator::begin(&mut rig, n, "evil", isid, rig::LOGIN_KEYS);
        let answer = rig.one(evil.id);
        evil.cmd_sn = answer.exp_cmd_sn();
        // All that the window allows, and each with as much data as may come unasked.
        while evil
            .cmd_sn
            .is_within(answer.exp_cmd_sn(), answer.max_cmd_sn())
        {
            let lba = n * 130 + evil.cmd_sn.get();
            let w = evil.command(&write10(lba, 1), Direction::Out, 262_144, &[3; 262_144]);
            rig.feed(evil.id, &w);
        }
        rig.hang_up(evil.id);
        orphans = rig.held.len();
    }
    let slots = Limits::default().unsolicited_bytes / Limits::FIRST_BURST;
    assert!(orphans <= slots, "{orphans} of {slots}");

    let innocent = Initiator::begin(&mut rig, 50, "other", ISID2, rig::LOGIN_KEYS);
    rig.pdus(innocent.id);
    while !rig.held.is_empty() {
        rig.release();
    }
    // Whatever could not be promised before is promised now, unasked.
    let told = rig.pdus(innocent.id);
    assert!(
        told.last()
            .is_none_or(|pdu| pdu.header.opcode == opcode::NOP_IN)
    );
    rig.feed(innocent.id, &nop(innocent.cmd_sn.next()));
    let answer = rig.one(innocent.id);
    assert!(answer.exp_cmd_sn().precedes(answer.max_cmd_sn()));
}

#[test]
fn management_functions_do_not_pile_up() {
    let mut rig = Rig::new();
    let mut evil = Initiator::login(&mut rig, 1);
    rig.hold = true;
    for _ in 0..100 {
        let w = evil.write(0, &[7; 512]);
        rig.feed(evil.id, &w);
    }
    let reset = tmf(
        TaskFunction::LogicalUnitReset,
        InitiatorTaskTag::RESERVED,
        evil.cmd_sn,
    );
    for _ in 0..5000 {
        rig.feed(evil.id, &reset);
    }
    let text = format!("{:?}", rig.target);
    let waits = text.matches("waits_for").count();
    let keys = text[text.find("ends:").unwrap()..]
        .matches("TaskKey")
        .count();
    rig.release();
    assert!(waits < 1000, "{waits} ends, {keys} keys");
}

#[test]
fn aborted_tasks_that_waited_for_memory_are_forgotten() {
    let mut rig = Rig::with(small());
    let mut evil = Initiator::login(&mut rig, 1);
    rig.hold = true;
    let r = evil.read(0, 2048);
    rig.feed(evil.id, &r); // holds everything
    let r = evil.read(0, 2048);
    rig.feed(evil.id, &r); // stays at the front
    for _ in 0..5000 {
        let r = evil.read(0, 2048);
        rig.feed(evil.id, &r);
        rig.feed(
            evil.id,
            &tmf(TaskFunction::AbortTask, evil.last_tag(), evil.cmd_sn),
        );
    }
    let text = format!("{:?}", rig.target);
    let from = text.find("hungry: [").unwrap();
    let keys = text[from..]
        .split(']')
        .next()
        .unwrap()
        .matches("TaskKey")
        .count();
    assert!(keys < 200, "{keys} keys of tasks that are gone");
}

#[test]
fn the_memory_of_an_operation_without_an_initiator_is_handed_on() {
    let mut rig = Rig::with(for_two());
    let mut a = Initiator::login(&mut rig, 1);
    let mut b = other(&mut rig, 2);
    let mut c = other(&mut rig, 3);
    rig.hold = true;
    let r = a.read(0, 2048);
    rig.feed(a.id, &r);
    let r = c.read(0, 2048);
    rig.feed(c.id, &r);
    let r = b.read(0, 2048);
    rig.feed(b.id, &r);
    assert_eq!(rig.held.len(), 2);
    rig.hang_up(a.id);
    rig.release();
    assert_eq!(rig.held.len(), 2, "b's read waits for memory that is free");
}

#[test]
fn small_reads_do_not_starve_a_large_one() {
    let mut rig = Rig::with(small());
    let mut vm = Initiator::login(&mut rig, 1);
    rig.hold = true;
    let r = vm.read(0, 8);
    rig.feed(vm.id, &r);
    let r = vm.read(0, 2048);
    rig.feed(vm.id, &r);
    for _ in 0..300 {
        let r = vm.read(0, 8);
        rig.feed(vm.id, &r);
        rig.release();
        if rig
            .held
            .iter()
            .any(|(_, o)| matches!(o, Operation::Read { length, .. } if *length > 4096))
        {
            return;
        }
    }
    panic!("300 newer reads went first");
}

#[test]
fn a_write_that_waited_for_memory_gets_its_time_to_send() {
    let mut rig = Rig::with(for_two());
    let mut a = Initiator::login(&mut rig, 1);
    let mut b = other(&mut rig, 2);
    let mut c = other(&mut rig, 3);
    rig.hold = true;
    let r = a.read(0, 2048);
    rig.feed(a.id, &r);
    let r = c.read(0, 2048);
    rig.feed(c.id, &r);
    let w = b.command(&write10(0, 2048), Direction::Out, 1 << 20, &[]);
    rig.feed(b.id, &w);
    for _ in 0..4 {
        rig.pass(Duration::from_secs(20));
        rig.feed(a.id, &nop(a.cmd_sn));
        rig.feed(c.id, &nop(c.cmd_sn));
        rig.feed(b.id, &nop(b.cmd_sn));
    }
    rig.pdus(b.id);
    rig.release();
    assert_eq!(rig.pdus(b.id).last().unwrap().header.opcode, opcode::R2T);
    rig.feed(b.id, &nop(b.cmd_sn));
    rig.pass(Duration::from_secs(20));
    assert!(
        !rig.is_closed(b.id),
        "closed within 20 s of the R2T (stall_time is 60 s)"
    );
}

#[test]
fn a_stray_data_out_changes_nothing_of_a_running_command() {
    let mut rig = Rig::new();
    let mut vm = Initiator::login(&mut rig, 1);
    rig.hold = true;
    let mut cdb = [0; 16];
    cdb[0] = 0x89;
    cdb[13] = 1;
    let mut data = vec![0; 512];
    data.extend_from_slice(&[5; 512]);
    let caw = vm.command(&cdb, Direction::Out, 1024, &data);
    rig.feed(vm.id, &caw);
    rig.feed(
        vm.id,
        &data_out(vm.last_tag(), u32::MAX, 0, 0, &[1; 512], true),
    );
    while !rig.held.is_empty() {
        rig.release();
    }
    let status = rig.one(vm.id).status();
    assert!(status != 0 || rig.disk[0] == 5, "GOOD, and nothing written");
}

#[test]
fn a_second_reinstatement_waits_too_and_leaves_one_session() {
    let mut rig = Rig::new();
    let mut old = Initiator::login(&mut rig, 1);
    rig.hold = true;
    let w = old.write(0, &[1; 512]);
    rig.feed(old.id, &w);
    let first = Initiator::begin(&mut rig, 2, "address 192.0.2.1", ISID, rig::LOGIN_KEYS);
    let second = Initiator::begin(&mut rig, 3, "address 192.0.2.1", ISID, rig::LOGIN_KEYS);
    let early = !rig.pdus(second.id).is_empty();
    rig.release();
    let both = !rig.is_closed(first.id) && !rig.is_closed(second.id);
    assert!(!early && !both, "early {early}, both live {both}");
}
// 9b: plain reconnect while the old write is in flight

#[test]
fn a_login_after_a_lost_connection_waits_for_what_is_in_flight() {
    let mut rig = Rig::new();
    let mut old = Initiator::login(&mut rig, 1);
    rig.hold = true;
    let w = old.write(0, &[1; 512]);
    rig.feed(old.id, &w);
    rig.hang_up(old.id);
    let new = Initiator::begin(&mut rig, 2, "address 192.0.2.1", ISID, rig::LOGIN_KEYS);
    assert!(
        rig.pdus(new.id).is_empty(),
        "logged in while the write of the same nexus is in flight"
    );
}

#[test]
fn a_waiting_login_does_not_outlive_its_image() {
    let mut rig = Rig::new();
    let mut old = Initiator::login(&mut rig, 1);
    rig.hold = true;
    let w = old.write(0, &[1; 512]);
    rig.feed(old.id, &w);
    let new = Initiator::begin(&mut rig, 2, "address 192.0.2.1", ISID, rig::LOGIN_KEYS);
    let now = rig.now;
    rig.target.image_removed(rig::IMAGE, now, &mut rig.outbox);
    rig.pump();
    rig.release();
    assert!(rig.is_closed(new.id), "{:?}", rig.pdus(new.id));
}

#[test]
fn nothing_is_begun_after_a_logout() {
    let mut rig = Rig::new();
    let mut vm = Initiator::login(&mut rig, 1);
    rig.hold = true;
    let w = vm.write(0, &[1; 512]);
    rig.feed(vm.id, &w);
    rig.feed(vm.id, &logout(vm.cmd_sn));
    let w = vm.write(8, &[2; 512]);
    rig.feed(vm.id, &w);
    rig.release();
    assert!(
        rig.pdus(vm.id).is_empty() || rig.held.is_empty(),
        "logged out, {} in flight",
        rig.held.len()
    );
}

#[test]
fn an_ordered_command_does_not_overtake_an_older_write() {
    let mut rig = Rig::new();
    let mut vm = Initiator::login(&mut rig, 1);
    rig.hold = true;
    let w = vm.command(&write10(0, 1), Direction::Out, 512, &[]);
    rig.feed(vm.id, &w);
    let mut r = vm.read(0, 1);
    r[1] = (r[1] & !7) | 2;
    rig.feed(vm.id, &r);
    assert!(
        rig.held.is_empty(),
        "the ORDERED read runs before the older write"
    );
}

#[test]
fn a_short_answer_says_how_short_it_is() {
    let mut rig = Rig::new();
    let mut vm = Initiator::login(&mut rig, 1);
    let mut cdb = [0; 16];
    cdb[0] = 0x9e;
    cdb[1] = 0x12;
    cdb[12] = 4; // 1024
    let c = vm.command(&cdb, Direction::In, 1024, &[]);
    rig.feed(vm.id, &c);
    let a = rig.one(vm.id);
    assert_eq!(a.header.opcode, opcode::DATA_IN);
    assert_eq!(
        (a.bhs[1] & 2, a.number(44) as usize),
        (2, 1024 - a.data.len()),
        "underflow, residual"
    );
}

#[test]
fn immediate_commands_keep_to_their_share() {
    let mut rig = Rig::with(Limits {
        shared_bytes: 12 << 20,
        ..Limits::default()
    });
    let mut evil = Initiator::login(&mut rig, 1);
    let mut b = other(&mut rig, 2);
    for _ in 0..12 {
        let mut w = evil.command(&write10(0, 2048), Direction::Out, 1 << 20, &[]);
        evil.cmd_sn = evil.cmd_sn.minus(1);
        w[0] |= 0x40;
        rig.feed(evil.id, &w);
    }
    let r = b.read(0, 8);
    rig.feed(b.id, &r);
    let served = !rig.pdus(b.id).is_empty();
    let login = Initiator::begin(&mut rig, 3, "third", [0x80, 0, 0, 0, 0, 3], rig::LOGIN_KEYS);
    let status = rig.one(login.id).number(36) >> 16;
    assert!(
        served && status == 0,
        "read served {served}, login status {status:#x}"
    );
}

#[test]
fn peers_that_read_nothing_leave_a_share_for_one_that_does() {
    // Reads of a half of a share, and of much more than one.
    for blocks in [256, 2048] {
        let mut rig = Rig::with(Limits {
            shared_bytes: 8 << 20,
            ..Limits::default()
        });
        let mut slow: Vec<_> = (1..=8).map(|n| other(&mut rig, n)).collect();
        let mut innocent = other(&mut rig, 9);
        for vm in &mut slow {
            rig.stick(vm.id, true);
            for _ in 0..16 {
                let read = vm.read(0, blocks);
                rig.feed(vm.id, &read);
            }
        }
        for length in [8, 1024] {
            let read = innocent.read(0, length);
            rig.feed(innocent.id, &read);
            assert!(!rig.pdus(innocent.id).is_empty(), "{length} after {blocks}");
        }
    }
}

#[test]
fn a_lone_peer_may_have_the_whole_of_a_small_pool() {
    let mut rig = Rig::with(small());
    let mut vm = Initiator::login(&mut rig, 1);
    // WRITE AND VERIFY of a mebibyte holds what comes and what it reads back.
    let mut cdb = write10(0, 2048);
    cdb[0] = 0x2e;
    let command = vm.command(&cdb, Direction::Out, 1 << 20, &[]);
    rig.feed(vm.id, &command);
    assert_eq!(rig.one(vm.id).header.opcode, opcode::R2T);
}

#[test]
fn a_long_queue_of_ordered_commands_is_worked_off() {
    let mut rig = Rig::new();
    let mut vm = Initiator::login(&mut rig, 1);
    rig.hold = true;
    for n in 0..60 {
        let mut w = vm.write(0, &[n; 512]);
        w[1] = (w[1] & !7) | 2;
        rig.feed(vm.id, &w);
    }
    for _ in 0..60 {
        assert_eq!(rig.held.len(), 1, "one at a time");
        rig.release();
    }
    assert_eq!(rig.pdus(vm.id).len(), 60);
    assert_eq!(rig.disk[0], 59, "in order");
}
fn rss() -> usize {
    std::fs::read_to_string("/proc/self/statm")
        .unwrap()
        .split(' ')
        .nth(1)
        .unwrap()
        .parse::<usize>()
        .unwrap()
        * 4096
}

#[test]
fn what_nobody_reads_takes_little_memory() {
    let shared = 16 << 20;
    let mut rig = Rig::with(Limits {
        shared_bytes: shared,
        ..Limits::default()
    });
    let before = rss();
    for n in 1..=16 {
        let vm = other(&mut rig, n);
        rig.stick(vm.id, true);
        let flood: Vec<u8> = (0..1000).flat_map(|_| nop(vm.cmd_sn)).collect();
        while rig.unconsumed(vm.id) < 48_000 {
            rig.feed(vm.id, &flood);
        }
    }
    let heap = rss() - before;
    assert!(heap < shared + (16 << 20));
}
