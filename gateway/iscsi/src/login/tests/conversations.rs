//! What real initiators send. The requests of libiscsi 1.19 were recorded from `iscsi-ls`,
//! `iscsi-inq` and QEMU; those of open-iscsi follow its source.

use super::{DISK, Initiator, answers, header, request, text};
use crate::negotiation::Digest;
use crate::pdu::{BHS, Cid, Isid, Numbers, Tsih};
use crate::serial::{CmdSn, StatSn};
use crate::session_type::SessionType;

/// The operational keys of libiscsi, after its digests.
const LIBISCSI_KEYS: &str = "InitialR2T=No ImmediateData=Yes MaxBurstLength=262144 \
    FirstBurstLength=262144 DefaultTime2Wait=2 DefaultTime2Retain=0 MaxOutstandingR2T=1 \
    ErrorRecoveryLevel=0 IFMarker=No OFMarker=No MaxConnections=1 \
    MaxRecvDataSegmentLength=262144 DataPDUInOrder=Yes DataSequenceInOrder=Yes";

/// Our answers to them.
const ANSWERS_TO_LIBISCSI: &str = "InitialR2T=No ImmediateData=Yes MaxBurstLength=262144 \
    DefaultTime2Wait=2 DefaultTime2Retain=0 MaxOutstandingR2T=1 ErrorRecoveryLevel=0 IFMarker=No \
    OFMarker=No MaxConnections=1 DataPDUInOrder=Yes DataSequenceInOrder=Yes \
    FirstBurstLength=262144";

fn libiscsi_keys(names: &str, digests: &str) -> Vec<u8> {
    text(&format!("{names} {digests} {LIBISCSI_KEYS}"))
}

fn numbers() -> Numbers {
    Numbers {
        stat_sn: StatSn::new(0),
        exp_cmd_sn: CmdSn::new(0x7528_e02b),
        max_cmd_sn: CmdSn::new(0x7528_e06a),
    }
}

#[test]
fn qemu_without_chap_starts_in_the_operational_stage() {
    let sent = header("43870000 000001a5 8094a47b 00000000 3ac25230 00000000 7528e02b 00000001");
    let names =
        format!("InitiatorName=iqn.2008-11.org.linux-kvm TargetName={DISK} SessionType=Normal");
    let data = libiscsi_keys(&names, "HeaderDigest=None,CRC32C DataDigest=None");
    assert_eq!(data.len(), 0x1a5);

    let (session, reply) = Initiator::default()
        .send(&request(&sent), &data)
        .established();

    let expected = "TargetPortalGroupTag=1 MaxRecvDataSegmentLength=262144 HeaderDigest=None \
        DataDigest=None";
    assert_eq!(answers(&reply), format!("{expected} {ANSWERS_TO_LIBISCSI}"));
    assert_eq!(session.initiator_name.as_str(), "iqn.2008-11.org.linux-kvm");
    assert_eq!(session.initiator_alias, None);
    assert!(
        matches!(&session.session_type, SessionType::Normal { target } if target.as_str() == DISK)
    );
    assert_eq!(session.isid, Isid([0x80, 0x94, 0xa4, 0x7b, 0, 0]));
    assert_eq!(
        (session.cid, session.first_cmd_sn),
        (Cid(0), CmdSn::new(0x7528_e02b))
    );
    let agreed = session.parameters;
    assert!(!agreed.initial_r2t && agreed.immediate_data);
    assert_eq!(
        (agreed.max_burst_length, agreed.first_burst_length),
        (262_144, 262_144)
    );
    assert_eq!(agreed.initiator_max_recv_data_segment_length.get(), 262_144);
    assert_eq!(agreed.target_max_recv_data_segment_length.get(), 262_144);

    let length = u8::try_from(reply.text.len() - 0x100).unwrap();
    let mut expected = header(
        "23870000 00000100 8094a47b 00000001 3ac25230 00000000 00000000 7528e02b 7528e06a 00000000",
    );
    expected[7] = length;
    let sent: [u8; BHS] = reply.named(Tsih(1)).response.encode(numbers());
    assert_eq!(sent, expected);
}

#[test]
fn qemu_with_header_digests() {
    let sent = header("43870000 000001a0 80fe8428 00000000 2b96583c 00000000 2790b85e 00000001");
    let names =
        format!("InitiatorName=iqn.2008-11.org.linux-kvm TargetName={DISK} SessionType=Normal");
    let data = libiscsi_keys(&names, "HeaderDigest=CRC32C DataDigest=None");
    assert_eq!(data.len(), 0x1a0);

    let (session, _) = Initiator::default()
        .send(&request(&sent), &data)
        .established();

    assert_eq!(session.parameters.header_digest, Digest::Crc32c);
    assert_eq!(session.parameters.data_digest, Digest::None);
}

/// libiscsi offers `CHAP,None`, and as CHAP is not chosen it repeats its names in the next stage.
#[test]
fn libiscsi_with_a_chap_user_repeats_its_names() {
    let names = format!(
        "InitiatorName=iqn.2007-10.com.github:sahlberg:libiscsi:iscsi-inq TargetName={DISK} \
         SessionType=Normal"
    );
    let mut initiator = Initiator::default();
    let sent = header("43810000 00000097 803f896e 00000000 166d267d 00000000 6683fa01 00000001");
    let data = text(&format!("{names} AuthMethod=CHAP,None"));
    assert_eq!(data.len(), 0x97);

    let reply = initiator.send(&request(&sent), &data).continues();

    assert_eq!(answers(&reply), "TargetPortalGroupTag=1 AuthMethod=None");
    let expected = header(
        "23810000 00000027 803f896e 00000000 166d267d 00000000 00000000 7528e02b 7528e06a 00000000",
    );
    assert_eq!(reply.response.encode(numbers()), expected);

    let sent = header("43870000 000001be 803f896e 00000000 166d267d 00000000 6683fa01 00000001");
    let data = libiscsi_keys(&names, "HeaderDigest=None,CRC32C DataDigest=None");
    assert_eq!(data.len(), 0x1be);

    let (_, reply) = initiator.send(&request(&sent), &data).established();

    let expected = "MaxRecvDataSegmentLength=262144 HeaderDigest=None DataDigest=None";
    assert_eq!(answers(&reply), format!("{expected} {ANSWERS_TO_LIBISCSI}"));
}

#[test]
fn libiscsi_discovery() {
    let sent = header("43870000 0000018b 80ff5aae 00000000 42d7217b 00000000 540fa6b5 00000001");
    let names =
        "InitiatorName=iqn.2007-10.com.github:sahlberg:libiscsi:iscsi-ls SessionType=Discovery";
    let data = libiscsi_keys(names, "HeaderDigest=None DataDigest=None");
    assert_eq!(data.len(), 0x18b);

    let (session, reply) = Initiator::default()
        .send(&request(&sent), &data)
        .established();

    assert_eq!(session.session_type, SessionType::Discovery);
    let expected = "MaxRecvDataSegmentLength=262144 HeaderDigest=None DataDigest=None \
        InitialR2T=Irrelevant ImmediateData=Irrelevant MaxBurstLength=Irrelevant \
        DefaultTime2Wait=2 DefaultTime2Retain=0 MaxOutstandingR2T=Irrelevant \
        ErrorRecoveryLevel=0 IFMarker=No OFMarker=No MaxConnections=Irrelevant \
        DataPDUInOrder=Irrelevant DataSequenceInOrder=Irrelevant FirstBurstLength=Irrelevant";
    assert_eq!(answers(&reply), expected);
}

#[test]
fn open_iscsi_without_chap() {
    let sent = header("43870000 00000000 00023d01 00000000 00000000 00000000 00000001 00000000");
    let data = text(&format!(
        "InitiatorName=iqn.2004-10.com.ubuntu:01:4f8f9e2c9f1 InitiatorAlias=host-1 \
         TargetName={DISK} SessionType=Normal HeaderDigest=None DataDigest=None \
         DefaultTime2Wait=2 DefaultTime2Retain=0 IFMarker=No OFMarker=No ErrorRecoveryLevel=0 \
         InitialR2T=No ImmediateData=Yes MaxBurstLength=16776192 FirstBurstLength=262144 \
         MaxOutstandingR2T=1 MaxConnections=1 DataPDUInOrder=Yes DataSequenceInOrder=Yes \
         MaxRecvDataSegmentLength=262144"
    ));

    let (session, reply) = Initiator::default()
        .send(&request(&sent), &data)
        .established();

    let expected = "TargetPortalGroupTag=1 MaxRecvDataSegmentLength=262144 HeaderDigest=None \
        DataDigest=None DefaultTime2Wait=2 DefaultTime2Retain=0 IFMarker=No OFMarker=No \
        ErrorRecoveryLevel=0 InitialR2T=No ImmediateData=Yes MaxBurstLength=1048576 \
        MaxOutstandingR2T=1 MaxConnections=1 DataPDUInOrder=Yes DataSequenceInOrder=Yes \
        FirstBurstLength=262144";
    assert_eq!(answers(&reply), expected);
    assert_eq!(session.initiator_alias.as_deref(), Some("host-1"));
    assert_eq!(session.parameters.max_burst_length, 1_048_576);
}

/// With CHAP configured and nothing unusual to negotiate, open-iscsi's discovery goes from the
/// security stage straight to the full feature phase, and takes no operational key on the way.
#[test]
fn open_iscsi_discovery_skips_the_operational_stage() {
    let sent = header("43830000 00000000 00023d01 00000000 00000000 00000000 00000001 00000000");
    let data = text(
        "InitiatorName=iqn.2004-10.com.ubuntu:01:4f8f9e2c9f1 SessionType=Discovery \
         AuthMethod=CHAP,None",
    );

    let (session, reply) = Initiator::default()
        .send(&request(&sent), &data)
        .established();

    assert_eq!(answers(&reply), "AuthMethod=None");
    // Nothing was declared, so the default holds.
    assert_eq!(
        session.parameters.target_max_recv_data_segment_length.get(),
        8192
    );
    assert_eq!(reply.response.encode(numbers())[1], 0x83);
}

/// Without the T bit the stage goes on; a text in two parts is answered when it is whole, even if
/// it was cut within a pair.
#[test]
fn an_initiator_that_takes_its_time() {
    let mut initiator = Initiator::default();
    let mut step = |flags: u8, data: &[u8]| {
        let mut sent = header("43000000 00000000 00023d01 00000000 00000005 00000000 00000001");
        sent[1] = flags;
        initiator.send(&request(&sent), data)
    };
    let names = text(&format!(
        "InitiatorName=iqn.2001-04.com.example:a TargetName={DISK}"
    ));
    let (first, second) = names.split_at(30);

    assert_eq!(answers(&step(0x40, first).continues()), "");
    let reply = step(0x00, second).continues();
    assert_eq!(answers(&reply), "TargetPortalGroupTag=1");
    assert_eq!(reply.response.encode(numbers())[1], 0x00);

    assert_eq!(answers(&step(0x81, b"").continues()), "");
    let reply = step(0x04, &text("MaxBurstLength=65536")).continues();
    assert_eq!(
        answers(&reply),
        "MaxRecvDataSegmentLength=262144 MaxBurstLength=65536"
    );
    let reply = step(0x04, &text("X-com.example.hint=1 ImmediateData=No")).continues();
    assert_eq!(
        answers(&reply),
        "X-com.example.hint=NotUnderstood ImmediateData=No"
    );
    let (session, reply) = step(0x87, b"").established();
    assert_eq!(answers(&reply), "");
    assert_eq!(session.parameters.max_burst_length, 65_536);
    assert!(!session.parameters.immediate_data);
}
