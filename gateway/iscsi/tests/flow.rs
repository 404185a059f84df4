//! Flow control: windows, bursts, memory, peers that do not read or do not send.

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

use labelgate_iscsi::Limits;
use labelgate_iscsi::pdu::{
    DataOut, InitiatorTaskTag, Lun, SegmentLength, TargetTransferTag, opcode,
};
use labelgate_iscsi::serial::StatSn;
use rig::{Direction, Initiator, Rig, with_data, write10};

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

const UNSOLICITED: u32 = u32::MAX;

#[test]
fn a_write_of_a_mebibyte_comes_as_immediate_unsolicited_and_solicited_data() {
    let mut rig = Rig::new();
    let mut vm = Initiator::login(&mut rig, 1);
    let data: Vec<u8> = (0..1 << 20)
        .map(|n: u32| (n / 512) as u8 ^ n as u8)
        .collect();
    let blocks = data.len() / 512;

    let command = vm.command_with(
        &write10(0, blocks),
        Direction::Out,
        1 << 20,
        &data[..8192],
        false,
    );
    rig.feed(vm.id, &command);
    let tag = vm.last_tag();
    rig.feed(
        vm.id,
        &data_out(tag, UNSOLICITED, 0, 8192, &data[8192..131_072], false),
    );
    rig.feed(
        vm.id,
        &data_out(tag, UNSOLICITED, 1, 131_072, &data[131_072..262_144], true),
    );
    for burst in 1..4_u32 {
        let r2t = rig.one(vm.id);
        assert_eq!(r2t.header.opcode, opcode::R2T);
        assert_eq!((r2t.number(40), r2t.number(44)), (burst << 18, 1 << 18));
        let from = (burst as usize) << 18;
        rig.feed(
            vm.id,
            &data_out(
                tag,
                r2t.number(20),
                0,
                burst << 18,
                &data[from..from + (1 << 18)],
                true,
            ),
        );
    }

    assert_eq!(rig.one(vm.id).status(), 0);
    assert_eq!(rig.disk[..1 << 20], data);
    assert!(rig.target.is_idle());
}

#[test]
fn as_many_unsolicited_writes_as_the_window_has_find_room() {
    const WINDOW: u32 = 64;
    let mut rig = Rig::with(Limits {
        window: WINDOW,
        ..Limits::default()
    });
    let mut vm = Initiator::login(&mut rig, 1);
    rig.hold = true;
    let mut outside = 0;
    for _ in 0..150 {
        let write = vm.write(0, &[3; 262_144]);
        rig.feed(vm.id, &write);
        outside = rig.held.len();
    }

    // What is beyond MaxCmdSN is ignored, without its data being kept.
    assert_eq!(outside, WINDOW as usize);
    rig.hold = false;
    while !rig.held.is_empty() {
        rig.release();
    }
    assert_eq!(rig.pdus(vm.id).len(), outside);
    assert!(rig.target.is_idle());
}

#[test]
fn many_connections_share_the_window_and_each_has_its_guarantee() {
    let mut rig = Rig::new();
    let connections = Limits::default().connections;
    let vms: Vec<_> = (1..=connections)
        .map(|n| {
            Initiator::login_as(
                &mut rig,
                n,
                "same",
                [0x80, 0, 0, 0, 1, n as u8],
                rig::LOGIN_KEYS,
            )
        })
        .collect();
    rig.hold = true;

    for mut vm in vms {
        for _ in 0..12 {
            let write = vm.write(0, &[3; 262_144]);
            rig.feed(vm.id, &write);
        }
        assert!(!rig.is_closed(vm.id), "whatever was promised has room");
    }

    let slots = Limits::default().unsolicited_bytes / Limits::FIRST_BURST;
    assert!(rig.held.len() <= slots);
    assert!(rig.held.len() >= 2 * connections as usize);
}

#[test]
fn a_peer_that_does_not_read_is_not_read_and_holds_a_bounded_share() {
    let mut rig = Rig::new();
    let vm = Initiator::login(&mut rig, 1);
    let mut other =
        Initiator::login_as(&mut rig, 2, "other", [0x80, 0, 0, 0, 0, 2], rig::LOGIN_KEYS);
    rig.stick(vm.id, true);

    for _ in 0..1500 {
        let ping = labelgate_iscsi::pdu::NopOut {
            immediate: true,
            lun: Lun::ZERO,
            initiator_task_tag: InitiatorTaskTag(5),
            target_transfer_tag: TargetTransferTag::RESERVED,
            cmd_sn: vm.cmd_sn,
            exp_stat_sn: StatSn::new(0),
        };
        let data = [0x55; 65_536];
        rig.feed(
            vm.id,
            &with_data(&ping.encode(SegmentLength::saturating(data.len())), &data),
        );
    }

    assert!(rig.unconsumed(vm.id) > 0, "reading stopped");
    assert!(rig.unread(vm.id) < 32 << 20, "{}", rig.unread(vm.id));
    let read = other.read(0, 2048);
    rig.feed(other.id, &read);
    assert_eq!(
        rig.pdus(other.id).last().unwrap().header.opcode,
        opcode::DATA_IN
    );

    rig.pass(Duration::from_secs(61));
    assert!(rig.is_closed(vm.id), "it is given up on");
}

#[test]
fn an_initiator_that_owes_data_is_given_up_on() {
    let mut rig = Rig::new();
    let mut vm = Initiator::login(&mut rig, 1);
    let command = vm.command(&write10(0, 2048), Direction::Out, 1 << 20, &[]);
    rig.feed(vm.id, &command);
    assert_eq!(rig.one(vm.id).header.opcode, opcode::R2T);

    rig.pass(Duration::from_secs(200));

    assert!(rig.is_closed(vm.id));
    assert!(rig.target.is_idle());
}

#[test]
fn a_silent_initiator_is_pinged_and_then_given_up_on() {
    let mut rig = Rig::new();
    let vm = Initiator::login(&mut rig, 1);

    rig.pass(Duration::from_secs(31));
    let ping = rig.one(vm.id);
    assert_eq!(ping.header.opcode, opcode::NOP_IN);
    assert!(!rig.is_closed(vm.id));
    rig.pass(Duration::from_secs(31));

    assert!(rig.is_closed(vm.id));
}

#[test]
fn a_half_open_login_is_closed_in_time() {
    let mut rig = Rig::new();
    let id = rig.connect(1, "x");

    rig.pass(Duration::from_secs(11));

    assert!(rig.is_closed(id));
}

#[test]
fn a_pdu_that_claims_16_mib_closes_the_connection() {
    let mut rig = Rig::new();
    let mut vm = Initiator::login(&mut rig, 1);
    let mut command = vm.command(&[0; 6], Direction::None, 0, &[]);
    command[5..8].copy_from_slice(&[0xff, 0xff, 0xff]);

    rig.feed(vm.id, &command);

    assert!(rig.is_closed(vm.id));
}

#[test]
fn data_out_of_order_fails_its_command_and_not_the_session() {
    let mut rig = Rig::new();
    let mut vm = Initiator::login(&mut rig, 1);
    let command = vm.command_with(&write10(0, 16), Direction::Out, 8192, &[], false);
    rig.feed(vm.id, &command);
    let tag = vm.last_tag();

    rig.feed(vm.id, &data_out(tag, UNSOLICITED, 27, 0, &[1; 4096], false));
    rig.feed(
        vm.id,
        &data_out(tag, UNSOLICITED, 28, 4096, &[1; 4096], true),
    );

    assert_eq!(rig.one(vm.id).sense(), (0x0b, 0x0c, 0x0c));
    assert!(rig.disk.iter().all(|&byte| byte == 0));
    let write = vm.write(0, &[2; 512]);
    rig.feed(vm.id, &write);
    assert_eq!(rig.one(vm.id).status(), 0);
}

#[test]
fn digests_are_checked_and_made() {
    let mut rig = Rig::new();
    let keys = rig::LOGIN_KEYS.replace("Digest=None", "Digest=CRC32C");
    let mut vm = Initiator::begin(&mut rig, 1, "x", [0x80, 0, 0, 0, 0, 1], &keys);
    rig.raw(vm.id);
    let digest = labelgate_iscsi::digest::of;
    for _ in 0..2 {
        let write = vm.write(0, &[4; 512]);
        let mut bytes = write[..48].to_vec();
        bytes.extend(digest(&write[..48]));
        bytes.extend(&write[48..]);
        bytes.extend(digest(&write[48..]));
        rig.feed(vm.id, &bytes);
    }

    // The first one hears of the unit attention; the second one writes.
    let answer = rig.raw(vm.id);
    assert_eq!(rig.disk[..512], [4; 512]);
    let last = &answer[answer.len() - 52..];
    assert_eq!(last[48..], digest(&last[..48]));

    let read = vm.read(0, 1);
    rig.feed(vm.id, &read[..48]);
    rig.feed(vm.id, &[0; 4]);
    assert!(
        rig.is_closed(vm.id),
        "a wrong header digest ends the session"
    );
}
