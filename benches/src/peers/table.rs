//! Rows as Markdown, which is also what is printed.

use std::fmt::Write as _;

use crate::{
    figures::Figure,
    report::{Metric, Row},
};

const HEAD: [&str; 12] = [
    "case",
    "client",
    "metric",
    "ours",
    "value",
    "peer",
    "value",
    "ours/peer",
    "interval",
    "n",
    "client CPU",
    "notes",
];

/// A table of these rows, with a line on how to read it.
pub fn markdown(rows: &[Row]) -> String {
    padded(&HEAD.map(str::to_owned), rows.iter().map(cells).collect())
}

/// A table of figures of the gateway alone.
pub fn figures(figures: &[Figure]) -> String {
    if figures.is_empty() {
        return String::new();
    }
    let head = ["labelgate alone", "value", "unit", "n"].map(str::to_owned);
    let cells = |figure: &Figure| {
        let value = format!("{:.2}", figure.value);
        [
            figure.name.clone(),
            value,
            figure.unit.to_owned(),
            figure.observations.to_string(),
        ]
    };
    padded(&head, figures.iter().map(cells).collect())
}

/// Widths do not matter to Markdown; the columns are padded for the terminal.
fn padded<const N: usize>(head: &[String; N], rows: Vec<[String; N]>) -> String {
    let rule = [const { String::new() }; N].map(|_| "---".to_owned());
    let lines: Vec<_> = [head.clone(), rule].into_iter().chain(rows).collect();
    let widths: Vec<usize> = (0..N)
        .map(|column| {
            lines
                .iter()
                .filter_map(|l| Some(l.get(column)?.len()))
                .max()
                .unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
    for line in lines {
        for (cell, width) in line.iter().zip(&widths) {
            // Writing to a string cannot fail.
            let _ = write!(text, "| {cell:width$} ");
        }
        text.push_str("|\n");
    }
    text
}

/// How the table is to be read.
pub const LEGEND: &str = "\
iops: I/Os per second, more is better. server_cpu: seconds of server processor time (all its
processes) per 100,000 I/Os, less is better. Values are medians of n repeats; ours/peer is the
median of the ratios within a repeat, and the interval holds the true median ratio with the
confidence given in notes. undecided: the interval holds 1. client CPU: seconds per 100,000 I/Os
against ours, the client's start and login included. ticks: the most that whole clock ticks may put
one run's server time off by. busy: processors that other programs kept busy during the runs.
both_cpu: the same of server and client together, because QEMU's own drivers of Ceph (QEMU rbd) and
of Gluster (QEMU gluster) are no servers; tgt-rbd is tgt over librbd, without librbd's cache as the others, and with it, by default,
where writes are answered before the cluster has them. All use one cluster, with an OSD that keeps its objects in memory on tmpfs and on disk
otherwise; its own time is in busy. So is that of the one brick that all cases of Gluster use, on the
medium; tgt-glfs is tgt over libgfapi. QEMU's driver has Gluster's write-behind, by default, which answers writes before the brick has
them, and the gateway's keeper has not; nor has \"no caches\", a volume without them. floor: a server that stores nothing; it says what the client and
the socket cost. nbdkit speaks NBD, not iSCSI. nfsserve: the crate, over pread and pwrite.
nfs-ganesha: FSAL_VFS, in a network namespace with its clients. scattered: a stride over the whole
image, because qemu-img has no random pattern. random: iscsi-perf, which only reads,
labelgate-load, whose own cost is the larger one, and labelgate-nfs-load. null, getattr: calls of
NFS that move no data.
";

fn cells(row: &Row) -> [String; 12] {
    let (metric, digits) = match row.metric {
        Metric::Iops => ("iops", 0),
        Metric::ServerCpu => ("server_cpu", 2),
        Metric::BothCpu => ("both_cpu", 2),
    };
    [
        row.case.clone(),
        row.client.clone(),
        metric.to_owned(),
        row.ours_name.clone(),
        format!("{:.digits$}", row.ours),
        row.peer_name.clone(),
        format!("{:.digits$}", row.peer),
        format!("{:.2}", row.ratio),
        format!("{:.2}-{:.2}", row.ratio_low, row.ratio_high),
        row.repeats.to_string(),
        format!("{:.2}", row.client_cpu_s_per_100k),
        notes(row),
    ]
}

fn notes(row: &Row) -> String {
    let mut notes = Vec::new();
    if row.undecided {
        notes.push("undecided".to_owned());
    }
    notes.push(format!("{:.0}%", row.confidence * 100.0));
    if row.metric != Metric::Iops {
        notes.push(format!("ticks {:.1}%", row.tick_error * 100.0));
    }
    if row.other_cpus_busy > 0.2 {
        notes.push(format!("busy {:.1}", row.other_cpus_busy));
    }
    notes.join(", ")
}
