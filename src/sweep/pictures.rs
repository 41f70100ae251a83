//! Figures as pictures.

use super::figures::{Cost, Figures, Line, front};
use super::file::Sweep;
use super::tables::groups;
use crate::report::{self, Curve, Point};

/// `accuracy.svg`: accuracy in the hardware's arithmetic against the number of parameters, by
/// group, with the published accuracies (figures 4 and 5 of Capogrosso et al., FDL 2024).
pub fn accuracy(sweep: &Sweep, lines: &[Line<'_>]) -> String {
    let curves = curves(lines, |f| f.parameters, true);
    let title = format!("{}: accuracy against parameters", sweep.title);
    report::scatter(&curves, &[], "parameters, biases included", &title)
}

/// `weight-bits.svg` or `bit-products.svg`: accuracy in the hardware's arithmetic against cost, with
/// the rows that none beats in both.
pub fn cost(sweep: &Sweep, lines: &[Line<'_>], cost: Cost) -> String {
    let (name, against) = match cost {
        Cost::WeightBits => ("bits of all weights", "weight bits"),
        Cost::BitProducts => ("edges × weight bits × input bits, of all junctions", "bit products"),
    };
    let figures: Vec<&Figures> = lines.iter().map(|line| &line.figures).collect();
    let best: Vec<Point> = front(&figures, cost)
        .into_iter()
        .filter_map(|at| point(&lines[at], cost.of(figures[at])))
        .collect();
    let curves = curves(lines, |f| cost.of(f), false);
    report::scatter(&curves, &best, name, &format!("{}: accuracy against {against}", sweep.title))
}

/// A curve for each group, its points by ascending `x`.
fn curves(lines: &[Line<'_>], x: impl Fn(&Figures) -> Option<u64>, connected: bool) -> Vec<Curve> {
    let curve = |group: Option<&String>| {
        let own = lines.iter().filter(|line| line.row.group.as_ref() == group);
        let mut points: Vec<Point> = own.filter_map(|l| point(l, x(&l.figures))).collect();
        points.sort_by(|a, b| a.x.total_cmp(&b.x));
        let name = group.map_or("no group", String::as_str).to_owned();
        Curve { name, points, connected }
    };
    groups(lines).into_iter().map(curve).collect()
}

fn point(line: &Line<'_>, x: Option<u64>) -> Option<Point> {
    let accuracy = line.figures.hardware?;
    Some(Point {
        x: x? as f64,
        y: accuracy.mean,
        spread: accuracy.deviation.unwrap_or(0.0),
        reference: line.row.paper_accuracy,
    })
}
