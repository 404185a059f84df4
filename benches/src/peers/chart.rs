//! The comparisons as a picture: a line for each, from the lower to the upper end of its ratio's interval.

use std::error::Error;

use plotters::prelude::*;

use crate::report::{Metric, Row};

const WIDTH: u32 = 1100;
/// Pixels of one comparison.
const LINE: u32 = 18;
/// Pixels of a panel besides.
const BESIDES: u32 = 100;
/// Pixels for what is compared.
const NAMES: u32 = 520;

/// Comparisons by one metric.
struct Panel<'a> {
    caption: &'static str,
    /// Whether more is better.
    more: bool,
    rows: Vec<&'a Row>,
}

/// All comparisons, as SVG.
pub fn picture(rows: &[Row]) -> Result<String, String> {
    let mut picture = String::new();
    draw(rows, &mut picture).map_err(|error| error.to_string())?;
    Ok(picture)
}

fn draw<'a>(rows: &[Row], picture: &'a mut String) -> Result<(), Box<dyn Error + 'a>> {
    let panels = panels(rows);
    let height = panels.iter().map(Panel::height).sum::<u32>().max(LINE);
    let area = SVGBackend::with_string(picture, (WIDTH, height)).into_drawing_area();
    area.fill(&WHITE)?;
    let mut rest = area.clone();
    for panel in &panels {
        let (upper, lower) = rest.split_vertically(panel.height());
        panel.draw(&upper)?;
        rest = lower;
    }
    area.present()?;
    Ok(())
}

/// I/Os, and processor time: the client's too, where a peer is a part of it.
fn panels(rows: &[Row]) -> Vec<Panel<'_>> {
    let of = |metric| rows.iter().filter(move |row| row.metric == metric);
    let is_part = |row: &&Row| {
        let same = |other: &Row| other.case == row.case && other.peer_name == row.peer_name;
        !of(Metric::BothCpu).any(same)
    };
    let time = of(Metric::BothCpu).chain(of(Metric::ServerCpu).filter(is_part));
    let panels = [
        Panel {
            caption: "I/Os per second, ours / theirs: more is better",
            more: true,
            rows: of(Metric::Iops).collect(),
        },
        Panel {
            caption: "processor time per I/O, ours / theirs: less is better",
            more: false,
            rows: time.collect(),
        },
    ];
    let filled = |panel: &Panel<'_>| !panel.rows.is_empty();
    panels.into_iter().filter(filled).collect()
}

impl Panel<'_> {
    fn height(&self) -> u32 {
        let rows = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        rows.saturating_mul(LINE).saturating_add(BESIDES)
    }

    fn draw<'b>(
        &self,
        area: &DrawingArea<SVGBackend<'b>, plotters::coord::Shift>,
    ) -> Result<(), Box<dyn Error + 'b>> {
        let least = self.rows.iter().map(|row| row.ratio_low);
        let least = least.fold(0.5, f64::min).max(0.01) * 0.9;
        let most = self.rows.iter().map(|row| row.ratio_high);
        let most = most.fold(2.0, f64::max).min(100.0) * 1.1;
        let mut chart = ChartBuilder::on(area)
            .caption(self.caption, ("sans-serif", 18))
            .margin(12)
            .x_label_area_size(32)
            .y_label_area_size(NAMES)
            .build_cartesian_2d(
                (least..most).log_scale(),
                (0..self.rows.len()).into_segmented(),
            )?;
        let name = |at: &SegmentValue<usize>| match at {
            SegmentValue::Exact(at) | SegmentValue::CenterOf(at) => self.name(*at),
            SegmentValue::Last => String::new(),
        };
        chart
            .configure_mesh()
            .disable_y_mesh()
            .y_labels(self.rows.len())
            .y_label_formatter(&name)
            .x_label_formatter(&|ratio| format!("{ratio:.2}"))
            .draw()?;
        let whole = [SegmentValue::Exact(0), SegmentValue::Last].map(|end| (1.0, end));
        chart.draw_series([PathElement::new(whole, BLACK)])?;
        chart.draw_series(self.rows.iter().rev().enumerate().map(|(at, row)| {
            let ends = [row.ratio_low, row.ratio_high];
            let ends = ends.map(|ratio| (ratio.clamp(least, most), SegmentValue::CenterOf(at)));
            PathElement::new(ends, self.color(row).stroke_width(3))
        }))?;
        chart.draw_series(self.rows.iter().rev().enumerate().map(|(at, row)| {
            let middle = (row.ratio.clamp(least, most), SegmentValue::CenterOf(at));
            Circle::new(middle, 4, self.color(row).filled())
        }))?;
        Ok(())
    }

    /// Of the comparison at this height; the first is above.
    fn name(&self, at: usize) -> String {
        let row = self.rows.iter().rev().nth(at);
        row.map_or_else(String::new, |row| {
            format!("{} ({}) / {}", row.case, row.client, row.peer_name)
        })
    }

    fn color(&self, row: &Row) -> RGBColor {
        match (row.undecided, (row.ratio > 1.0) == self.more) {
            (true, _) => RGBColor(128, 128, 128),
            (false, true) => RGBColor(0, 128, 0),
            (false, false) => RGBColor(192, 0, 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(peer: &str, metric: &str, ratio: f64) -> Row {
        let row = serde_json::json!({
            "case": "4k-read", "medium": "tmpfs", "client": "qemu-img", "depth": 32, "metric": metric,
            "ours_name": "labelgate", "ours": 2.0, "peer": 1.0, "peer_name": peer,
            "ratio": ratio, "ratio_low": ratio * 0.9, "ratio_high": ratio * 1.1, "confidence": 0.94,
            "undecided": false, "repeats": 5, "ours_cpu_s_per_100k": 1.0,
            "peer_cpu_s_per_100k": 1.0, "client_cpu_s_per_100k": 1.0,
            "client_cpu_s_per_100k_on_peer": 1.0, "tick_error": 0.0, "other_cpus_busy": 0.0,
        });
        serde_json::from_value(row).unwrap()
    }

    #[test]
    fn each_comparison_is_in_the_picture_by_one_of_the_times() {
        let rows = [
            row("tgt", "iops", 1.8),
            row("tgt", "server_cpu", 0.4),
            row("QEMU rbd", "server_cpu", 7.0),
            row("QEMU rbd", "both_cpu", 1.2),
        ];
        let picture = picture(&rows).unwrap();
        let count = |text: &str| picture.matches(text).count();
        assert_eq!(count("4k-read (qemu-img) / tgt"), 2);
        assert_eq!(count("4k-read (qemu-img) / QEMU rbd"), 1);
        assert_eq!(count("<circle"), 3);
    }

    #[test]
    fn without_comparisons_there_is_a_picture_too() {
        assert!(picture(&[]).unwrap().contains("<svg"));
    }
}
