//! What is done once per message and once per connection, in nanoseconds.

#![expect(missing_docs, reason = "criterion's macro makes a public function")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use labelgate_iscsi::{
    pdu::{BHS, DataIn, Header, Numbers, Request, Residual, SegmentLength, Sequence},
    serial::{CmdSn, StatSn},
};
use labelgate_mac::{Context, Label};
use labelgate_pages::{Counters, Ended, Operation};

/// A READ (10) of 4 KiB as QEMU sends it.
const READ: [u8; BHS] = [
    0x01, 0xc1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0x10, 0, 0, 0, 0, 9, 0,
    0, 0, 8, 0x28, 0, 0, 1, 2, 3, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0,
];

fn messages(criterion: &mut Criterion) {
    criterion.bench_function("header and request of a read parsed", |bench| {
        bench.iter(|| {
            let bytes = black_box(&READ);
            (Header::parse(bytes), Request::parse(bytes))
        });
    });
    let Request::ScsiCommand(read) = Request::parse(&READ) else {
        unreachable!("READ is a SCSI command")
    };
    let answer = DataIn {
        sequence: Sequence::EndsWithStatus {
            status: 0,
            residual: Residual::None,
        },
        initiator_task_tag: read.initiator_task_tag,
        data_sn: 0,
        buffer_offset: 0,
        data_segment_length: SegmentLength::saturating(4096),
    };
    let numbers = Numbers {
        stat_sn: StatSn::new(8),
        exp_cmd_sn: CmdSn::new(10),
        max_cmd_sn: CmdSn::new(137),
    };
    criterion.bench_function("Data-In with status encoded", |bench| {
        bench.iter(|| black_box(&answer).encode(black_box(numbers)));
    });
}

fn labels(criterion: &mut Criterion) {
    criterion.bench_function("label of two categories parsed", |bench| {
        bench.iter(|| black_box("s0:c107,c434").parse::<Label>());
    });
    criterion.bench_function("context of a virtual machine parsed", |bench| {
        bench.iter(|| black_box("system_u:system_r:svirt_t:s0:c107,c434").parse::<Context>());
    });
    let every_other: Vec<_> = (0..512).map(|n| format!("c{}", n * 2)).collect();
    let longest = format!("s0:{}", every_other.join(","));
    criterion.bench_function("label of 512 categories parsed", |bench| {
        bench.iter(|| black_box(longest.as_str()).parse::<Label>());
    });
}

fn counting(criterion: &mut Criterion) {
    let counters = Counters::alone().expect("a page can be made");
    let ended = Ended {
        operation: Operation::Read,
        bytes: 4096,
        result: Ok(()),
        latency: Duration::from_micros(30),
    };
    criterion.bench_function("operation counted, begin and end", |bench| {
        bench.iter(|| {
            let image = counters.image(black_box(0));
            image.began();
            image.ended(black_box(ended));
        });
    });
    criterion.bench_function("clock read, once for each inline operation", |bench| {
        bench.iter(Instant::now);
    });
}

criterion_group!(micro, messages, labels, counting);
criterion_main!(micro);
