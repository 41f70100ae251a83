//! How often each weight occurs.

use super::canvas::{Drawn, Legend, Picture, count, distinct, percent};
use super::scale::Scale;
use plotters::prelude::*;

/// Bars that are drawn one for each code; with more codes, several share a bar.
pub const MAX_BARS: usize = 256;

/// Height of the plot in pixels.
const HEIGHT: u32 = 320;
/// Widths of the plot in pixels are near this.
const WIDTH: usize = 640;
/// Room above the highest bar, as a factor.
const ROOM: f64 = 1.06;

/// The weights of a junction as a histogram: codes from `lo` to `hi`, each worth `unit`, across; the
/// share of edges that have them up. After figure 3 of Capogrosso et al., FDL 2024.
///
/// Codes outside `lo..=hi` are not drawn, and the line below the title says how many there are. With
/// more than [`MAX_BARS`] codes, a bar stands for several.
pub fn histogram(codes: &[i32], (lo, hi): (i64, i64), unit: f64, title: &str) -> String {
    let width = hi.saturating_sub(lo).max(0) as usize + 1;
    let per_bar = width.div_ceil(MAX_BARS);
    let mut bars = vec![0usize; width.div_ceil(per_bar)];
    let (mut at_limits, mut zero, mut outside) = (0, 0, 0);
    for code in codes.iter().map(|&code| i64::from(code)) {
        if !(lo..=hi).contains(&code) {
            outside += 1;
            continue;
        }
        at_limits += usize::from(code == lo || code == hi);
        zero += usize::from(code == 0);
        bars[(code - lo) as usize / per_bar] += 1;
    }
    let share = |n: usize| n as f64 / codes.len().max(1) as f64;
    let mut summary = format!(
        "{}; {} are 0, {} the largest or smallest code",
        count(codes.len(), "edge"),
        percent(share(zero)),
        percent(share(at_limits))
    );
    if outside > 0 {
        summary += &format!("; {} outside, not drawn", count(outside, "code"));
    }
    if per_bar > 1 {
        summary += &format!("; {per_bar} codes a bar");
    }
    let most = bars.iter().copied().max().unwrap_or(0).max(1);
    let (first, step) = (lo as f64 - 0.5, per_bar as f64);
    let last = first + step * bars.len() as f64;
    let picture = Picture {
        title,
        summary,
        axes: (
            Scale::between(first * unit, last * unit),
            Scale::between(0.0, 100.0 * share(most) * ROOM),
        ),
        names: ("weight", "edges in %"),
        size: ((WIDTH / bars.len()).max(1) as u32 * bars.len() as u32, HEIGHT),
        rows: None,
        legend: Legend::None,
    };
    picture.draw(|plot| -> Drawn {
        let high = bars.iter().enumerate().filter(|(_, edges)| **edges > 0);
        plot.draw_series(high.map(|(n, &edges)| {
            let left = first + step * n as f64;
            let bar = [(left * unit, 0.0), ((left + step) * unit, 100.0 * share(edges))];
            Rectangle::new(bar, distinct(0).filled())
        }))?;
        Ok(())
    })
}
