//! How long logins take as there are more labels.

use plotters::prelude::*;

/// Each login's time over the number of labels that were there, as SVG.
pub fn logins(arrivals: &[(f64, f64)]) -> Result<String, String> {
    let mut picture = String::new();
    draw(arrivals, &mut picture).map_err(|error| error.to_string())?;
    Ok(picture)
}

fn draw(arrivals: &[(f64, f64)], picture: &mut String) -> Result<(), Box<dyn std::error::Error>> {
    let mut arrivals = arrivals.to_vec();
    arrivals.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    let most = arrivals.iter().map(|(_, took)| *took).fold(1.0, f64::max);
    let area = SVGBackend::with_string(picture, (900, 420)).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption(
            "connect to the end of the login, four at a time",
            ("sans-serif", 18),
        )
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(56)
        .build_cartesian_2d(0..arrivals.len(), 0.0..most * 1.05)?;
    chart
        .configure_mesh()
        .x_desc("labels that are served")
        .y_desc("ms")
        .draw()?;
    let points = arrivals.iter().enumerate();
    chart.draw_series(
        points.map(|(there, (_, took))| Circle::new((there, *took), 2, BLUE.filled())),
    )?;
    area.present()?;
    Ok(())
}
