//! One connection, served by one blocking thread.

use std::{io, net::TcpStream};

use crate::{
    header::{FINAL, LENGTH, NO_TAG, Request, Response, opcode},
    inbox::Inbox,
    login::{Limits, MAX_DATA_SEGMENT, TARGET_NAME},
    outbox::Outbox,
    scsi::{Command, REFUSAL},
};

/// Commands the initiator may send ahead.
const WINDOW: u32 = 128;
/// The most one command may move, bytes.
const MAX_TRANSFER: u64 = 64 << 20;

/// A write whose data has not all arrived.
#[derive(Debug)]
struct Write {
    tag: u32,
    lun: [u8; 8],
    expected: u32,
    received: u32,
    r2ts: u32,
}

/// A connection and all its state.
#[derive(Debug)]
pub struct Session {
    stream: TcpStream,
    inbox: Inbox,
    outbox: Outbox,
    /// Reads are answered from it, writes land in it.
    memory: Vec<u8>,
    limits: Limits,
    status_number: u32,
    expected_command: u32,
    writes: Vec<Write>,
    blocks: u64,
}

fn fault(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

impl Session {
    /// A connection to a disk of `blocks` blocks.
    pub fn new(stream: TcpStream, blocks: u64) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            inbox: Inbox::new(),
            outbox: Outbox::default(),
            memory: vec![0x5a; MAX_DATA_SEGMENT],
            limits: Limits::default(),
            status_number: 1,
            expected_command: 0,
            writes: Vec::new(),
            blocks,
        })
    }

    /// Serves until the initiator leaves.
    pub fn run(mut self) -> io::Result<()> {
        while self.have(LENGTH)? {
            let header = self.inbox.header().ok_or_else(|| fault("no header"))?;
            let request = Request::decode(header).map_err(|_| fault("short header"))?;
            if request.data_length > MAX_DATA_SEGMENT {
                return Err(fault("a data segment longer than was agreed"));
            }
            self.inbox.consume(LENGTH);
            self.skip(request.ahs_length)?;
            if request.opcode == opcode::LOGOUT {
                let answer = Response::new(opcode::LOGOUT_RESPONSE, FINAL);
                let answer = self.numbered(answer, &request);
                self.outbox.bare(answer);
                return self.outbox.flush(&self.memory, &self.stream);
            }
            self.serve(&request)?;
        }
        Ok(())
    }

    fn serve(&mut self, request: &Request) -> io::Result<()> {
        let has_number = !request.immediate && request.opcode != opcode::DATA_OUT;
        if has_number || request.opcode == opcode::LOGIN {
            self.expected_command = request.command_number.wrapping_add(u32::from(has_number));
        }
        match request.opcode {
            opcode::LOGIN => self.login(request),
            opcode::TEXT => self.text(request),
            opcode::NOP_OUT => self.nop(request),
            opcode::SCSI_COMMAND => self.command(request),
            opcode::DATA_OUT => self.data_out(request),
            opcode::TASK_MANAGEMENT => {
                self.skip(request.data_length)?;
                let answer = Response::new(opcode::TASK_MANAGEMENT_RESPONSE, FINAL);
                let answer = self.numbered(answer, request);
                self.outbox.bare(answer);
                Ok(())
            }
            _ => Err(fault("an opcode the floor does not know")),
        }
    }

    /// Echoes the stage and takes every step the initiator wants to take.
    fn login(&mut self, request: &Request) -> io::Result<()> {
        let keys = self.data(request.data_length)?;
        let mut answer = self.limits.negotiate(&keys);
        let asks_for_target = keys
            .split(|byte| *byte == 0)
            .any(|pair| pair.starts_with(b"TargetName"));
        if asks_for_target {
            answer.extend_from_slice(b"TargetPortalGroupTag=1\0");
        }
        let mut lun = request.lun;
        let [.., session] = &mut lun;
        *session = 1;
        let header = Response::new(opcode::LOGIN_RESPONSE, request.flags & !0x40).with(8, lun);
        let header = self.numbered(header, request);
        self.outbox.copy(header, &answer);
        Ok(())
    }

    /// SendTargets, whatever was asked.
    fn text(&mut self, request: &Request) -> io::Result<()> {
        self.skip(request.data_length.next_multiple_of(4))?;
        let address = self.stream.local_addr()?;
        let answer = format!("TargetName={TARGET_NAME}\0TargetAddress={address},1\0");
        let header = Response::new(opcode::TEXT_RESPONSE, FINAL).number(20, NO_TAG);
        let header = self.numbered(header, request);
        self.outbox.copy(header, answer.as_bytes());
        Ok(())
    }

    fn nop(&mut self, request: &Request) -> io::Result<()> {
        let ping = self.data(request.data_length)?;
        if request.initiator_task_tag != NO_TAG {
            let header = Response::new(opcode::NOP_IN, FINAL).number(20, NO_TAG);
            let header = self.numbered(header, request);
            self.outbox.copy(header, &ping);
        }
        Ok(())
    }

    fn command(&mut self, request: &Request) -> io::Result<()> {
        match Command::decode(&request.cdb, self.blocks) {
            Command::Write => return self.write(request),
            Command::Read(length) => self.read(request, length)?,
            Command::Canned(data) => self.canned(request, &data),
            Command::Good => self.status(request.initiator_task_tag, 0),
            Command::Refused => {
                let header = Response::new(opcode::SCSI_RESPONSE, FINAL).with(3, [2]);
                let header = self.numbered(header, request);
                self.outbox.copy(header, &REFUSAL);
            }
        }
        self.skip(request.data_length.next_multiple_of(4))
    }

    /// Data-In with the status in the last one (section 11.7.4), so that one message answers.
    fn read(&mut self, request: &Request, length: u64) -> io::Result<()> {
        if length > MAX_TRANSFER || length != u64::from(request.expected_length) {
            return Err(fault("a read of an unlikely length"));
        }
        let (mut offset, mut number) = (0_u32, 0_u32);
        while offset < request.expected_length {
            let rest = usize::try_from(request.expected_length - offset).unwrap_or(usize::MAX);
            let part = rest.min(self.limits.data_in).min(self.limits.burst);
            let header = Response::new(opcode::DATA_IN, FINAL | u8::from(part == rest));
            let header = header
                .task(request.initiator_task_tag)
                .number(20, NO_TAG)
                .number(24, if part == rest { self.next_status() } else { 0 })
                .number(36, number)
                .number(40, offset);
            let header = self.window(header);
            self.outbox.memory(header, part);
            if self.outbox.is_full() {
                self.outbox.flush(&self.memory, &self.stream)?;
            }
            offset = offset.saturating_add(u32::try_from(part).unwrap_or(u32::MAX));
            number += 1;
        }
        if length == 0 {
            self.status(request.initiator_task_tag, 0);
        }
        Ok(())
    }

    /// A made-up answer, cut to what the initiator takes; the U bit says how much is missing.
    fn canned(&mut self, request: &Request, data: &[u8]) {
        let room = usize::try_from(request.expected_length).unwrap_or(usize::MAX);
        let data = data.get(..room).unwrap_or(data);
        let missing = request.expected_length - u32::try_from(data.len()).unwrap_or(0);
        let underflow = if missing > 0 { 2 } else { 0 };
        let header = Response::new(opcode::DATA_IN, FINAL | 1 | underflow)
            .number(20, NO_TAG)
            .number(44, missing);
        let header = self.numbered(header, request);
        self.outbox.copy(header, data);
    }

    /// Immediate data, then unsolicited Data-Out while the F bit is not set, then R2Ts.
    fn write(&mut self, request: &Request) -> io::Result<()> {
        if u64::from(request.expected_length) > MAX_TRANSFER {
            return Err(fault("a write of an unlikely length"));
        }
        self.land(request.data_length)?;
        let write = Write {
            tag: request.initiator_task_tag,
            lun: request.lun,
            expected: request.expected_length,
            received: u32::try_from(request.data_length).unwrap_or(u32::MAX),
            r2ts: 0,
        };
        if request.flags & FINAL == 0 {
            self.writes.push(write);
        } else {
            self.proceed(write);
        }
        Ok(())
    }

    fn data_out(&mut self, request: &Request) -> io::Result<()> {
        let place = self
            .writes
            .iter()
            .position(|w| w.tag == request.initiator_task_tag);
        let mut write = self
            .writes
            .swap_remove(place.ok_or_else(|| fault("data for no command"))?);
        self.land(request.data_length)?;
        let length = u32::try_from(request.data_length).unwrap_or(u32::MAX);
        write.received = write.received.saturating_add(length);
        if request.flags & FINAL == 0 {
            self.writes.push(write);
        } else {
            self.proceed(write);
        }
        Ok(())
    }

    /// A sequence has ended: ask for the next one, or answer.
    fn proceed(&mut self, mut write: Write) {
        let Some(rest @ 1..) = write.expected.checked_sub(write.received) else {
            return self.status(write.tag, 0);
        };
        let burst = u32::try_from(self.limits.burst).unwrap_or(u32::MAX);
        let header = Response::new(opcode::R2T, FINAL)
            .with(8, write.lun)
            .task(write.tag)
            .number(20, write.tag)
            .number(24, self.status_number)
            .number(36, write.r2ts)
            .number(40, write.received)
            .number(44, rest.min(burst));
        let header = self.window(header);
        self.outbox.bare(header);
        write.r2ts += 1;
        self.writes.push(write);
    }

    fn status(&mut self, tag: u32, status: u8) {
        let header = Response::new(opcode::SCSI_RESPONSE, FINAL)
            .with(3, [status])
            .task(tag);
        let number = self.next_status();
        let header = self.window(header.number(24, number));
        self.outbox.bare(header);
    }

    /// Task tag, StatSN and command window of an answer that carries a status.
    fn numbered(&mut self, header: Response, request: &Request) -> Response {
        let number = self.next_status();
        self.window(header.task(request.initiator_task_tag).number(24, number))
    }

    fn window(&self, header: Response) -> Response {
        header
            .number(28, self.expected_command)
            .number(32, self.expected_command.wrapping_add(WINDOW - 1))
    }

    const fn next_status(&mut self) -> u32 {
        let number = self.status_number;
        self.status_number = number.wrapping_add(1);
        number
    }

    /// Waits for `length` bytes in the inbox, answers first; `false` if the initiator has left.
    fn have(&mut self, length: usize) -> io::Result<bool> {
        while self.inbox.available() < length {
            self.outbox.flush(&self.memory, &self.stream)?;
            if !self.inbox.fill(&self.stream)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Takes a short data segment and its padding.
    fn data(&mut self, length: usize) -> io::Result<Vec<u8>> {
        let padded = length.next_multiple_of(4);
        if padded > 16 << 10 || !self.have(padded)? {
            return Err(fault("a text that is too long or cut off"));
        }
        let data = self.inbox.peek(length).unwrap_or_default().to_vec();
        self.inbox.consume(padded);
        Ok(data)
    }

    fn skip(&mut self, mut length: usize) -> io::Result<()> {
        while length > 0 {
            if !self.have(1)? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let part = length.min(self.inbox.available());
            self.inbox.consume(part);
            length -= part;
        }
        Ok(())
    }

    /// Written data: what is here already is copied, the rest goes straight from the socket.
    fn land(&mut self, length: usize) -> io::Result<()> {
        let length = length.next_multiple_of(4);
        let here = length.min(self.inbox.available());
        if let (Some(place), Some(data)) = (self.memory.get_mut(..here), self.inbox.peek(here)) {
            place.copy_from_slice(data);
        }
        self.inbox.consume(here);
        let mut at = here;
        while at < length {
            self.outbox.flush(&self.memory, &self.stream)?;
            let place = self
                .memory
                .get_mut(at..length)
                .ok_or_else(|| fault("too long"))?;
            at += self.inbox.fill_past(place, &self.stream)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read, Write},
        net::TcpListener,
        thread,
    };

    use super::*;

    fn connect() -> TcpStream {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (server, _) = listener.accept().unwrap();
        thread::spawn(move || Session::new(server, 1 << 20).unwrap().run());
        client
    }

    fn command(cdb: &[u8], flags: u8, expected: u32, immediate: usize) -> Vec<u8> {
        let header = Response::new(opcode::SCSI_COMMAND, flags)
            .data_length(immediate)
            .task(7);
        let header = header.number(20, expected).number(24, 1);
        let mut bytes = header.bytes().to_vec();
        bytes[32..32 + cdb.len()].copy_from_slice(cdb);
        bytes.resize(LENGTH + immediate, 1);
        bytes
    }

    fn answer(client: &mut TcpStream) -> [u8; LENGTH] {
        let mut header = [0; LENGTH];
        client.read_exact(&mut header).unwrap();
        header
    }

    fn number(header: &[u8; LENGTH], offset: usize) -> u32 {
        u32::from_be_bytes(header[offset..offset + 4].try_into().unwrap())
    }

    const WRITE_1_MIB: [u8; 10] = [0x2a, 0, 0, 0, 0, 0, 0, 8, 0, 0];
    const READ_1_MIB: [u8; 10] = [0x28, 0, 0, 0, 0, 0, 0, 8, 0, 0];

    #[test]
    fn a_write_takes_immediate_then_unsolicited_then_solicited_data() {
        let mut client = connect();
        client
            .write_all(&command(&WRITE_1_MIB, 0x20, 1 << 20, 8192))
            .unwrap();
        let mut data = Response::new(opcode::DATA_OUT, FINAL)
            .data_length(100_000)
            .task(7);
        data = data.number(20, NO_TAG);
        client.write_all(data.bytes()).unwrap();
        client.write_all(&vec![2; 100_000]).unwrap();

        let mut received = 108_192;
        while received < 1 << 20 {
            let r2t = answer(&mut client);
            assert_eq!(r2t[0], opcode::R2T);
            assert_eq!(number(&r2t, 40), received);
            let length = number(&r2t, 44);
            assert!(length <= 256 << 10);
            let data = Response::new(opcode::DATA_OUT, FINAL)
                .data_length(length as usize)
                .task(7);
            client.write_all(data.bytes()).unwrap();
            client.write_all(&vec![3; length as usize]).unwrap();
            received += length;
        }

        let status = answer(&mut client);
        assert_eq!(status[..4], [opcode::SCSI_RESPONSE, FINAL, 0, 0]);
        assert_eq!(number(&status, 16), 7);
    }

    #[test]
    fn a_read_is_cut_into_data_in_and_the_last_one_carries_the_status() {
        let mut client = connect();
        client
            .write_all(&command(&READ_1_MIB, FINAL | 0x40, 1 << 20, 0))
            .unwrap();

        for part in 0..128 {
            let data = answer(&mut client);
            assert_eq!(data[0], opcode::DATA_IN);
            assert_eq!((number(&data, 36), number(&data, 40)), (part, part * 8192));
            assert_eq!(data[1] & 1 == 1, part == 127);
            client.read_exact(&mut [0; 8192]).unwrap();
        }
    }
}
