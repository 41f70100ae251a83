//! Edge colouring of bipartite multigraphs with as few colours as the largest degree (König 1916).
//!
//! The graph is first made regular: vertices of small degree are merged, and what still lacks gets
//! edges that nobody asked for. A regular graph of degree `d` is then coloured after Kapoor and
//! Rizzi, "Edge-coloring bipartite graphs" (Journal of Algorithms 34, 2000):
//! - `d` even: an Euler split halves every degree, and each half is coloured alone;
//! - `d` odd, and some colour is finished: that colour is taken back, which makes `d` even;
//! - `d` odd, and none is: one perfect matching is a colour, the rest is even.
//!
//! The last case comes up once at most in the whole run, so what a matching costs hardly matters.
//! It is found by the random walk of Goel, Kapralov and Khanna, "Perfect matchings in O(n log n)
//! time in regular bipartite graphs" (STOC 2010). With `n` vertices a side, the whole takes
//! O(|E| log Δ) steps and an expected O(n log n).
//!
//! Why so (reasoned, not measured side by side): a matching wherever a degree is odd is n log n
//! random steps each time, and dissolving a colour by alternating paths (Gabow 1976) walks paths
//! that may be as long as the graph; taking a colour back is one pass over memory. Where degrees are
//! small and vertices are many the one matching does count: its cost is by vertex, not by edge.
//! Figures: `cargo bench --bench colouring`, on a quiet machine.
//!
//! Memory beyond the edges: 16 bytes for each edge of a regular graph while it is coloured, the
//! result included, and 4 to 12 for each vertex; at most twice the former if degrees are uneven.

mod euler;
mod matching;
mod regular;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use regular::Regular;

/// Colours of the edges of a bipartite multigraph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Colouring {
    /// Number of colours: the largest degree.
    pub colours: usize,
    /// Colour of each edge, below `colours`. No two edges of one colour share an end.
    pub colour: Vec<u32>,
}

/// Most edges that [`colour`] takes: filled up they are numbered by 31 bits.
pub const MAX_EDGES: usize = 1 << 29;

/// Colours the edges of a bipartite multigraph of `left` and `right` vertices, given as pairs of a
/// left and a right vertex. Parallel edges, vertices without edges and no edges at all are fine.
///
/// The same edges in the same order get the same colours.
///
/// # Panics
/// If an edge names a vertex that does not exist, or there are more than [`MAX_EDGES`].
pub fn colour(left: usize, right: usize, edges: &[(u32, u32)]) -> Colouring {
    assert!(edges.len() <= MAX_EDGES, "{} edges, at most {MAX_EDGES}", edges.len());
    let mut colour = vec![0; edges.len()];
    let Regular { n, degree, mut cells } = Regular::new(left, right, edges);
    if n > 0 {
        Painter::new(n, cells.len()).paint(&mut cells, degree);
        for (c, class) in (0..).zip(cells.chunks_exact(n)) {
            for cell in class.iter().filter(|cell| cell.edge != FILLER) {
                colour[cell.edge as usize] = c;
            }
        }
    }
    Colouring { colours: degree, colour }
}

/// The number of an edge that nobody asked for.
const FILLER: u32 = u32::MAX;

/// No cell, in tables of cells by vertex.
const NONE: u32 = u32::MAX;

/// An edge at its left vertex.
///
/// Cells stand in rows, one a left vertex and all of one length, so the left end needs no storing.
#[derive(Clone, Copy)]
struct Cell {
    right: u32,
    edge: u32,
}

/// Working memory, shared by all steps.
struct Painter {
    n: usize,
    /// A cell for each right vertex; all are [`NONE`] between steps.
    at_right: Vec<u32>,
    /// A number for each cell.
    by_cell: Vec<u32>,
    spare: Vec<Cell>,
}

impl Painter {
    fn new(n: usize, cells: usize) -> Self {
        Self {
            n,
            at_right: vec![NONE; n],
            by_cell: vec![0; cells],
            spare: vec![Cell { right: 0, edge: FILLER }; n.max(cells / 2)],
        }
    }

    /// Brings the cells of a graph of this degree into order of their colours, `n` cells each.
    fn paint(&mut self, cells: &mut [Cell], degree: usize) {
        let Self { n, at_right, by_cell, spare } = self;
        let n = *n;
        // Graphs as (first colour, degree), the leftmost on top: colours left of it are finished.
        let mut todo = vec![(0, degree)];
        while let Some((first, degree)) = todo.pop() {
            let graph = first * n..(first + degree) * n;
            if degree <= 1 {
                continue;
            } else if degree.is_multiple_of(2) {
                euler::split(&mut cells[graph], at_right, by_cell, spare);
                todo.push((first + degree / 2, degree / 2));
                todo.push((first, degree / 2));
            } else if first > 0 {
                take_back(&mut cells[graph.start - n..graph.end], &mut spare[..n]);
                todo.push((first - 1, degree + 1));
            } else {
                // Any seed will do; a fixed one gives the same colours every time.
                let mut rng = ChaCha8Rng::seed_from_u64(0);
                matching::to_front(&mut cells[graph], at_right, by_cell, spare, &mut rng);
                todo.push((1, degree - 1));
            }
        }
    }
}

/// Makes one graph of a colour and the graph behind it, whose rows get longer by one.
fn take_back(cells: &mut [Cell], spare: &mut [Cell]) {
    let n = spare.len();
    let degree = cells.len() / n - 1;
    spare.copy_from_slice(&cells[..n]);
    for (l, &taken) in spare.iter().enumerate() {
        let row = n + l * degree;
        cells.copy_within(row..row + degree, l * (degree + 1));
        cells[l * (degree + 1) + degree] = taken;
    }
}
