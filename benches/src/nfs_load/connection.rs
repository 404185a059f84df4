//! A connection: calls are sent together, replies are taken together.

use std::{
    io::Write,
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use labelgate_benches::records::Records;
use labelgate_fixtures::Failure;

use crate::{
    call::Call,
    reply::{self, Results},
};

const LIMIT: Duration = Duration::from_secs(60);
/// A call that is longer is sent from where it lies.
const SHORT: usize = 64 << 10;

/// A connection to a server of RPC.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    unsent: Vec<u8>,
    records: Records,
    /// How many calls were asked one by one.
    asked: u32,
}

impl Connection {
    /// Connects.
    pub fn open(address: SocketAddr) -> Result<Self, Failure> {
        let doing = || Failure::io(format!("connecting to {address}"));
        let stream = TcpStream::connect(address).map_err(doing())?;
        stream.set_nodelay(true).map_err(doing())?;
        stream.set_read_timeout(Some(LIMIT)).map_err(doing())?;
        Ok(Self {
            stream,
            unsent: Vec::new(),
            records: Records::default(),
            asked: 0,
        })
    }

    /// Puts a record beside those that wait to be sent.
    pub fn send(&mut self, record: &[u8]) -> Result<(), Failure> {
        if record.len() <= SHORT {
            self.unsent.extend_from_slice(record);
            return Ok(());
        }
        self.flush()?;
        self.write(|stream| stream.write_all(record))
    }

    /// Sends those that wait.
    pub fn flush(&mut self) -> Result<(), Failure> {
        let unsent = std::mem::take(&mut self.unsent);
        self.write(|stream| stream.write_all(&unsent))?;
        self.unsent = unsent;
        self.unsent.clear();
        Ok(())
    }

    fn write(
        &mut self,
        write: impl FnOnce(&mut TcpStream) -> std::io::Result<()>,
    ) -> Result<(), Failure> {
        write(&mut self.stream).map_err(Failure::io("sending calls"))
    }

    /// Waits for replies and hands out those that there are; how many.
    pub fn receive(
        &mut self,
        mut each: impl FnMut(&[u8]) -> Result<(), Failure>,
    ) -> Result<u64, Failure> {
        let mut count = 0;
        while count == 0 {
            let filled = self.records.fill(&mut self.stream);
            let filled = filled.map_err(Failure::io("receiving replies"))?;
            Failure::unless(filled > 0, || "the server has left".to_owned())?;
            while let Some(message) = self.records.next_record() {
                each(message)?;
                count += 1;
            }
        }
        Ok(count)
    }

    /// Makes one call and has its results read.
    pub fn ask<T>(
        &mut self,
        mut call: Call,
        read: impl Fn(&mut Results<'_>) -> Option<T>,
    ) -> Result<T, Failure> {
        // Of two with one number, a server may take the second for the first again.
        self.asked += 1;
        call.set(self.asked, 0);
        self.send(call.record())?;
        self.flush()?;
        let mut answer = None;
        self.receive(|message| {
            let (_, mut results) = reply::accepted(message)?;
            answer = read(&mut results);
            Ok(())
        })?;
        answer.ok_or_else(|| Failure::Unexpected("a call was refused".to_owned()))
    }
}
