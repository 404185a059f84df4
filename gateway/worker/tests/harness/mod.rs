//! A worker in a thread, with the test as its supervisor.

pub mod engine;
pub mod keeper;
pub mod protocol;

use std::io::{IoSlice, Read, Write};
use std::mem::MaybeUninit;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::{Child, Command, ExitStatus};
use std::thread::JoinHandle;
use std::time::Duration;

use labelgate_buffers::{MAX_BUFFER, Memory, Pool};
use labelgate_control::{
    AddImage, Connection, FromWorker, Handed, ImageShape, List, LoginState, MAX_MESSAGE, NotServed,
    Serial, Text, ToWorker, WorkerEnd, decode, encode,
};
use labelgate_pages::{Counters, Page};
use labelgate_queue_pair::WorkerSide;
use labelgate_worker::driver::{Epoll, Ring};
use labelgate_worker::{Farewell, HandedKeepers, ServeError, Worker};
use rustix::io::Errno;
use rustix::net::{
    RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, recv, sendmsg, sockopt,
};

use engine::{SharedLog, TestEngine};
use protocol::{HEADER, Message};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Ring,
    Epoll,
}

/// What is left of a worker.
#[derive(Debug)]
pub struct Remains {
    pub result: Result<Farewell, ServeError>,
    /// Bytes of the pool not free, with driver and engine gone.
    pub leaked: usize,
}

/// Where a worker runs.
enum Home {
    Thread(JoinHandle<Remains>),
    Process(Child),
}

/// A running worker.
pub struct Bench {
    control: OwnedFd,
    /// Empty for a worker in a process of its own.
    pub log: SharedLog,
    home: Home,
    /// What it counts. A process of its own counts elsewhere.
    pub page: Page,
    listener: TcpListener,
    next: u64,
}

impl Bench {
    /// A worker in a thread.
    pub fn new(kind: Kind) -> Self {
        Self::sharing(kind, None)
    }

    /// A worker in a thread that may have keepers.
    pub fn sharing(kind: Kind, shared: Option<keeper::Shared>) -> Self {
        let log = SharedLog::default();
        let worker_log = log.clone();
        Self::with(log, |control, page| {
            Home::Thread(std::thread::spawn(move || {
                run(kind, (control, page), worker_log, shared)
            }))
        })
    }

    /// A worker in a process of its own, which `command` starts.
    pub fn process(command: &mut Command) -> Self {
        Self::with(SharedLog::default(), |control, _| {
            Home::Process(command.stdin(control).spawn().unwrap())
        })
    }

    fn with(log: SharedLog, home: impl FnOnce(OwnedFd, OwnedFd) -> Home) -> Self {
        let (page, its_page) = Page::create(1).unwrap();
        let (ours, theirs) = labelgate_control::pair().unwrap();
        sockopt::set_socket_timeout(&ours, sockopt::Timeout::Recv, Some(Duration::from_secs(20)))
            .unwrap();
        Self {
            control: ours,
            log,
            home: home(theirs, its_page),
            page,
            listener: TcpListener::bind("127.0.0.1:0").unwrap(),
            next: 0,
        }
    }

    pub fn tell(&self, message: ToWorker<BorrowedFd<'_>>) {
        let (message, descriptor) = message.detach();
        let mut room = [0; MAX_MESSAGE];
        let datagram = encode(&message, &mut room).unwrap();
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        let rights: Vec<_> = descriptor.into_iter().collect();
        if !rights.is_empty() {
            assert!(control.push(SendAncillaryMessage::ScmRights(&rights)));
        }
        let parts = [IoSlice::new(datagram)];
        // It may be gone already: that shows when it is asked for its answer.
        let _ = sendmsg(&self.control, &parts, &mut control, SendFlags::NOSIGNAL);
    }

    /// The worker's next message.
    pub fn hear(&self) -> FromWorker {
        let mut datagram = [0; MAX_MESSAGE];
        let mut receive = || recv(&self.control, &mut datagram[..], RecvFlags::empty());
        // A worker that ends with a message of ours unread resets the socket; what it had sent
        // before is still there, behind that error.
        let (length, _) = match receive() {
            Err(Errno::CONNRESET) => receive(),
            received => received,
        }
        .unwrap();
        decode(&datagram[..length]).unwrap()
    }

    pub fn add_image(&self, file: impl AsFd, direct: bool) {
        self.offer_image(file, direct).unwrap();
    }

    /// The worker's answer to an image.
    pub fn offer_image(&self, file: impl AsFd, direct: bool) -> Result<ImageShape, NotServed> {
        self.offer_handed(Handed::Opened, file, direct)
    }

    /// The worker's answer to an image that is handed over like this.
    pub fn offer_handed(
        &self,
        handed: Handed,
        file: impl AsFd,
        direct: bool,
    ) -> Result<ImageShape, NotServed> {
        let image = AddImage {
            image: 1,
            handed,
            slot: 0,
            target: Text::new("iqn.2026-11.io.labelgate:t.i").unwrap(),
            file_name: Text::new("i").unwrap(),
            serial: Serial([1; 16]),
            naa: [0x30; 8],
            block_size: 512,
            read_only: false,
            direct,
            size: None,
            poisoned: false,
        };
        self.tell(ToWorker::AddImage(image, file.as_fd()));
        let FromWorker::ImageOpened { result, .. } = self.hear() else {
            panic!("not the answer to AddImage");
        };
        result
    }

    /// Hands over a socket; its number.
    pub fn hand_over(&mut self, socket: impl AsFd) -> u64 {
        self.next += 1;
        let nowhere: SocketAddr = "127.0.0.1:1".parse().unwrap();
        let connection = Connection {
            connection: self.next,
            peer: nowhere,
            local: nowhere,
            identity: Text::new("tester").unwrap(),
            login: LoginState::Untouched,
            granted: List::default(),
        };
        self.tell(ToWorker::Connection(connection, socket.as_fd()));
        self.next
    }

    pub fn connect(&mut self) -> Client {
        self.connect_with(|_| {})
    }

    /// A client; `prepare` is shown the worker's end before it is handed over.
    pub fn connect_with(&mut self, prepare: impl FnOnce(&TcpStream)) -> Client {
        let client = TcpStream::connect(self.listener.local_addr().unwrap()).unwrap();
        let (server, _) = self.listener.accept().unwrap();
        client.set_nodelay(true).unwrap();
        server.set_nodelay(true).unwrap();
        client
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        prepare(&server);
        let name = self.hand_over(&server);
        Client {
            stream: client,
            name,
        }
    }

    /// Ends the worker in order, and checks that it has kept the contract and leaked nothing.
    pub fn finish(self) {
        self.tell(ToWorker::Drain { milliseconds: 0 });
        while self.hear() != FromWorker::Drained {}
        match self.home {
            Home::Thread(thread) => {
                let remains = thread.join().unwrap();
                assert_eq!(remains.result.unwrap(), Farewell::Drained);
                assert_eq!(remains.leaked, 0, "buffers in use at the end");
            }
            Home::Process(mut child) => assert!(child.wait().unwrap().success()),
        }
        check(&self.log);
    }

    /// Ends the worker by closing the control socket.
    pub fn abandon(self) -> Remains {
        drop(self.control);
        let Home::Thread(thread) = self.home else {
            panic!("nothing is left of a process");
        };
        let remains = thread.join().unwrap();
        check(&self.log);
        remains
    }

    /// Private memory of the worker's process, in KiB.
    pub fn private_memory(&self) -> u64 {
        let Home::Process(child) = &self.home else {
            panic!("a thread has no memory of its own");
        };
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
        let line = status
            .lines()
            .find(|line| line.starts_with("RssAnon:"))
            .unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// Closes the control socket, and waits for the worker's process.
    pub fn status(self) -> ExitStatus {
        drop(self.control);
        let Home::Process(mut child) = self.home else {
            panic!("a thread has no status");
        };
        child.wait().unwrap()
    }

    /// Waits until the log says so.
    pub fn until(&self, what: impl Fn(&engine::Log) -> bool) {
        for _ in 0..2000 {
            if what(&self.log.lock().unwrap()) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("it did not come to that: {:?}", self.log.lock().unwrap());
    }
}

fn check(log: &SharedLog) {
    let log = log.lock().unwrap();
    assert!(log.breaches.is_empty(), "{:?}", log.breaches);
    assert_eq!(log.accepted, log.closed, "each connection is closed once");
}

fn run(
    kind: Kind,
    (control, page): (OwnedFd, OwnedFd),
    log: SharedLog,
    shared: Option<keeper::Shared>,
) -> Remains {
    let (pool, keepers) = match shared {
        None => (Pool::new(64 * MAX_BUFFER), HandedKeepers::default()),
        Some(shared) => {
            let memory = Memory::map(shared.memory).unwrap();
            let queues = shared.queues.into_iter();
            let keepers = HandedKeepers {
                bell: Some(shared.bell),
                queues: queues
                    .map(|queue| WorkerSide::map(queue).unwrap())
                    .collect(),
            };
            (memory.pool(64 * MAX_BUFFER), keepers)
        }
    };
    let pool = pool.unwrap();
    let engine = TestEngine::new(pool.clone(), log);
    let control = WorkerEnd::try_from(control).unwrap();
    let max_connections = 1024;
    let counters = Counters::map(page).unwrap();
    let result = match kind {
        Kind::Ring => Worker {
            trees: labelgate_worker::HandedTrees::default(),
            mapped: false,
            keepers,
            driver: Ring::new().unwrap(),
            engine,
            control,
            counters,
            max_connections,
        }
        .serve(),
        Kind::Epoll => Worker {
            trees: labelgate_worker::HandedTrees::default(),
            mapped: false,
            keepers,
            driver: Epoll::new().unwrap(),
            engine,
            control,
            counters,
            max_connections,
        }
        .serve(),
    };
    Remains {
        result,
        leaked: pool.bound() - pool.free(),
    }
}

/// A client of the test protocol.
pub struct Client {
    pub stream: TcpStream,
    pub name: u64,
}

impl Client {
    pub fn send(&mut self, message: Message, payload: &[u8]) {
        let mut bytes = message.encode().to_vec();
        bytes.extend_from_slice(payload);
        self.stream.write_all(&bytes).unwrap();
    }

    pub fn receive(&mut self, payload: usize) -> (Message, Vec<u8>) {
        let header = self.receive_header();
        (header, self.receive_payload(payload))
    }

    pub fn receive_header(&mut self) -> Message {
        let mut header = [0; HEADER];
        self.stream.read_exact(&mut header).unwrap();
        Message::decode(&header)
    }

    pub fn receive_payload(&mut self, payload: usize) -> Vec<u8> {
        let mut bytes = vec![0; payload];
        self.stream.read_exact(&mut bytes).unwrap();
        bytes
    }

    /// Sends a message and takes its answer.
    pub fn call(&mut self, message: Message, payload: &[u8], answer: usize) -> Vec<u8> {
        self.send(message, payload);
        let (header, bytes) = self.receive(answer);
        assert_eq!((header.tag, header.status), (message.tag, 0));
        bytes
    }

    /// Everything up to the end of the stream.
    pub fn rest(&mut self) -> std::io::Result<usize> {
        let mut bytes = Vec::new();
        self.stream.read_to_end(&mut bytes)
    }

    /// Closes with a reset.
    pub fn reset(self) {
        let linger = Some(Duration::ZERO);
        sockopt::set_socket_linger(&self.stream, linger).unwrap();
        drop(self.stream);
    }

    pub fn shut(&self, how: Shutdown) {
        self.stream.shutdown(how).unwrap();
    }
}
