//! When each stage works on which frame.

use super::canvas::{Axis, Legend, Picture, centred, clean, count, distinct, width};
use plotters::prelude::*;
use std::collections::BTreeMap;

/// Spans that are drawn; of more, the earliest.
pub const MAX_SPANS: usize = 10_000;
/// Stages that are drawn; of more, those named first.
pub const MAX_STAGES: usize = 100;

/// Width of the plot in pixels.
const ACROSS: u32 = 1000;
/// Height of a stage's row in pixels.
const ROW: u32 = 40;
/// Bars of one stage that are drawn beside each other where they overlap.
const MAX_TRACKS: usize = 4;
/// Longest name of a stage kept, in characters.
const MAX_NAME: usize = 32;
/// Frame starts are marked if they stand at least so many pixels apart on average.
const MIN_MARKS: f64 = 6.0;
/// Bars of at least so many pixels are set apart by a white line.
const MIN_SEPARATED: f64 = 4.0;

/// A stage works on a frame.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StageSpan {
    /// Name of the stage, the same for all frames.
    pub name: String,
    /// First cycle.
    pub start: u64,
    /// The cycle after the last.
    pub end: u64,
    /// Number of the frame.
    pub frame: usize,
}

/// The stages' work over time: a row a stage, in the order in which they are first named; a bar a
/// span, coloured and numbered by its frame. A line marks where each frame starts (its earliest
/// span), unless lines would hide the bars. `interval` is the initiation interval in cycles.
///
/// A span that ends before it starts is drawn as if it ended there. At most [`MAX_STAGES`] rows and
/// [`MAX_SPANS`] spans are drawn, and the line below the title says so.
pub fn timeline(spans: &[StageSpan], title: &str, interval: u64) -> String {
    let mut row_of = BTreeMap::<&str, usize>::new();
    let mut rows = Vec::new();
    for span in spans {
        let next = row_of.len();
        if *row_of.entry(&span.name).or_insert(next) == rows.len() && rows.len() < MAX_STAGES {
            rows.push(clean(&span.name, MAX_NAME));
        }
    }
    let mut order: Vec<(&StageSpan, usize)> = spans
        .iter()
        .map(|span| (span, row_of[span.name.as_str()]))
        .filter(|&(_, row)| row < MAX_STAGES)
        .collect();
    order.sort_by_key(|&(span, row)| (span.start, span.frame, row, span.end));
    order.truncate(MAX_SPANS);

    let mut summary = format!("initiation interval in cycles: {interval}");
    if rows.len() < row_of.len() {
        summary += &format!("; the first {} of {} stages", rows.len(), row_of.len());
    }
    if order.len() < spans.len() {
        summary += &format!("; the earliest {} of {}", order.len(), count(spans.len(), "span"));
    }
    let from = order.first().map_or(0, |(span, _)| span.start);
    let end = order.iter().map(|(span, _)| span.end).fold(from, u64::max);
    let len = (end - from).max(1) as f64;
    let per_pixel = len / f64::from(ACROSS);
    let starts = frame_starts(&order);
    let marked = starts.len() as f64 * MIN_MARKS <= f64::from(ACROSS);
    if marked && !starts.is_empty() {
        summary += "; a line where a frame starts";
    }
    let picture = Picture {
        title,
        summary,
        axes: (
            Axis { first: from, len, centred: false, downwards: false },
            Axis { first: 0, len: rows.len().max(1) as f64, centred: true, downwards: true },
        ),
        names: ("time (clock cycles)", "stage"),
        size: (ACROSS, ROW * rows.len().max(1) as u32),
        rows: Some(&rows),
        legend: Legend::None,
    };
    picture.draw(|plot| {
        for &start in starts.iter().filter(|_| marked) {
            let at = (start - from) as f64;
            let line = [(at, 0.0), (at, rows.len() as f64)];
            plot.draw_series([PathElement::new(line, BLACK.mix(0.6))])?;
        }
        for (span, place) in order.iter().zip(tracks(&order, rows.len())) {
            let start = (span.0.start - from) as f64;
            let end = start + span.0.end.saturating_sub(span.0.start) as f64;
            let pixels = (end - start) / per_pixel;
            // A bar is never so thin that it cannot be seen.
            let end = start + (end - start).max(per_pixel);
            let bar = [(start, place.0), (end, place.1)];
            let colour = distinct(span.0.frame);
            plot.draw_series([Rectangle::new(bar, colour.filled())])?;
            if pixels >= MIN_SEPARATED {
                plot.draw_series([Rectangle::new(bar, WHITE)])?;
            }
            let number = span.0.frame.to_string();
            if pixels >= f64::from(width(&number) + 2) && place.1 - place.0 > 0.3 {
                let middle = ((start + end) / 2.0, (place.0 + place.1) / 2.0);
                let style = centred(legible(colour));
                plot.draw_series([Text::new(number, middle, style)])?;
            }
        }
        Ok(())
    })
}

/// Cycles in which a frame starts, ascending.
fn frame_starts(order: &[(&StageSpan, usize)]) -> Vec<u64> {
    let mut starts = BTreeMap::<usize, u64>::new();
    for (span, _) in order {
        starts.entry(span.frame).or_insert(span.start);
    }
    let mut starts: Vec<u64> = starts.into_values().collect();
    starts.sort_unstable();
    starts
}

/// Top and bottom of each span's bar, in rows: bars of a stage that overlap in time share its row.
fn tracks(order: &[(&StageSpan, usize)], rows: usize) -> Vec<(f64, f64)> {
    let mut ends = vec![Vec::<u64>::new(); rows];
    let mut track = Vec::with_capacity(order.len());
    for &(span, row) in order {
        let free = ends[row].iter().position(|&end| end <= span.start);
        let at = free.unwrap_or(ends[row].len()).min(MAX_TRACKS - 1);
        if at == ends[row].len() {
            ends[row].push(span.end);
        }
        ends[row][at] = span.end.max(ends[row][at]);
        track.push(at);
    }
    let place = |(&(_, row), at): (&(&StageSpan, usize), usize)| {
        let height = 0.7 / ends[row].len() as f64;
        let top = row as f64 + 0.15 + height * at as f64;
        (top, top + height)
    };
    order.iter().zip(track).map(place).collect()
}

/// Black or white, whichever can be read on `colour` (relative luminance of ITU-R BT.709).
fn legible(colour: RGBColor) -> RGBColor {
    let RGBColor(r, g, b) = colour;
    let light = 0.2126 * f64::from(r) + 0.7152 * f64::from(g) + 0.0722 * f64::from(b);
    if light > 140.0 { BLACK } else { WHITE }
}
