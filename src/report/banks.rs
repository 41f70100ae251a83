//! Which lane reads which bank in which cycle.

use super::canvas::{DISTINCT, Legend, Picture, SHADES};
use super::canvas::{count, distinct, level, ordered, percent, shade};
use super::grid::{Grid, Side};
use std::collections::BTreeMap;

/// Reads that are drawn one by one; with more, the picture shows how much tiles are in use.
pub const MAX_CELLS: usize = 25_000;

/// A lane reads a bank in a cycle of the frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BankCell {
    /// Cycle, from the junction's first of the frame.
    pub cycle: usize,
    /// Bank that is read.
    pub bank: usize,
    /// Lane that reads it.
    pub lane: usize,
}

/// The reads of a junction in one frame: cycles across, banks down, a cell coloured by its lane.
///
/// Where several lanes read a bank in the same cycle, the cell has the colour of the lowest, and
/// the line below the title says how many such cells there are. So it does with cells outside
/// `cycles`, `banks` and `lanes`, which are not drawn.
///
/// With more than [`MAX_CELLS`] reads, or more than [`MAX_SIDE`](super::MAX_SIDE) cycles or banks,
/// tiles of several cycles and banks are shaded by the share of them that is read.
pub fn banks(cells: &[BankCell], cycles: usize, banks: usize, lanes: usize, title: &str) -> String {
    let inside = |cell: &&BankCell| cell.cycle < cycles && cell.bank < banks && cell.lane < lanes;
    let mut reads = BTreeMap::<(usize, usize), (usize, usize)>::new();
    let mut drawn = 0;
    for cell in cells.iter().filter(inside) {
        drawn += 1;
        let (lowest, readers) = reads.entry((cell.bank, cell.cycle)).or_insert((cell.lane, 0));
        *lowest = cell.lane.min(*lowest);
        *readers += 1;
    }
    let exact = reads.len() <= MAX_CELLS && Side::fits(cycles) && Side::fits(banks);
    let (x, y) = Side::pair(cycles, banks, !exact);
    let mut grid = Grid::default();
    if exact {
        for (&(bank, cycle), &(lane, _)) in &reads {
            grid.set(cycle, bank, lane);
        }
    } else {
        let mut tiles = BTreeMap::<(usize, usize), usize>::new();
        for (bank, cycle) in reads.keys() {
            *tiles.entry((y.cell(*bank), x.cell(*cycle))).or_default() += 1;
        }
        for ((row, column), used) in tiles {
            let whole = x.things(column) as f64 * y.things(row) as f64;
            grid.set(column, row, level(used as f64 / whole));
        }
    }

    let whole = cycles as f64 * banks as f64;
    let mut summary = format!(
        "{}, {}, {}; {} of bank-cycles read",
        count(cycles, "cycle"),
        count(banks, "bank"),
        count(lanes, "lane"),
        percent(if whole > 0.0 { reads.len() as f64 / whole } else { 0.0 })
    );
    let shared = reads.values().filter(|&&(_, readers)| readers > 1).count();
    if shared > 0 {
        summary += &format!("; {} read by several lanes", count(shared, "cell"));
    }
    if drawn < cells.len() {
        summary += &format!("; {} outside, not drawn", count(cells.len() - drawn, "cell"));
    }
    if !exact {
        summary += &format!("; tiles of {:.1} cycles × {:.1} banks", x.per_cell(), y.per_cell());
    }
    let few = lanes <= DISTINCT;
    let legend = match (exact, few) {
        (false, _) => Legend::Bar("share read", |i| shade(i + 1), ["0 %".into(), "100 %".into()]),
        (true, true) => Legend::Names(
            "lane",
            (0..lanes).map(|lane| (distinct(lane), lane.to_string())).collect(),
        ),
        (true, false) => {
            let ends = ["0".into(), (lanes - 1).to_string()];
            Legend::Bar("lane", |i| ordered(i, SHADES), ends)
        }
    };
    let colour = |number| match (exact, few) {
        (false, _) => shade(number),
        (true, true) => distinct(number),
        (true, false) => ordered(number, lanes),
    };
    let picture = Picture {
        title,
        summary,
        axes: (x.axis(false), y.axis(true)),
        names: ("cycle of the frame", "bank"),
        size: (x.pixels(), y.pixels()),
        rows: None,
        legend,
    };
    picture.draw(|plot| grid.draw(plot, (x, y), colour))
}
