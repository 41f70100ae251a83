//! Cells in rows and columns, and how large they are drawn.

use super::canvas::{Axis, Drawn, Plot};
use plotters::prelude::*;
use std::collections::BTreeMap;

/// Neurons, banks or cycles that can be told apart along one side of a picture. With more, several
/// share a tile.
pub const MAX_SIDE: usize = 1600;

/// Tiles along a side.
const TILES: usize = 128;
/// Largest size of a cell, in pixels.
const MAX_CELL: usize = 24;
/// Cells of at least this size are set apart by a white line.
const MIN_SEPARATED: u32 = 6;
/// Columns and rows drawn as squares unless one side is more than so many times the other.
const MAX_RATIO: usize = 6;

/// One side of a grid: things dealt evenly to cells, in order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Side {
    /// Things along this side.
    count: usize,
    /// Cells along this side.
    cells: usize,
    /// Pixels of a cell.
    cell: u32,
}

impl Side {
    /// Whether `count` things can be told apart.
    pub fn fits(count: usize) -> bool {
        count <= MAX_SIDE
    }

    fn new(count: usize, cells: usize, room: usize) -> Self {
        Self { count, cells, cell: (room / cells.max(1)).clamp(1, MAX_CELL) as u32 }
    }

    /// Both sides of a grid, of tiles or of a cell for each thing (which must [`fit`](Self::fits)
    /// then); squares where neither side gets too short by it.
    pub fn pair(columns: usize, rows: usize, tiled: bool) -> (Self, Self) {
        let cells = |count: usize| if tiled { count.min(TILES) } else { count };
        let mut x = Self::new(columns, cells(columns), 900);
        let mut y = Self::new(rows, cells(rows), 600);
        if x.cells <= MAX_RATIO * y.cells && y.cells <= MAX_RATIO * x.cells {
            let cell = x.cell.min(y.cell);
            (x.cell, y.cell) = (cell, cell);
        }
        (x, y)
    }

    /// The cell of a thing.
    pub fn cell(self, thing: usize) -> usize {
        (thing as u128 * self.cells as u128 / self.count as u128) as usize
    }

    /// Things in a cell: as many as in any other, or one less.
    pub fn things(self, cell: usize) -> usize {
        let first = |cell: usize| (cell as u128 * self.count as u128).div_ceil(self.cells as u128);
        (first(cell + 1) - first(cell)) as usize
    }

    /// Things in a cell on average.
    pub fn per_cell(self) -> f64 {
        self.count as f64 / self.cells.max(1) as f64
    }

    /// Length in pixels.
    pub fn pixels(self) -> u32 {
        self.cells.max(1) as u32 * self.cell
    }

    /// Where a cell begins, on the axis.
    fn begin(self, cell: usize) -> f64 {
        cell as f64 * self.per_cell()
    }

    /// Whether each thing has its own cell.
    fn is_exact(self) -> bool {
        self.count == self.cells
    }

    /// The axis, which counts things.
    pub fn axis(self, downwards: bool) -> Axis {
        let len = self.count.max(1) as f64;
        Axis { first: 0, len, centred: self.is_exact(), downwards }
    }
}

/// A coloured grid: the colours of each row's cells, by column.
#[derive(Default)]
pub(super) struct Grid {
    rows: BTreeMap<usize, BTreeMap<usize, usize>>,
}

impl Grid {
    /// Gives a cell a colour's number, unless it has one.
    pub fn set(&mut self, column: usize, row: usize, colour: usize) {
        self.rows.entry(row).or_default().entry(column).or_insert(colour);
    }

    /// Draws each row as one comb-shaped polygon a colour, whose teeth are runs of equal cells: a
    /// third of the bytes that rectangles take.
    pub fn draw(
        &self,
        plot: &mut Plot<'_, '_>,
        (x, y): (Side, Side),
        colour: impl Fn(usize) -> RGBColor,
    ) -> Drawn {
        for (&row, cells) in &self.rows {
            let mut combs = BTreeMap::<usize, Vec<(usize, usize)>>::new();
            for (&column, &colour) in cells {
                let runs = combs.entry(colour).or_default();
                match runs.last_mut() {
                    Some(run) if run.1 == column => run.1 += 1,
                    _ => runs.push((column, column + 1)),
                }
            }
            let (top, bottom) = (y.begin(row), y.begin(row + 1));
            for (number, runs) in combs {
                let outline = runs.iter().flat_map(|&(first, end)| {
                    let (left, right) = (x.begin(first), x.begin(end));
                    [(left, bottom), (left, top), (right, top), (right, bottom)]
                });
                plot.draw_series([Polygon::new(outline.collect::<Vec<_>>(), colour(number))])?;
            }
        }
        if x.is_exact() && y.is_exact() && x.cell.min(y.cell) >= MIN_SEPARATED {
            let (width, height) = (x.begin(x.cells), y.begin(y.cells));
            let columns = (1..x.cells).map(|i| [(x.begin(i), 0.0), (x.begin(i), height)]);
            let rows = (1..y.cells).map(|i| [(0.0, y.begin(i)), (width, y.begin(i))]);
            plot.draw_series(columns.chain(rows).map(|line| PathElement::new(line, WHITE)))?;
        }
        Ok(())
    }
}
