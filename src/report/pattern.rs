//! The graph of a junction.

use super::canvas::{Legend, Picture, count, distinct, level, percent, shade};
use super::grid::{Grid, Side};
use crate::ids::Neuron;
use crate::pattern::Pattern;
use std::collections::BTreeMap;

/// Edges that are drawn one by one; with more, the picture shows the density of tiles.
pub const MAX_EDGES: usize = 100_000;

/// A junction's pattern: left neurons across, right neurons down, a mark for each edge.
///
/// With more than [`MAX_EDGES`] edges, or more than [`MAX_SIDE`](super::MAX_SIDE) neurons on a side,
/// tiles of several neurons are shaded by their density, white for none and darkest for the densest.
pub fn pattern(pattern: &Pattern, title: &str) -> String {
    let (left, right) = (pattern.left(), pattern.right());
    let exact = pattern.edges() <= MAX_EDGES && Side::fits(left) && Side::fits(right);
    let (x, y) = Side::pair(left, right, !exact);
    let mut tiles = BTreeMap::<(usize, usize), usize>::new();
    for r in 0..right {
        for l in pattern.row(Neuron::new(r)) {
            *tiles.entry((y.cell(r), x.cell(l.at()))).or_default() += 1;
        }
    }
    let density = |&(row, column): &(usize, usize), edges: usize| {
        edges as f64 / (x.things(column) * y.things(row)) as f64
    };
    let densest = tiles.iter().map(|(at, &edges)| density(at, edges)).fold(0.0, f64::max);
    let mut grid = Grid::default();
    for (at, &edges) in &tiles {
        grid.set(at.1, at.0, if exact { 0 } else { level(density(at, edges) / densest) });
    }
    let mut summary = format!(
        "{}, out-degree {}, in-degree {}, density {}",
        count(pattern.edges(), "edge"),
        pattern.d_out(),
        pattern.d_in(),
        percent(pattern.density())
    );
    if !exact {
        summary += &format!("; tiles of {:.1} × {:.1} neurons", x.per_cell(), y.per_cell());
    }
    let legend = if exact {
        Legend::None
    } else {
        Legend::Bar("density of a tile", |i| shade(i + 1), ["0 %".into(), percent(densest)])
    };
    let picture = Picture {
        title,
        summary,
        axes: (x.axis(false), y.axis(true)),
        names: ("left neuron", "right neuron"),
        size: (x.pixels(), y.pixels()),
        rows: None,
        legend,
    };
    picture.draw(|plot| grid.draw(plot, (x, y), |i| if exact { distinct(0) } else { shade(i) }))
}
