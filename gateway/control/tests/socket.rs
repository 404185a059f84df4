//! Both ends over a real socket pair.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic in a helper is a failed test, as in the tests themselves"
)]

mod samples;

use std::io::{IoSlice, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use labelgate_control::{
    FromWorker, GreeterEnd, HearError, ImporterEnd, Incoming, KeeperEnd, KeysmithEnd, Mismatch,
    NotServed, PortmapEnd, ReceiveError, SendError, SupervisorEnd, Text, ToGreeter, ToImporter,
    ToKeeper, ToKeysmith, ToPortmap, ToWorker, WorkerEnd, pair,
};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};

fn file() -> OwnedFd {
    std::fs::File::open("/dev/null").unwrap().into()
}

/// Sends raw bytes and descriptors, as a peer that keeps to nothing would.
fn send_raw(socket: &OwnedFd, bytes: &[u8], descriptors: &[BorrowedFd<'_>]) {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(3))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !descriptors.is_empty() {
        assert!(control.push(SendAncillaryMessage::ScmRights(descriptors)));
    }
    sendmsg(
        socket,
        &[IoSlice::new(bytes)],
        &mut control,
        SendFlags::NOSIGNAL,
    )
    .unwrap();
}

fn message(end: &WorkerEnd) -> ToWorker {
    match end.receive_blocking().unwrap() {
        Incoming::Message(message) => message,
        other => panic!("no message but {other:?}"),
    }
}

#[tokio::test]
async fn every_message_arrives_as_it_was_sent() {
    let (ours, theirs) = pair().unwrap();
    let supervisor = SupervisorEnd::new(ours).unwrap();
    let worker = WorkerEnd::try_from(theirs).unwrap();

    for sample in samples::to_worker() {
        let (message_sent, descriptor) = sample.clone().detach();
        let sent = message_sent.attach(descriptor.map(|_| file())).unwrap();
        supervisor.send(sent).await.unwrap();
        let (received, descriptor) = message(&worker).detach();
        assert_eq!(received, sample);
        assert_eq!(descriptor.is_some(), sample.detach().1.is_some());
    }
    for sample in samples::from_worker() {
        worker.send(&sample).unwrap();
        assert_eq!(supervisor.receive().await.unwrap(), Some(sample));
    }
}

#[tokio::test]
async fn every_message_of_a_greeting_arrives_as_it_was_sent() {
    let (ours, theirs) = pair().unwrap();
    let supervisor = SupervisorEnd::new(ours).unwrap();
    let greeter = GreeterEnd::try_from(theirs).unwrap();

    for sample in samples::to_greeter() {
        let (message, descriptor) = sample.clone().detach();
        let carries = descriptor.is_some();
        let sent: ToGreeter = message.attach(descriptor.map(|_| file())).unwrap();
        supervisor.send(sent).await.unwrap();
        let Incoming::Message(received) = greeter.receive_blocking().unwrap() else {
            panic!("no message");
        };
        let (received, descriptor) = received.detach();
        assert_eq!(received, sample);
        assert_eq!(descriptor.is_some(), carries);
    }
    for sample in samples::from_greeter() {
        greeter.send(&sample).unwrap();
        assert_eq!(supervisor.receive().await.unwrap(), Some(sample));
    }
}

#[tokio::test]
async fn every_message_of_an_import_arrives_as_it_was_sent() {
    let (ours, theirs) = pair().unwrap();
    let supervisor = SupervisorEnd::new(ours).unwrap();
    let importer = ImporterEnd::try_from(theirs).unwrap();

    for sample in samples::to_importer() {
        let (message, descriptor) = sample.clone().detach();
        let carries = descriptor.is_some();
        let sent: ToImporter = message.attach(descriptor.map(|_| file())).unwrap();
        supervisor.send(sent).await.unwrap();
        let Incoming::Message(received) = importer.receive_blocking().unwrap() else {
            panic!("no message");
        };
        let (received, descriptor) = received.detach();
        assert_eq!(received, sample);
        assert_eq!(descriptor.is_some(), carries);
    }
    for sample in samples::from_importer() {
        importer.send(&sample).unwrap();
        assert_eq!(supervisor.receive().await.unwrap(), Some(sample));
    }
}

#[tokio::test]
async fn every_message_of_a_port_mapper_arrives_as_it_was_sent() {
    let (ours, theirs) = pair().unwrap();
    let supervisor = SupervisorEnd::new(ours).unwrap();
    let portmap = PortmapEnd::try_from(theirs).unwrap();

    for sample in samples::to_portmap() {
        let (message, descriptor) = sample.clone().detach();
        let carries = descriptor.is_some();
        let sent: ToPortmap = message.attach(descriptor.map(|_| file())).unwrap();
        supervisor.send(sent).await.unwrap();
        let Incoming::Message(received) = portmap.receive_blocking().unwrap() else {
            panic!("no message");
        };
        let (received, descriptor) = received.detach();
        assert_eq!(received, sample);
        assert_eq!(descriptor.is_some(), carries);
    }
    for sample in samples::from_portmap() {
        portmap.send(&sample).unwrap();
        assert_eq!(supervisor.receive().await.unwrap(), Some(sample));
    }
}

#[tokio::test]
async fn every_message_of_a_keeper_arrives_as_it_was_sent() {
    let (ours, theirs) = pair().unwrap();
    let supervisor = SupervisorEnd::new(ours).unwrap();
    let keeper = KeeperEnd::try_from(theirs).unwrap();

    for sample in samples::to_keeper() {
        let (message, descriptor) = sample.clone().detach();
        let carries = descriptor.is_some();
        let sent: ToKeeper = message.attach(descriptor.map(|_| file())).unwrap();
        supervisor.send(sent).await.unwrap();
        let Incoming::Message(received) = keeper.receive_blocking().unwrap() else {
            panic!("no message");
        };
        let (received, descriptor) = received.detach();
        assert_eq!(received, sample);
        assert_eq!(descriptor.is_some(), carries);
    }
    for sample in samples::from_keeper() {
        keeper.send(&sample).unwrap();
        assert_eq!(supervisor.receive().await.unwrap(), Some(sample));
    }
}

#[tokio::test]
async fn every_message_of_a_keysmith_arrives_as_it_was_sent() {
    let (ours, theirs) = pair().unwrap();
    let supervisor = SupervisorEnd::<ToKeysmith>::new(ours).unwrap();
    let keysmith = KeysmithEnd::try_from(theirs).unwrap();

    for sample in samples::keysmith::to_keysmith() {
        supervisor.send(sample.clone()).await.unwrap();
        let Incoming::Message(received) = keysmith.receive_blocking().unwrap() else {
            panic!("no message");
        };
        assert_eq!(received, sample);
    }
    for sample in samples::keysmith::from_keysmith() {
        keysmith.send(&sample).unwrap();
        assert_eq!(supervisor.receive().await.unwrap(), Some(sample));
    }
}

#[test]
fn a_keepers_message_without_its_descriptor_is_refused() {
    let (ours, theirs) = pair().unwrap();
    let keeper = KeeperEnd::try_from(theirs).unwrap();
    for sample in samples::to_keeper() {
        let datagram = postcard::to_allocvec(&sample).unwrap();
        let file = file();
        let wanted = sample.detach().1.is_some();
        let wrong: &[BorrowedFd<'_>] = if wanted { &[] } else { &[file.as_fd()] };
        send_raw(&ours, &datagram, wrong);
        let error = keeper.receive_blocking().unwrap_err();
        let expected = if wanted {
            Mismatch::Missing
        } else {
            Mismatch::Unwanted
        };
        assert!(matches!(error, ReceiveError::Mismatch(mismatch) if mismatch == expected));
    }
}

#[test]
fn a_keysmith_is_sent_no_descriptor() {
    let (ours, theirs) = pair().unwrap();
    let keysmith = KeysmithEnd::try_from(theirs).unwrap();
    for sample in samples::keysmith::to_keysmith() {
        let file = file();
        let datagram = postcard::to_allocvec(&sample).unwrap();
        send_raw(&ours, &datagram, &[file.as_fd()]);
        let error = keysmith.receive_blocking().unwrap_err();
        assert!(matches!(error, ReceiveError::Mismatch(Mismatch::Unwanted)));
    }
}

#[test]
fn a_greeting_without_its_connection_is_refused() {
    let (ours, theirs) = pair().unwrap();
    let greeter = GreeterEnd::try_from(theirs).unwrap();
    let [greet, challenge, ..] = &samples::to_greeter()[..] else {
        panic!("the samples have changed");
    };

    send_raw(&ours, &postcard::to_allocvec(greet).unwrap(), &[]);
    let error = greeter.receive_blocking().unwrap_err();
    assert!(matches!(error, ReceiveError::Mismatch(Mismatch::Missing)));

    let file = file();
    let datagram = postcard::to_allocvec(challenge).unwrap();
    send_raw(&ours, &datagram, &[file.as_fd()]);
    let error = greeter.receive_blocking().unwrap_err();
    assert!(matches!(error, ReceiveError::Mismatch(Mismatch::Unwanted)));
}

#[tokio::test]
async fn a_received_descriptor_is_the_one_sent_and_closes_on_exec() {
    let (ours, theirs) = pair().unwrap();
    let supervisor = SupervisorEnd::new(ours).unwrap();
    let worker = WorkerEnd::try_from(theirs).unwrap();
    let (mut read, write) = std::io::pipe().unwrap();
    let connection = samples::to_worker()
        .into_iter()
        .find_map(|sample| match sample {
            ToWorker::Connection(connection, _) => Some(connection),
            _ => None,
        });
    let connection = connection.unwrap();

    supervisor
        .send(ToWorker::Connection(connection, OwnedFd::from(write)))
        .await
        .unwrap();
    let ToWorker::Connection(_, received) = message(&worker) else {
        panic!("another message");
    };

    let flags = rustix::io::fcntl_getfd(&received).unwrap();
    assert!(flags.contains(rustix::io::FdFlags::CLOEXEC));
    std::fs::File::from(received).write_all(b"through").unwrap();
    let mut bytes = [0; 16];
    assert_eq!(read.read(&mut bytes).unwrap(), 7);
}

#[test]
fn a_message_without_its_descriptor_is_refused() {
    let (ours, theirs) = pair().unwrap();
    let worker = WorkerEnd::try_from(theirs).unwrap();
    let mut room = [0; 4096];
    for sample in samples::to_worker() {
        let datagram = postcard::to_slice(&sample, &mut room).unwrap();
        let file = file();
        let wanted = sample.detach().1.is_some();
        let wrong: &[BorrowedFd<'_>] = if wanted { &[] } else { &[file.as_fd()] };
        send_raw(&ours, datagram, wrong);
        let error = worker.receive_blocking().unwrap_err();
        let expected = if wanted {
            Mismatch::Missing
        } else {
            Mismatch::Unwanted
        };
        assert!(matches!(error, ReceiveError::Mismatch(mismatch) if mismatch == expected));
    }
}

#[test]
fn two_descriptors_or_more_are_refused() {
    let (ours, theirs) = pair().unwrap();
    let worker = WorkerEnd::try_from(theirs).unwrap();
    let file = file();
    let datagram = postcard::to_allocvec(&samples::to_worker()[1]).unwrap();

    send_raw(&ours, &datagram, &[file.as_fd(), file.as_fd()]);
    let error = worker.receive_blocking().unwrap_err();
    assert!(matches!(error, ReceiveError::ManyDescriptors), "{error}");

    let (mut read, write) = std::io::pipe().unwrap();
    send_raw(
        &ours,
        &datagram,
        &[write.as_fd(), write.as_fd(), write.as_fd()],
    );
    worker.receive_blocking().unwrap_err();
    drop(write);
    assert_eq!(read.read(&mut [0]).unwrap(), 0, "none of them is left open");
}

#[test]
fn a_datagram_longer_than_a_message_is_refused() {
    let (ours, theirs) = pair().unwrap();
    let worker = WorkerEnd::try_from(theirs).unwrap();
    send_raw(&ours, &[6; 4097], &[]);
    assert!(matches!(
        worker.receive_blocking(),
        Err(ReceiveError::TooLong)
    ));
}

#[tokio::test]
async fn a_hostile_worker_is_noticed() {
    let (ours, theirs) = pair().unwrap();
    let supervisor = SupervisorEnd::<ToWorker>::new(ours).unwrap();
    let file = file();
    let drained = postcard::to_allocvec(&FromWorker::Drained).unwrap();

    send_raw(&theirs, &drained, &[file.as_fd()]);
    let error = supervisor.receive().await.unwrap_err();
    assert!(matches!(error, HearError::Descriptor), "{error}");

    send_raw(&theirs, &[0; 5000], &[]);
    let error = supervisor.receive().await.unwrap_err();
    assert!(matches!(error, HearError::TooLong), "{error}");

    send_raw(&theirs, &[drained, vec![0]].concat(), &[]);
    let error = supervisor.receive().await.unwrap_err();
    assert!(matches!(error, HearError::Decode(_)), "{error}");

    send_raw(&theirs, &[200], &[]);
    let error = supervisor.receive().await.unwrap_err();
    assert!(matches!(error, HearError::Decode(_)), "{error}");
}

#[tokio::test]
async fn each_end_hears_of_the_other_ones_end() {
    let (ours, theirs) = pair().unwrap();
    let supervisor = SupervisorEnd::<ToWorker>::new(ours).unwrap();
    drop(theirs);
    assert!(supervisor.receive().await.unwrap().is_none());

    let (ours, theirs) = pair().unwrap();
    let worker = WorkerEnd::try_from(theirs).unwrap();
    assert!(matches!(worker.receive().unwrap(), Incoming::Nothing));
    // Unread messages of ours turn the end into a reset; it is the end all the same.
    worker.send(&FromWorker::Drained).unwrap();
    drop(ours);
    assert!(matches!(worker.receive().unwrap(), Incoming::Closed));
    assert!(matches!(
        worker.send(&FromWorker::Drained),
        Err(SendError::Closed)
    ));
}

#[test]
fn a_full_socket_is_no_reason_to_wait() {
    let (_ours, theirs) = pair().unwrap();
    let worker = WorkerEnd::try_from(theirs).unwrap();
    let closed = FromWorker::ImageOpened {
        image: 0,
        result: Err(NotServed::Unfit(Text::clean("x"))),
    };
    let refusal = (0..1_000_000).find_map(|_| worker.send(&closed).err());
    assert!(matches!(refusal, Some(SendError::WouldBlock)));
}

#[test]
fn only_a_control_socket_will_do() {
    assert!(WorkerEnd::try_from(file()).is_err());
}
