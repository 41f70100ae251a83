//! The graph of a junction: which left neuron feeds which right neuron.

mod advise;
mod clash_free;
mod count;
mod densities;
mod families;
mod generate;
mod pad;
mod random_structured;
mod spread;

pub use advise::{Choice, advise, fewest_cycles};
pub use clash_free::{ClashFree, Order, Sweep};
pub use count::{Count, Counted, MAX_DIGITS, count};
pub use densities::{DegreeError, Degrees, MAX_EDGES};
pub use families::{Family, Starts, UnknownFamily};
pub use generate::{GenerateError, generate, junction_seed};
pub use pad::{Padded, pad};
pub use spread::{Common, Spread, spread};

use crate::ids::Neuron;

/// A structured pattern: every left neuron has `d_out` edges, every right neuron `d_in`, none twice.
///
/// Edges are kept in *right order*: those of right neuron 0 first, each neuron's by ascending left
/// neuron. Edge number `r·d_in + k` is the `k`-th edge of right neuron `r`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    left: usize,
    right: usize,
    d_out: usize,
    d_in: usize,
    edges: Vec<Neuron>,
}

impl Pattern {
    /// Checks and keeps a pattern given as the left neurons of each right neuron, in any order.
    ///
    /// # Errors
    /// If a neuron is out of range, an edge stands twice, or a degree is not the same everywhere.
    pub fn new(left: usize, rows: &[Vec<Neuron>]) -> Result<Self, PatternError> {
        let right = rows.len();
        if left == 0 || right == 0 {
            return Err(PatternError::Empty { left, right });
        }
        let d_in = rows[0].len();
        let mut out = vec![0usize; left];
        let mut edges = Vec::with_capacity(right * d_in);
        for (r, row) in rows.iter().enumerate() {
            let mut row = row.clone();
            row.sort_unstable();
            for pair in row.windows(2) {
                if pair[0] == pair[1] {
                    return Err(PatternError::Duplicate { left: pair[0], right: Neuron::new(r) });
                }
            }
            for &l in &row {
                *out.get_mut(l.at()).ok_or(PatternError::Range { neuron: l, left })? += 1;
            }
            edges.extend(row);
        }
        let d_out = out[0];
        let in_degrees: Vec<usize> = rows.iter().map(Vec::len).collect();
        let uneven = |degrees: &[usize]| degrees.iter().any(|&d| d != degrees[0]);
        if uneven(&in_degrees) || uneven(&out) || d_in == 0 {
            return Err(PatternError::Irregular { in_degrees, out_degrees: out });
        }
        Ok(Self { left, right, d_out, d_in, edges })
    }

    /// Left neurons.
    pub fn left(&self) -> usize {
        self.left
    }

    /// Right neurons.
    pub fn right(&self) -> usize {
        self.right
    }

    /// Edges of each left neuron.
    pub fn d_out(&self) -> usize {
        self.d_out
    }

    /// Edges of each right neuron.
    pub fn d_in(&self) -> usize {
        self.d_in
    }

    /// Number of edges, `N_l·d_out = N_r·d_in`.
    pub fn edges(&self) -> usize {
        self.edges.len()
    }

    /// The share of all possible edges that exist.
    pub fn density(&self) -> f64 {
        self.edges.len() as f64 / (self.left as f64 * self.right as f64)
    }

    /// The left neurons of right neuron `r`, ascending.
    pub fn row(&self, r: Neuron) -> &[Neuron] {
        &self.edges[r.at() * self.d_in..][..self.d_in]
    }

    /// All left ends, in right order.
    pub fn left_ends(&self) -> &[Neuron] {
        &self.edges
    }
}

/// Why a graph is not a structured pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
pub enum PatternError {
    /// A layer without neurons.
    #[error(
        "a junction needs neurons on both sides, found {left} on the left and {right} on the right"
    )]
    #[diagnostic(code(clashfree::pattern::no_neurons))]
    Empty {
        /// Left neurons.
        left: usize,
        /// Right neurons.
        right: usize,
    },
    /// An edge to a neuron that does not exist.
    #[error("left neuron {neuron} does not exist: the layer has {left} neurons")]
    #[diagnostic(code(clashfree::pattern::range))]
    Range {
        /// The neuron named.
        neuron: Neuron,
        /// Size of the layer.
        left: usize,
    },
    /// One edge given twice.
    #[error("the edge from left neuron {left} to right neuron {right} stands twice")]
    #[diagnostic(code(clashfree::pattern::duplicate))]
    Duplicate {
        /// Left end.
        left: Neuron,
        /// Right end.
        right: Neuron,
    },
    /// Degrees that are not fixed.
    #[error("degrees are not fixed: {}", describe(in_degrees, out_degrees))]
    #[diagnostic(code(clashfree::pattern::irregular))]
    Irregular {
        /// Degree of every right neuron.
        in_degrees: Vec<usize>,
        /// Degree of every left neuron.
        out_degrees: Vec<usize>,
    },
}

/// Names the degrees found and the first neurons that have them.
fn describe(in_degrees: &[usize], out_degrees: &[usize]) -> String {
    let side = |what: &str, degrees: &[usize]| {
        let mut by_degree = std::collections::BTreeMap::<usize, Vec<usize>>::new();
        for (n, &d) in degrees.iter().enumerate() {
            by_degree.entry(d).or_default().push(n);
        }
        let groups: Vec<String> = by_degree
            .iter()
            .take(4)
            .map(|(d, who)| format!("{d} for {} neurons (first: {})", who.len(), who[0]))
            .collect();
        let more = if by_degree.len() > 4 { ", …" } else { "" };
        format!("{what} {}{more}", groups.join(", "))
    };
    format!("{}; {}", side("in-degree", in_degrees), side("out-degree", out_degrees))
}
