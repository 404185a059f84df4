//! The one thread that numbers, chains and writes records.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::watch;

use crate::body;
use crate::chain::Anchor;
use crate::complaint::Complaint;
use crate::decision::Decision;
use crate::event::Event;
use crate::follow::Line;
use crate::queue::{Entry, Queue};
use crate::record::Record;
use crate::sink::Sink;
use crate::trail::{Progress, Shared};

/// How often it looks after things when there is nothing to write, and how long it leaves
/// something alone that has failed.
const PERIOD: Duration = Duration::from_secs(1);
/// What a line has more than its record's body: number, time, hash, line feed.
const FRAME: usize = 192;

/// The writer.
#[derive(Debug)]
pub struct Writer {
    queue: Arc<Queue>,
    shared: Arc<Shared>,
    progress: watch::Sender<Progress>,
    chain: Anchor,
    /// Holds the chain: what it cannot take is lost.
    primary: Sink,
    copies: Vec<Copies>,
    unwritten: Unwritten,
    /// How many records from the queue have met their fate, and the last of them that was lost.
    done: u64,
    failed: u64,
    complaint: Complaint,
    rotate_after: Instant,
    looked: Instant,
}

/// Where lines go as well.
#[derive(Debug)]
struct Copies {
    sink: Sink,
    complaint: Complaint,
    not_before: Instant,
}

/// Records that were lost and of which the trail does not know yet.
#[derive(Debug, Default)]
struct Unwritten {
    count: u64,
    why: String,
}

impl Writer {
    /// A writer that goes on after `chain`.
    pub fn new(
        (queue, shared): (Arc<Queue>, Arc<Shared>),
        progress: watch::Sender<Progress>,
        chain: Anchor,
        primary: Sink,
        copies: Vec<Sink>,
    ) -> Self {
        let now = Instant::now();
        let copy = |sink| Copies {
            sink,
            complaint: Complaint::default(),
            not_before: now,
        };
        Self {
            queue,
            shared,
            progress,
            chain,
            primary,
            copies: copies.into_iter().map(copy).collect(),
            unwritten: Unwritten::default(),
            done: 0,
            failed: 0,
            complaint: Complaint::default(),
            rotate_after: now,
            looked: now,
        }
    }

    /// Writes until the queue is closed. `findings` are written first.
    pub fn run(mut self, findings: &[(Event, String)]) {
        for (event, reason) in findings {
            tracing::error!("the audit trail: {reason}");
            self.note(*event, reason);
        }
        self.log_anchor("goes on after");
        self.publish();
        loop {
            let batch = self.queue.take(PERIOD);
            for entry in &batch.entries {
                self.put(entry);
            }
            if batch.dropped > 0 {
                self.lose(batch.dropped, "there were too many at once");
            }
            self.say_what_is_lost();
            self.look_after();
            self.publish();
            if batch.last {
                return self.end();
            }
        }
    }

    /// Writes a record, or counts it as lost.
    fn put(&mut self, entry: &Entry) {
        self.done += 1;
        self.rotate_if_full(entry.body.len());
        if self.say_what_is_lost() && self.append(entry.time, &entry.body).is_ok() {
            return;
        }
        self.failed = self.done;
        // Whoever reads a copy sees it all the same, without a number.
        let members = entry.body.strip_prefix('{').unwrap_or(&entry.body);
        let line = format!(r#"{{"time":"{:.9}",{members}"#, entry.time);
        self.copy(self.chain.seq, &line);
        self.lose(1, "");
    }

    /// Writes a line that continues the chain; if this fails, the chain has not moved.
    fn append(&mut self, time: Timestamp, body: &str) -> io::Result<()> {
        let (line, anchor) = self.chain.seal(time, body);
        if let Err(error) = self.primary.append(anchor.seq, &line) {
            self.unwritten.why = error.to_string();
            let what = "AUDIT RECORDS ARE BEING LOST, the trail cannot be written";
            self.complaint.make(what, &error.to_string());
            return Err(error);
        }
        self.complaint.end("the audit trail can be written again");
        self.chain = anchor;
        self.shared.counters.written.fetch_add(1, Ordering::Relaxed);
        self.copy(anchor.seq, &line);
        if !matches!(self.primary, Sink::File(_)) {
            let seq = anchor.seq;
            self.shared.recent.push(Line { seq, text: line });
        }
        Ok(())
    }

    fn note(&mut self, event: Event, reason: &str) {
        let record = Record::new(event, Decision::Note).reason(reason);
        if self
            .append(Timestamp::now(), &body::encode(&record))
            .is_err()
        {
            self.lose(1, "");
        }
    }

    fn copy(&mut self, seq: u64, line: &str) {
        let now = Instant::now();
        for copy in &mut self.copies {
            if now < copy.not_before {
                self.shared
                    .counters
                    .uncopied
                    .fetch_add(1, Ordering::Relaxed);
                continue;
            }
            let name = copy.sink.name();
            match copy.sink.append(seq, line) {
                Ok(()) => copy.complaint.end("audit records are copied again"),
                Err(error) => {
                    self.shared
                        .counters
                        .uncopied
                        .fetch_add(1, Ordering::Relaxed);
                    copy.not_before = now + PERIOD;
                    let what = format!("audit records do not reach {name}");
                    copy.complaint.make(&what, &error.to_string());
                }
            }
        }
    }

    fn lose(&mut self, count: u64, why: &str) {
        self.unwritten.count = self.unwritten.count.saturating_add(count);
        self.shared
            .counters
            .lost
            .fetch_add(count, Ordering::Relaxed);
        if !why.is_empty() {
            why.clone_into(&mut self.unwritten.why);
            self.complaint.make("AUDIT RECORDS ARE BEING LOST", why);
        }
    }

    /// Writes down how many records were lost. Returns whether the trail knows of all.
    fn say_what_is_lost(&mut self) -> bool {
        let Unwritten { count, ref why } = self.unwritten;
        if count == 0 {
            return true;
        }
        let reason = format!("{count} records could not be written: {why}");
        let record = Record {
            count: Some(count),
            ..Record::new(Event::Lost, Decision::Note)
        };
        let body = body::encode(&record.reason(&reason));
        let written = self.append(Timestamp::now(), &body).is_ok();
        if written {
            self.unwritten = Unwritten::default();
        }
        written
    }

    fn rotate_if_full(&mut self, more: usize) {
        let Sink::File(file) = &mut self.primary else {
            return;
        };
        let now = Instant::now();
        if now < self.rotate_after || !file.is_full(more.saturating_add(FRAME)) {
            return;
        }
        match file.rotate() {
            Ok(rotated) => {
                let mut reason = format!("{} is full", rotated.closed);
                if !rotated.removed.is_empty() {
                    reason += &format!("; removed: {}", rotated.removed.join(", "));
                }
                if let Some(trouble) = rotated.trouble {
                    tracing::error!("old files of the audit trail: {trouble}");
                }
                self.log_anchor("has a new file after");
                self.note(Event::TrailRotated, &reason);
            }
            Err(error) => {
                self.rotate_after = now + 60 * PERIOD;
                tracing::error!("the audit trail cannot be rotated, its file grows on: {error}");
            }
        }
    }

    /// Notices what others did to the file.
    fn look_after(&mut self) {
        let Sink::File(file) = &mut self.primary else {
            return;
        };
        if self.looked.elapsed() < PERIOD {
            return;
        }
        self.looked = Instant::now();
        let failures = file.syncer.failures();
        self.shared
            .counters
            .unsynced
            .store(failures, Ordering::Relaxed);
        let found = match file.is_tampered_with() {
            Ok(false) => return,
            Ok(true) => "it was removed, replaced or changed by somebody else".to_owned(),
            Err(error) => error.to_string(),
        };
        match file.begin_again(&found) {
            Ok(reason) => {
                tracing::error!("the audit trail: {reason}");
                self.note(Event::TrailDamaged, &reason);
            }
            Err(error) => self.complaint.make(
                "the audit trail's file was tampered with, and a new one cannot be made",
                &format!("{found}; {error}"),
            ),
        }
    }

    /// The place reached is noted where the trail's owner may have no hand in.
    fn log_anchor(&self, what: &str) {
        let Anchor { seq, hash } = self.chain;
        tracing::info!("the audit trail {what} record {seq}, {hash}");
    }

    fn publish(&self) {
        let now = Progress {
            done: self.done,
            failed: self.failed,
            anchor: self.chain,
        };
        self.progress
            .send_if_modified(|progress| std::mem::replace(progress, now) != now);
    }

    fn end(mut self) {
        if !self.say_what_is_lost() {
            let Unwritten { count, why } = &self.unwritten;
            tracing::error!("{count} audit records are lost: {why}");
        }
        if let Sink::File(file) = &self.primary
            && let Err(error) = file.file.sync_all()
        {
            tracing::error!("the end of the audit trail may not be on the disk: {error}");
        }
        self.log_anchor("ends with");
        self.publish();
    }
}
