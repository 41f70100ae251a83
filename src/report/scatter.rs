//! Accuracy against what it costs.

use super::canvas::{Drawn, Legend, Picture, Plot, clean, count, distinct};
use super::scale::Scale;
use plotters::prelude::*;

/// Points that are drawn; the picture says if there are more.
pub const MAX_POINTS: usize = 4_000;

/// Curves that the legend names; the picture says if there are more.
const MAX_CURVES: usize = 16;

/// Characters of a curve's name in the legend.
const MAX_NAME: usize = 16;

/// Size of the plot in pixels.
const SIZE: (u32, u32) = (720, 480);
/// Half the width of a point, in pixels.
const DOT: i32 = 4;

/// A measured point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// What it costs; above 0.
    pub x: f64,
    /// Accuracy in per cent.
    pub y: f64,
    /// Length of its bar to either side, in per cent; 0 for none.
    pub spread: f64,
    /// A published accuracy in per cent at the same cost.
    pub reference: Option<f64>,
}

/// Points of one colour.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// In the legend.
    pub name: String,
    /// By ascending `x`.
    pub points: Vec<Point>,
    /// Whether a line goes through them. None does where two points have the same `x`.
    pub connected: bool,
}

/// Accuracy in per cent against `x_name`, on a logarithmic axis: dots with their spreads, crosses
/// for published accuracies, and a black staircase through `front`, by ascending `x`.
///
/// Of more than [`MAX_POINTS`] points the first are drawn.
pub fn scatter(curves: &[Curve], front: &[Point], x_name: &'static str, title: &str) -> String {
    let all: usize = curves.iter().map(|curve| curve.points.len()).sum();
    let shown: Vec<(usize, &Curve, &[Point])> = curves
        .iter()
        .take(MAX_CURVES)
        .enumerate()
        .scan(MAX_POINTS, |left, (n, curve)| {
            let points = &curve.points[..curve.points.len().min(*left)];
            *left -= points.len();
            Some((n, curve, points))
        })
        .collect();
    let front = &front[..front.len().min(MAX_POINTS)];
    let drawn = || shown.iter().flat_map(|(_, _, points)| *points).chain(front);
    let xs = Scale::around(drawn().map(|p| p.x), true);
    let reach = |p: &Point| [p.y - p.spread, p.y + p.spread, p.reference.unwrap_or(p.y)];
    let ys = Scale::around(drawn().flat_map(reach), false);

    let number = drawn().count() - front.len();
    let mut summary = if number < all {
        format!("the first {number} of {}", count(all, "point"))
    } else {
        count(all, "point")
    };
    if drawn().any(|p| p.spread > 0.0) {
        summary += "; bars: sample standard deviation";
    }
    if drawn().any(|p| p.reference.is_some()) {
        summary += "; crosses: published";
    }
    if !front.is_empty() {
        summary += "; black: no point costs less and is better";
    }
    let names: Vec<_> =
        shown.iter().map(|&(n, curve, _)| (distinct(n), clean(&curve.name, MAX_NAME))).collect();
    let legend = if names.len() > 1 { Legend::Names("group", names) } else { Legend::None };
    let picture = Picture {
        title,
        summary,
        axes: (xs, ys),
        names: (x_name, "accuracy in %"),
        size: SIZE,
        rows: None,
        legend,
    };
    picture.draw(|plot| {
        staircase(plot, front, xs)?;
        for (n, curve, points) in &shown {
            draw_curve(plot, points, curve.connected, distinct(*n), xs)?;
        }
        Ok(())
    })
}

/// From each point of the front straight on to the next one's cost, then up.
fn staircase(plot: &mut Plot<'_, '_, Scale, Scale>, front: &[Point], xs: Scale) -> Drawn {
    let good: Vec<&Point> = front.iter().filter(|p| is_on(p, xs)).collect();
    let mut corners = Vec::with_capacity(2 * good.len());
    for (n, point) in good.iter().enumerate() {
        corners.push((point.x, point.y));
        if let Some(next) = good.get(n + 1) {
            corners.push((next.x, point.y));
        }
    }
    if corners.is_empty() {
        return Ok(());
    }
    plot.draw_series([PathElement::new(corners, BLACK.stroke_width(1))])?;
    Ok(())
}

fn draw_curve(
    plot: &mut Plot<'_, '_, Scale, Scale>,
    points: &[Point],
    connected: bool,
    colour: RGBColor,
    xs: Scale,
) -> Drawn {
    let good: Vec<&Point> = points.iter().filter(|p| is_on(p, xs)).collect();
    if connected && good.len() > 1 && good.windows(2).all(|pair| pair[0].x < pair[1].x) {
        let line: Vec<(f64, f64)> = good.iter().map(|p| (p.x, p.y)).collect();
        plot.draw_series([PathElement::new(line, colour.stroke_width(1))])?;
    }
    let bars = good.iter().filter(|p| p.spread > 0.0);
    plot.draw_series(bars.map(|p| {
        PathElement::new([(p.x, p.y - p.spread), (p.x, p.y + p.spread)], colour.stroke_width(1))
    }))?;
    plot.draw_series(good.iter().map(|p| Circle::new((p.x, p.y), DOT, colour.filled())))?;
    let published = good.iter().filter_map(|p| p.reference.map(|y| (p.x, y)));
    plot.draw_series(published.map(|at| Cross::new(at, DOT, colour.stroke_width(1))))?;
    Ok(())
}

/// Whether a point can be drawn.
fn is_on(point: &Point, xs: Scale) -> bool {
    xs.contains(point.x) && point.y.is_finite() && point.spread.is_finite()
}
