//! Which degrees a pair of layers allows.
//!
//! `N_l·d_out = N_r·d_in` holds for whole degrees exactly when `d_out` is a multiple of
//! `N_r / gcd(N_l, N_r)`; the densities are then the multiples of `1 / gcd(N_l, N_r)`
//! (Dey et al., JETCAS 2019, section II-A).

use num_integer::gcd;

/// The most edges that a junction may have. An edge costs a few dozen bytes in the compiler, and
/// numbers of edges, cycles and neurons must fit 32 bits everywhere.
pub const MAX_EDGES: u64 = 1 << 26;

/// Degrees that fit a pair of layers: `left·d_out = right·d_in`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Degrees {
    /// Left neurons, `N_l`.
    pub left: usize,
    /// Right neurons, `N_r`.
    pub right: usize,
    /// Edges of each left neuron, 1 to `right`.
    pub d_out: usize,
    /// Edges of each right neuron, 1 to `left`.
    pub d_in: usize,
}

impl Degrees {
    /// The degrees of a junction of `left` and `right` neurons with out-degree `d_out`.
    ///
    /// # Errors
    /// If a layer is empty, no whole in-degree goes with `d_out` (the error names the nearest
    /// out-degrees that do), or the junction has more than [`MAX_EDGES`] edges.
    pub fn new(left: usize, right: usize, d_out: usize) -> Result<Self, DegreeError> {
        let step = Step::of(left, right)?;
        if d_out == 0 || d_out > right || !d_out.is_multiple_of(step.d_out) {
            let k = d_out / step.d_out;
            let nearest = if d_out == 0 {
                vec![1]
            } else if d_out > right {
                vec![step.count]
            } else if k == 0 {
                vec![1]
            } else {
                vec![k, k + 1]
            };
            let nearest = nearest.into_iter().map(|k| step.times(k)).collect();
            return Err(DegreeError::Infeasible { left, right, d_out, nearest });
        }
        let edges = left as u64 * d_out as u64;
        if edges > MAX_EDGES {
            return Err(DegreeError::TooLarge { left, right, d_out, edges });
        }
        Ok(step.times(d_out / step.d_out))
    }

    /// All feasible degrees of a pair of layers, from the sparsest to the fully connected one;
    /// there are `gcd(left, right)` of them.
    ///
    /// # Errors
    /// If a layer is empty or larger than [`MAX_EDGES`].
    pub fn feasible(
        left: usize,
        right: usize,
    ) -> Result<impl ExactSizeIterator<Item = Self>, DegreeError> {
        let step = Step::of(left, right)?;
        Ok((0..step.count).map(move |k| step.times(k + 1)))
    }

    /// Number of edges, `|W|`.
    pub fn edges(self) -> usize {
        self.left * self.d_out
    }

    /// The share of all possible edges that exist, `d_out / right`.
    pub fn density(self) -> f64 {
        self.d_out as f64 / self.right as f64
    }
}

/// The smallest degrees of a pair of layers; all others are multiples of them.
#[derive(Clone, Copy)]
struct Step {
    left: usize,
    right: usize,
    d_out: usize,
    d_in: usize,
    count: usize,
}

impl Step {
    fn of(left: usize, right: usize) -> Result<Self, DegreeError> {
        if left == 0 || right == 0 {
            return Err(DegreeError::Empty { left, right });
        }
        if left as u64 > MAX_EDGES || right as u64 > MAX_EDGES {
            return Err(DegreeError::LayerTooLarge { left, right });
        }
        let count = gcd(left, right);
        Ok(Self { left, right, d_out: right / count, d_in: left / count, count })
    }

    fn times(self, k: usize) -> Degrees {
        Degrees { left: self.left, right: self.right, d_out: self.d_out * k, d_in: self.d_in * k }
    }
}

/// Why there is no junction of these degrees.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
pub enum DegreeError {
    /// A layer without neurons.
    #[error("a junction needs neurons on both sides, found {left} and {right}")]
    #[diagnostic(code(clashfree::pattern::empty_layer), help("give every layer a neuron or more"))]
    Empty {
        /// Left neurons.
        left: usize,
        /// Right neurons.
        right: usize,
    },
    /// No whole in-degree goes with this out-degree.
    #[error(
        "out-degree {d_out} is not possible from {left} to {right} neurons; {}",
        describe(nearest)
    )]
    #[diagnostic(
        code(clashfree::pattern::degrees),
        help(
            "give one of these out-degrees, or layers of other sizes: from {left} to {right} neurons \
             the out-degrees are the multiples of {}",
            right / gcd(*left, *right)
        )
    )]
    Infeasible {
        /// Left neurons.
        left: usize,
        /// Right neurons.
        right: usize,
        /// The out-degree asked for.
        d_out: usize,
        /// The feasible degrees next below and above it.
        nearest: Vec<Degrees>,
    },
    /// More edges than the compiler takes.
    #[error(
        "out-degree {d_out} from {left} to {right} neurons makes {edges} edges; the limit is {MAX_EDGES}"
    )]
    #[diagnostic(
        code(clashfree::pattern::too_many_edges),
        help("from {left} neurons the out-degree may be {}", MAX_EDGES / *left as u64)
    )]
    TooLarge {
        /// Left neurons.
        left: usize,
        /// Right neurons.
        right: usize,
        /// The out-degree asked for.
        d_out: usize,
        /// Edges that it makes.
        edges: u64,
    },
    /// More neurons than the compiler takes.
    #[error("layers of {left} and {right} neurons are too large; the limit is {MAX_EDGES}")]
    #[diagnostic(
        code(clashfree::pattern::layer_too_large),
        help("give layers of at most {MAX_EDGES} neurons")
    )]
    LayerTooLarge {
        /// Left neurons.
        left: usize,
        /// Right neurons.
        right: usize,
    },
}

/// `the nearest that are: 9 (in-degree 36), 10 (in-degree 40)`.
fn describe(nearest: &[Degrees]) -> String {
    let each: Vec<String> =
        nearest.iter().map(|d| format!("{} (in-degree {})", d.d_out, d.d_in)).collect();
    format!("the nearest possible: {}", each.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn densities_are_the_multiples_of_one_over_the_gcd() {
        for left in 1..40usize {
            for right in 1..40 {
                let by_definition: Vec<(usize, usize)> = (1..=right)
                    .filter(|d_out| (left * d_out).is_multiple_of(right))
                    .map(|d_out| (d_out, left * d_out / right))
                    .collect();
                let found: Vec<(usize, usize)> =
                    Degrees::feasible(left, right).unwrap().map(|d| (d.d_out, d.d_in)).collect();
                assert_eq!(found, by_definition, "{left} to {right}");
            }
        }
    }

    #[test]
    fn an_infeasible_degree_names_its_neighbours() {
        let message =
            |left, right, d_out| Degrees::new(left, right, d_out).unwrap_err().to_string();
        assert_eq!(
            message(12, 8, 3),
            "out-degree 3 is not possible from 12 to 8 neurons; the nearest possible: \
             2 (in-degree 3), 4 (in-degree 6)"
        );
        assert!(message(12, 8, 1).ends_with("nearest possible: 2 (in-degree 3)"));
        assert!(message(12, 8, 0).ends_with("nearest possible: 2 (in-degree 3)"));
        assert!(message(12, 8, 9).ends_with("nearest possible: 8 (in-degree 12)"));
        assert!(message(0, 8, 1).contains("neurons on both sides"));
        assert!(message(1 << 20, 1 << 20, 1 << 10).contains("limit"));
    }
}
