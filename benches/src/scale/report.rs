//! The figures, and the files they go to.

use std::fs;
use std::path::Path;
use std::time::Duration;

use labelgate_benches::statistics::percentile;
use labelgate_fixtures::Failure;
use serde::Serialize;

use crate::chart;
use crate::crowd::Crowd;
use crate::full::Load;
use crate::limits::Refusal;
use crate::taken::Taken;

/// All that was measured. Times are in milliseconds where a name does not say otherwise.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    labels: u32,
    alone: Load,
    among_idle: Load,
    among_readers: Load,
    /// The rest at once: seconds until the last was logged in.
    all_started_s: f64,
    /// The processor time that labelgated itself took for that, in seconds.
    start_supervisor_cpu_s: f64,
    /// When each was logged in, since the first came, and how long that took.
    arrivals: Vec<(f64, f64)>,
    taken: Taken,
    /// A new label's connect(2) to the end of its login, with all others there.
    late_login_median: f64,
    late_login_p99: f64,
    late: Vec<f64>,
    /// A read of one that reads every second, while ten are at full load.
    now_and_then_median: f64,
    now_and_then_p99: f64,
    now_and_then_reads: usize,
    scrape_median: f64,
    scrape_most: f64,
    no_worker_more: Refusal,
    no_descriptor_more: Refusal,
    no_memory_more: Refusal,
}

impl Report {
    pub fn new(labels: u32) -> Self {
        Self {
            labels,
            ..Self::default()
        }
    }

    pub fn alone(&mut self, load: Load) {
        self.alone = load;
    }

    pub fn among_idle(&mut self, load: Load) {
        self.among_idle = load;
    }

    pub fn among_readers(&mut self, load: Load, reads: Vec<f64>) {
        self.among_readers = load;
        self.now_and_then_reads = reads.len();
        self.now_and_then_median = percentile(reads.clone(), 0.5);
        self.now_and_then_p99 = percentile(reads, 0.99);
    }

    pub fn started(&mut self, took: Duration, cpu: Duration, crowd: &Crowd) {
        self.all_started_s = took.as_secs_f64();
        self.start_supervisor_cpu_s = cpu.as_secs_f64();
        self.arrivals = crowd.arrivals();
    }

    pub fn idle(&mut self, taken: &Taken) {
        self.taken = taken.clone();
    }

    pub fn late(&mut self, crowd: &Crowd) {
        self.late = crowd.arrivals().iter().map(|(_, took)| *took).collect();
        self.late_login_median = percentile(self.late.clone(), 0.5);
        self.late_login_p99 = percentile(self.late.clone(), 0.99);
    }

    pub fn scrape(&mut self, times: &[f64]) {
        self.scrape_median = percentile(times.to_vec(), 0.5);
        self.scrape_most = percentile(times.to_vec(), 1.0);
    }

    pub fn no_worker_more(&mut self, refusal: Refusal) {
        self.no_worker_more = refusal;
    }

    pub fn no_descriptor_more(&mut self, refusal: Refusal) {
        self.no_descriptor_more = refusal;
    }

    pub fn no_memory_more(&mut self, refusal: Refusal) {
        self.no_memory_more = refusal;
    }

    /// For people, in Markdown.
    pub fn table(&self) -> String {
        let mut text = format!(
            "| with {} labels | measured | wanted |\n|---|---|---|\n",
            self.labels
        );
        for (name, measured, wanted) in self.rows() {
            text += &format!("| {name} | {measured} | {wanted} |\n");
        }
        for (limit, refusal) in [
            ("workers", &self.no_worker_more),
            ("descriptors", &self.no_descriptor_more),
            ("memory", &self.no_memory_more),
        ] {
            text += &refused(limit, refusal);
        }
        text
    }

    fn rows(&self) -> Vec<(&'static str, String, &'static str)> {
        let taken = &self.taken;
        let mut rows = vec![
            (
                "all logged in, four at a time",
                format!("{:.1} s", self.all_started_s),
                "30 s",
            ),
            (
                "labelgated's own processor time for that",
                format!("{:.2} s", self.start_supervisor_cpu_s),
                "",
            ),
            (
                "a new label's login, all others there: median, p99",
                format!(
                    "{:.1} ms, {:.1} ms",
                    self.late_login_median, self.late_login_p99
                ),
                "15 ms median",
            ),
            (
                "an idle worker's memory (PSS): median, most",
                format!(
                    "{:.2} MiB, {:.2} MiB",
                    taken.worker_median_mib, taken.worker_most_mib
                ),
                "1.5 MiB",
            ),
            (
                "memory of labelgated, of all",
                format!("{:.1} MiB, {:.0} MiB", taken.supervisor_mib, taken.all_mib),
                "",
            ),
            (
                "processes, threads",
                format!("{}, {}", taken.processes, taken.threads),
                "",
            ),
            (
                "descriptors of labelgated, of all",
                format!(
                    "{}, {}",
                    taken.supervisor_descriptors, taken.all_descriptors
                ),
                "",
            ),
            (
                "labelgated's share of a processor, all idle",
                format!("{:.1} %", taken.supervisor_cpu_percent),
                "",
            ),
            (
                "a scrape: median, most",
                format!("{:.1} ms, {:.1} ms", self.scrape_median, self.scrape_most),
                "100 ms",
            ),
        ];
        rows.extend(self.rows_of_loads());
        rows
    }

    fn rows_of_loads(&self) -> Vec<(&'static str, String, &'static str)> {
        let of = |load: &Load| {
            let Load {
                iops,
                median_ms,
                p99_ms,
            } = load;
            let share = 100.0 * iops / self.alone.iops.max(1.0);
            format!("{iops:.0}/s ({share:.0} %), {median_ms:.2} ms, {p99_ms:.2} ms")
        };
        vec![
            (
                "ten at full load, nobody else: reads, median, p99",
                of(&self.alone),
                "",
            ),
            ("the same, all others idle", of(&self.among_idle), "90 %"),
            (
                "the same, all others reading once a second",
                of(&self.among_readers),
                "90 %",
            ),
            (
                "those others' reads: median, p99",
                format!(
                    "{:.2} ms, {:.2} ms ({} reads)",
                    self.now_and_then_median, self.now_and_then_p99, self.now_and_then_reads
                ),
                "",
            ),
        ]
    }

    /// Writes all three files.
    pub fn write(&self, directory: &Path) -> Result<(), Failure> {
        let json = serde_json::to_string_pretty(self)
            .map_err(|error| Failure::Unexpected(error.to_string()))?;
        let doing = || Failure::io(format!("writing to {}", directory.display()));
        fs::create_dir_all(directory).map_err(doing())?;
        fs::write(directory.join("scale.json"), json + "\n").map_err(doing())?;
        fs::write(directory.join("scale.md"), self.table()).map_err(doing())?;
        let picture = chart::logins(&self.arrivals).map_err(Failure::Unexpected)?;
        fs::write(directory.join("scale.svg"), picture).map_err(doing())
    }
}

fn refused(limit: &str, refusal: &Refusal) -> String {
    let then = match refusal.let_in_then {
        Some(true) => "; let in when there was room again",
        Some(false) => "; NOT let in when there was room again",
        None => "",
    };
    format!(
        "\nNo {limit} for one more than {}: {}{then}. The others were {}.\n\n    {}\n",
        refusal.there,
        refusal.client,
        if refusal.others_served {
            "served"
        } else {
            "NOT served"
        },
        refusal.gateway
    )
}
