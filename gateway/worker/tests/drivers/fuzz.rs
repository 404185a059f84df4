//! Clients that do anything, in any order, at any moment.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::time::{Duration, Instant};

use crate::harness::protocol::{
    ABORT, CLOSE, DISCARD, ECHO, EMPTY, FAULT, FLUSH, HEADER, Message, PAUSE, READ, STABLE, TIMER,
    UNMAP, WRITE,
};
use crate::harness::{Bench, Client, Kind};
use crate::images::{again, images};

both!(fuzz_clients_that_do_anything,);

/// Clients that send random valid messages in random cuts, read or do not, and vanish in random
/// ways. The engine sees to it that the driver keeps the contract.
fn fuzz_clients_that_do_anything(kind: Kind) {
    let seconds = std::env::var("LABELGATE_FUZZ_SECONDS").map_or(2, |text| text.parse().unwrap());
    let end = Instant::now() + Duration::from_secs(seconds);
    let since = std::time::UNIX_EPOCH.elapsed().unwrap();
    let seed = std::env::var("LABELGATE_FUZZ_SEED")
        .map_or(since.as_nanos() as u64, |text| text.parse().unwrap());
    println!("seed {seed}");
    let mut dice = Dice(seed | 1);
    let mut bench = Bench::new(kind);
    let [_, file] = images();
    bench.add_image(again(&file), dice.below(2) == 0);
    while Instant::now() < end {
        let mut clients: Vec<Client> = (0..8).map(|_| bench.connect()).collect();
        for _ in 0..dice.below(40) {
            let which = dice.below(clients.len());
            if !dice.act(&mut clients[which]) {
                dice.end(clients.swap_remove(which));
                clients.push(bench.connect());
            }
        }
        clients.into_iter().for_each(|client| dice.end(client));
    }
    bench.finish();
}

struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % limit
    }

    /// One thing a client does; whether it goes on.
    fn act(&mut self, client: &mut Client) -> bool {
        let operations = [
            ECHO, ECHO, ECHO, WRITE, STABLE, READ, READ, FLUSH, DISCARD, PAUSE, TIMER, EMPTY,
            UNMAP, ABORT, CLOSE, FAULT,
        ];
        let operation = operations[self.below(operations.len())];
        let length = match operation {
            PAUSE | TIMER => self.below(10),
            WRITE | STABLE | READ | UNMAP => 512 * (1 + self.below(200)),
            FLUSH | EMPTY | ABORT | CLOSE | FAULT => 0,
            _ => self.below(100_000),
        };
        let offset = match operation {
            ECHO => self.below(5000),
            _ => 512 * self.below(16_384),
        };
        let trailer = if operation == ECHO { self.below(17) } else { 0 };
        let message = Message::new(operation, 1, length)
            .at(offset as u64)
            .trailer(trailer as u8);
        let payload = if matches!(operation, ECHO | WRITE | STABLE | DISCARD) {
            length + trailer
        } else {
            0
        };
        let mut bytes = message.encode().to_vec();
        bytes.resize(HEADER + payload, 7);
        client.stream.set_nonblocking(true).unwrap();
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            let cut = (1 + self.below(30_000)).min(rest.len());
            match client.stream.write(&rest[..cut]) {
                Ok(n) => rest = &rest[n..],
                // It does not read, or the worker has had enough of it.
                Err(_) => return false,
            }
            if self.below(3) == 0 {
                let _ = client.stream.read(&mut vec![0; 50_000]);
            }
            if self.below(20) == 0 {
                return false;
            }
        }
        !matches!(operation, ABORT | CLOSE | FAULT)
    }

    fn end(&mut self, client: Client) {
        match self.below(3) {
            0 => client.reset(),
            1 => drop(client),
            _ => {
                let _ = client.stream.shutdown(Shutdown::Write);
                std::thread::sleep(Duration::from_millis(self.below(3) as u64));
            }
        }
    }
}
